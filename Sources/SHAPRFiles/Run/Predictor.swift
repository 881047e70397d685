public import ComputeRuntime
public import NeuralKernels
internal import NeuralNetwork
public import SHAPR

/// A trained generator that predicts the cells of a folder.
public final class Predictor {
  private let predictor: CellPredictor
  private let budget: MemoryBudget

  /// - Parameter model: a safetensors file under the published names. Base filters and decoder follow from
  ///   the shapes of its tensors.
  public init(model: String, workspace: KernelWorkspace, budget: MemoryBudget) throws {
    self.budget = budget
    let file = try CheckpointFile(path: model, checksums: .whenPresent, budget: budget)
    predictor = CellPredictor(
      try Generator(reading: file, workspace: workspace, budget: budget), budget: budget)
  }

  /// - Parameter body: gets the probabilities, which it may change.
  public func predict(
    _ folder: CellFolder, _ index: Int, team: WorkTeam,
    _ body: (Floats, CellExtent) throws -> Void
  ) throws {
    let source = FolderSource(folder, budget: budget)
    try predictor.predict(index, of: source, team: team, body)
  }
}
