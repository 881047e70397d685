public import ComputeRuntime
internal import NeuralKernels
public import SHAPR

/// One cell of a cross-validation, predicted by extruding the masks instead of by a network; its folder gets
/// predictions and scores as that of a ``CellRun`` does.
public final class BaselineRun {
  public let extrusion: MaskExtrusion
  private let split: Split
  private let source: FolderSource
  private let folder: RunFolder
  private let budget: MemoryBudget

  /// Fits the extrusion to the training cells.
  public init(split: Split, source: FolderSource, folder: RunFolder, budget: MemoryBudget) throws {
    guard !split.train.isEmpty else { throw RunError.training(.split("a split needs cells to train on")) }
    (self.split, self.source, self.folder, self.budget) = (split, source, folder, budget)
    extrusion = try MaskExtrusion(fittedTo: split.train, of: source, budget: budget)
  }

  /// Predicts and scores the test cells, or the validation cells of a split without a test.
  public func run() throws {
    try folder.makeFolder("predictions")
    let extent = source.extent
    let input = try Scratch<Float>(count: extent.inputCount, budget: budget)
    let truth = try Scratch<Float>(count: extent.objectCount, budget: budget)
    let volume = try Scratch<Float>(count: extent.objectCount, budget: budget)
    let evaluation = Evaluation()
    var scores = Scores(measures: evaluation.measures)
    for cell in split.scored {
      try source.load(cell, input: input.cells, object: truth.cells)
      extrusion.write(mask: input.cells, extent: extent, to: volume.cells)
      scores.append(
        try folder.keep(
          volume.cells, truth: truth.cells, cell: cell, of: source, evaluation: evaluation,
          budget: budget))
    }
    try folder.write(scores.csv, to: "scores.csv")
  }
}
