internal import ArgumentParser
internal import ComputeRuntime
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make up cells: shapes, masks, images, and how many holes each has.")

  @Option(help: "folder to write") var output: String
  @Option(help: "how many cells") var count = 60
  @Option(help: "which cells: the same seed gives the same ones") var seed: UInt64 = 0

  func run() {
    ending {
      guard 1...1_000_000 ~= count else {
        throw Failure(64, "USAGE", "--count must be between 1 and 1000000")
      }
      let budget = MemoryBudget()
      try makeFolders(output)
      let set = SyntheticDataSet(SyntheticCells(seed: seed), count: count)
      try set.write(
        with: SyntheticDataSet.Writer(
          makeFolder: { try makeFolders("\(output)/\($0)") },
          writeArray: { path, extents, values in
            try VolumeWriter(values, extents: extents, budget: budget)
              .writeTIFF(to: "\(output)/\(path)", as: .uint8, isCompressed: true)
          },
          writeText: { try writeText($1, to: "\(output)/\($0)") }), budget: budget)
      print("\(count) cells in \(onOneLine(output))")
    }
  }
}
