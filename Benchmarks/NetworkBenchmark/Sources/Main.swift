// network-bench FOLDER THREADS: trains and predicts when asked, and keeps its own time.
//
// FOLDER holds what Benchmarks/network_inputs.py wrote; the protocol is in Benchmarks/network_programs.py.
import ComputeRuntime
import NeuralKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@main
enum Main {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let threads = Int(arguments[2]), threads > 0 else {
      stop("usage: network-bench FOLDER THREADS")
    }
    // Memory is counted from this line on, so nothing is read or made before it.
    reply("\"network-bench, instruction set \(InstructionSet.best)\"")
    do {
      try answer(folder: arguments[1], threads: threads)
    } catch {
      stop("\(error)")
    }
  }

  /// Reads orders, `CASE COUNT` each, until there are no more.
  private static func answer(folder: String, threads: Int) throws {
    var runs: [String: any TimedCase] = [:]
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.count == 2, let count = Int(words[1]), count > 0 else {
        throw BenchmarkError(description: "an order is CASE COUNT, got: \(line)")
      }
      let name = String(words[0])
      let run = try runs[name] ?? makeCase(name, folder: folder, threads: threads)
      runs[name] = run
      let (seconds, values) = try timed(run, count: count, threads: threads)
      reply("{\"seconds\": \(seconds), \"values\": \(values)}")
    }
  }

  /// Seconds of each of `count` runs in a row, and what the first computed.
  ///
  /// One team of threads serves the order, as a trainer keeps one for an epoch. To start it is in the time
  /// of the first run; a trainer would not notice it.
  private static func timed(
    _ run: any TimedCase, count: Int, threads: Int
  ) throws -> (seconds: [Double], values: [Double]) {
    let clock = ContinuousClock()
    var (seconds, values): ([Double], [Double]) = ([], [])
    var start = clock.now
    try WorkTeam.run(threads: threads) { team in
      for _ in 0..<count {
        try run.run(team: team)
        seconds.append((clock.now - start) / .seconds(1))
        if values.isEmpty { values = run.values }
        start = clock.now
      }
    }
    // JSON has no word for these; a network that computes them has failed.
    guard values.allSatisfy(\.isFinite) else {
      throw BenchmarkError(description: "computed \(values)")
    }
    return (seconds, values)
  }

  /// Prints a line that is seen at once on the other side of a pipe.
  private static func reply(_ line: String) {
    print(line)
    fflush(nil)
  }

  private static func stop(_ reason: String) -> Never {
    var line = "network-bench: \(reason)\n"
    _ = line.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
  }
}
