internal import ArgumentParser
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

@main
struct Shapr: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shapr",
    abstract: "3D cell shapes from 2D microscopy images, trained with a topological loss.",
    discussion: """
      A first run on made-up cells:

        shapr synthesize --output cells
        shapr train --data cells --split cells/split.json --output run --epochs 10
        shapr predict --model run/fold-0/best.safetensors --input cells \\
          --output predictions
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Sweep.self, Predict.self, Merge.self, Compare.self, Baseline.self, Evaluate.self,
      Diagrams.self, Downsampling.self, Convert.self, Check.self, Synthesize.self, RunCell.self,
    ])
}

extension Shapr {
  /// As ArgumentParser's own, but that wrong usage too is one line on standard error.
  static func main() {
    checkArguments()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard !exitCode(for: error).isSuccess else { exit(withError: error) }
      let lines = message(for: error).split(whereSeparator: \.isNewline)
      Failure(64, "USAGE", lines.joined(separator: " ") + " (--help explains)").end()
    }
  }

  /// Ends the program for an argument that is not UTF-8: as text it would be another path.
  private static func checkArguments() {
    for place in 1..<max(1, Int(CommandLine.argc)) {
      guard let bytes = unsafe CommandLine.unsafeArgv[place], unsafe String(validatingCString: bytes) == nil
      else { continue }
      Failure(65, "PATH", "argument \(place), \(quotedJSON(CommandLine.arguments[place])), is not UTF-8")
        .end()
    }
  }
}
