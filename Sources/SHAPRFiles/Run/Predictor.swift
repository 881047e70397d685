public import ComputeRuntime
public import NeuralKernels
internal import NeuralNetwork
public import SHAPR

/// A trained generator that predicts the cells of a folder.
public final class Predictor {
  private let pass: GeneratorPass
  private let budget: MemoryBudget
  private var input: Scratch<Float>
  private var hasRun = false

  /// - Parameter model: a safetensors file under the published names. Base filters and decoder follow from
  ///   the shapes of its tensors.
  public init(model: String, workspace: KernelWorkspace, budget: MemoryBudget) throws {
    self.budget = budget
    let file = try CheckpointFile(path: model, checksums: .whenPresent, budget: budget)
    let settings = try ModelSettings(of: file)
    let generator = try Generator(settings, workspace: workspace, budget: budget)
    try generator.read(from: file)
    pass = GeneratorPass(generator, budget: budget)
    input = Scratch(budget: budget)
  }

  /// - Parameter body: gets the probabilities, which it may change.
  public func predict(
    _ folder: CellFolder, _ index: Int, team: WorkTeam,
    _ body: (Floats, CellExtent) throws -> Void
  ) throws {
    try input.reserve(folder.inputCount)
    try folder.load(index, input: input.cells, budget: budget)
    let output = try pass.forward(
      input.cells,
      shape: TensorShape(
        batch: 1, channels: 2, depth: 1, height: folder.height, width: folder.width),
      mode: .evaluation, keepsForBackward: false, weightsAreUnchanged: hasRun, team: team)
    hasRun = true
    let extent = CellExtent(
      depth: Generator.depth, height: folder.height, width: folder.width)
    try body(output.probabilities.prefix(extent.objectCount), extent)
  }
}
