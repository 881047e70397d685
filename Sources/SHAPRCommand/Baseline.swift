internal import ArgumentParser
internal import ComputeRuntime
internal import SHAPR
internal import SHAPRFiles

struct Baseline: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score the simplest guess, each mask extruded along z: what training has to beat.",
    discussion: """
      The slices that hold the mask are the same for all cells; those with the largest mean intersection over
      union on the training cells are taken. The output is a run directory with predictions and scores of the
      same cells that training with the same --split, or the same --folds and --seed, is tested on:

        shapr baseline --data cells --split cells/split.json --output extruded
        shapr compare extruded run
      """)

  @Option(help: "folder with image/, mask/ and obj/") var data: String
  @Option(help: "run directory to write") var output: String
  @Option(help: "JSON file with lists train, val and optionally test; no folds then") var split: String?
  @Option(help: "parts of the cross-validation: one tests, the next validates") var folds = 5
  @Option(help: "which folds: the same seed gives the same ones") var seed: UInt64 = 0

  func run() {
    ending {
      guard 3...100 ~= folds else { throw Failure(64, "USAGE", "--folds must be between 3 and 100") }
      let budget = MemoryBudget()
      let source = FolderSource(try CellFolder(path: data), budget: budget)
      let splits = try Splits(of: source, file: split, folds: folds, seed: seed)
      try makeFolders(output)
      try writeText(splits.json, to: "\(output)/split.json")
      for (fold, split) in splits.all {
        let baseline = try BaselineRun(
          split: split, source: source, folder: RunFolder("\(output)/fold-\(fold)"), budget: budget)
        let slices = baseline.extrusion.slices
        print(
          "fold \(fold): masks fill slices \(slices.lowerBound) to \(slices.upperBound - 1), mean IoU "
            + "\(decimals(baseline.extrusion.meanIoU, 3)) on \(split.train.count) training cells")
        try baseline.run()
      }
      try Merging(output).runAndShow(Console())
    }
  }
}
