public import ComputeRuntime
public import NeuralKernels
internal import NeuralNetwork

/// A generator that predicts cells one by one; remembers its memory and the shape it met last.
public final class CellPredictor {
  public let generator: Generator
  private let pass: GeneratorPass
  private let input: Scratch<Float>
  /// Weights are packed anew for every shape but this one.
  private var lastShape: TensorShape?

  /// - Precondition: the generator's weights stay as they are.
  public init(_ generator: Generator, budget: MemoryBudget) {
    self.generator = generator
    pass = GeneratorPass(generator, budget: budget)
    input = Scratch(budget: budget)
  }

  /// - Parameter body: gets the probabilities, `64 x H x W`, which it may change.
  /// - Throws: also what the source and `body` throw.
  public func predict(
    _ index: Int, of source: any CellSource, team: WorkTeam,
    _ body: (Floats, CellExtent) throws -> Void
  ) throws {
    let extent = CellExtent(
      depth: Generator.depth, height: source.extent.height, width: source.extent.width)
    try input.reserve(extent.inputCount)
    try source.load(index, input: input.cells, object: nil)
    let shape = TensorShape(
      batch: 1, channels: 2, depth: 1, height: extent.height, width: extent.width)
    let output = try pass.forward(
      input.cells, shape: shape, mode: .evaluation, keepsForBackward: false,
      weightsAreUnchanged: shape == lastShape, team: team)
    lastShape = nil
    guard !team.asksToStop() else { throw NetworkError.cancelled }
    lastShape = shape
    try body(output.probabilities.prefix(extent.objectCount), extent)
  }
}
