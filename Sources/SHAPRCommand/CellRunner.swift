#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import NeuralKernels
internal import SHAPR

/// Runs cells of experiments side by side, each in a process of its own (the subcommand `cell`).
struct CellRunner {
  private struct Child {
    let cell: Experiment.Cell
    let process: ChildProcess
    var errors: [UInt8] = []
  }

  /// Processes at a time.
  let jobs: Int

  /// Runs every cell of the experiments; those that are complete end at once.
  ///
  /// When one fails the others are asked to write a checkpoint and stop, and its line and exit code become ours. The
  /// same when we are asked to stop.
  func run(_ experiments: [Experiment], _ console: Console) throws {
    let all = experiments.flatMap { experiment in experiment.cells.map { (experiment, $0) } }
    var waiting = all[...]
    var running: [Child] = []
    var failure: Failure?
    var hasAsked = false
    var done = 0
    while true {
      let isStopping = failure != nil || StopSignal.number != 0
      while !isStopping, running.count < jobs, let (experiment, cell) = waiting.popFirst() {
        do {
          running.append(Child(cell: cell, process: try ChildProcess(arguments(experiment, cell))))
        } catch {
          failure = error
          break
        }
      }
      if isStopping, !hasAsked {
        hasAsked = true
        for child in running { child.process.ask(toStopBy: SIGTERM) }
      }
      guard !running.isEmpty else { break }
      var ended: [Int] = []
      for (index, bytes) in readAvailable(running.map(\.process.errors)).enumerated() {
        if let bytes { running[index].errors += bytes } else { ended.append(index) }
      }
      for index in ended.reversed() {
        let child = running.remove(at: index)
        let code = child.process.wait()
        if code == 0 {
          done += 1
          console.line("\(done) of \(all.count) folds done")
        } else if !(isStopping && [130, 138, 143].contains(code)) {
          failure = failure ?? Self.failure(of: child, code)
        }
      }
    }
    if let failure { throw failure }
    if done < all.count {
      throw Failure(StopSignal.exitCode, "CANCELLED", "stopped; checkpoints are written, go on with --resume")
    }
  }

  private func arguments(_ experiment: Experiment, _ cell: Experiment.Cell) -> [String] {
    let threads =
      experiment.settings.threads > 0
      ? experiment.settings.threads : max(1, processorCount() / jobs)
    return experiment.arguments(for: cell, threads: threads)
      + ["--parent", "\(getpid())", "--title", cell.title] + (jobs > 1 ? ["--plain"] : [])
  }

  /// The child's own line, with the name of the cell.
  private static func failure(of child: Child, _ code: Int32) -> Failure {
    let start = "topoloss: error["
    let lines = String(decoding: child.errors, as: UTF8.self).split(separator: "\n")
    if let line = lines.last(where: { $0.hasPrefix(start) }),
      let end = line.firstIndex(of: "]"), code < 128 || [130, 138, 143].contains(code)
    {
      let name = line[line.index(line.startIndex, offsetBy: start.count)..<end]
      return Failure(code, String(name), "\(child.cell.title)\(line[line.index(after: end)...])")
    }
    let reason = code > 128 ? "was ended by signal \(code - 128)" : "ended with code \(code)"
    return Failure(70, "INTERNAL", "\(child.cell.title): the process \(reason); go on with --resume")
  }
}

extension Experiment {
  /// The arguments of the program that runs one cell of a prepared run directory.
  func arguments(for cell: Cell, threads: Int) -> [String] {
    [
      "cell", output, "--seed", "\(cell.seed)", "--fold", "\(cell.fold)", "--threads", "\(threads)",
    ]
  }
}
