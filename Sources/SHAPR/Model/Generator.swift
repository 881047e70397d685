public import ComputeRuntime
public import NeuralKernels
public import NeuralNetwork

/// The network that makes a volume of an image: `N x 2 x 1 x H x W` (mask, masked image) becomes the logits
/// of `N x 1 x 64 x H x W`. H and W are multiples of 4; SHAPR's are 64.
///
/// The encoder halves the image twice; each step of the decoder doubles the depth. (Waibel et al. 2022; every
/// layer stands in docs/model.md.)
public final class Generator {
  public let settings: ModelSettings
  public let network: Network
  private let budget: MemoryBudget

  /// Weights are drawn with seed 0; see ``Network/initialise(seed:)``.
  ///
  /// - Parameter fusion: `writtenOut` computes the same layer by layer, for comparison.
  public init(
    _ settings: ModelSettings = ModelSettings(), fusion: Sequential.Fusion = .fused,
    workspace: KernelWorkspace, budget: MemoryBudget
  ) throws(NetworkError) {
    try settings.check()
    (self.settings, self.budget) = (settings, budget)
    network = Network(
      Sequential(try Self.layers(settings, fusion, budget), fusion: fusion), workspace: workspace,
      budget: budget)
    network.initialise(seed: 0)
  }

  private static func layers(
    _ settings: ModelSettings, _ fusion: Sequential.Fusion, _ budget: MemoryBudget
  ) throws(NetworkError) -> [any Layer] {
    let blocks = Blocks(fusion: fusion, budget: budget)
    let f = settings.baseFilters
    let kernel = settings.decoder == .slice ? (1, 3, 3) : (3, 3, 3)
    var layers = try blocks.block("conv1", 2, f)
    layers.append(MaxPool3d((1, 2, 2)))
    layers += try blocks.block("conv2", f, 2 * f)
    layers.append(MaxPool3d((1, 2, 2)))
    layers += try blocks.block("conv3", 2 * f, 4 * f)
    layers.append(try blocks.convolution("encout.enc_out.0", 4 * f, 8 * f, (1, 3, 3)))
    layers.append(Sigmoid())
    layers += try blocks.block("conv4", 8 * f, 8 * f, kernel: kernel)
    layers += try blocks.upBlock("up4", (2, 1, 1), "conv5", 8 * f, 8 * f, kernel: kernel)
    layers += try blocks.upBlock("up5", (2, 1, 1), "conv6", 8 * f, 4 * f, kernel: kernel)
    layers += try blocks.upBlock("up6", (2, 2, 2), "conv7", 4 * f, 4 * f, kernel: kernel)
    layers += try blocks.upBlock("up7", (2, 1, 1), "conv8", 4 * f, 2 * f, kernel: kernel)
    layers += try blocks.upBlock("up8", (2, 1, 1), "conv9", 2 * f, f, kernel: kernel)
    layers += try blocks.up(
      "up9", (2, 2, 2), f, then: blocks.convolution("decout.dec_out.0", f, 1, (3, 3, 3)))
    return layers
  }

  /// Depth of every volume: the decoder doubles it six times.
  public static let depth = 64

  /// Checks an input's shape and gets the memory for it.
  public func plan(
    for input: TensorShape, training: Bool
  ) throws(NetworkError) -> (plan: MemoryPlan, output: TensorShape) {
    guard input.channels == 2, input.depth == 1, input.height % 4 == 0, input.width % 4 == 0 else {
      throw .wrongShape(
        "the generator takes N x 2 x 1 x H x W with H and W multiples of 4, got \(input)")
    }
    return try network.plan(for: input, training: training)
  }

  // MARK: weights under the published names

  /// Names of layers that the published network has but never uses.
  private static let unused = "conv10."

  /// The generator that a file holds: base filters and decoder follow from the shapes of its tensors.
  ///
  /// - Throws: ``FileError`` or ``NetworkError``.
  public convenience init(
    reading file: CheckpointFile, workspace: KernelWorkspace, budget: MemoryBudget
  ) throws {
    try self.init(try ModelSettings(of: file), workspace: workspace, budget: budget)
    try read(from: file)
  }

  /// Reads weights; those of the unused layers may be there.
  public func read(from file: CheckpointFile) throws(FileError) {
    try network.readState(from: file, ignoring: [Self.unused])
  }

  /// Writes weights so that the published network loads them strictly: its unused layers are there, with
  /// fresh weights.
  public func write(
    to path: String, metadata: [String: String] = [:]
  ) throws(ModelFileError) {
    let unused: Sequential
    do {
      unused = Sequential(
        try Blocks(fusion: .fused, budget: budget)
          .block("conv10", settings.baseFilters, settings.baseFilters))
    } catch { throw .network(error) }
    let layers = Network(unused, workspace: network.workspace, budget: budget)
    layers.initialise(seed: 0)
    var writer = CheckpointWriter()
    writer.metadata = metadata
    network.addState(to: &writer)
    layers.addState(to: &writer)
    do { try writer.write(to: path, budget: budget) } catch { throw .checkpoint(error) }
    withExtendedLifetime(layers) {}
  }
}

/// Why a model could not be written.
public enum ModelFileError: Error, Sendable, CustomStringConvertible {
  case network(NetworkError)
  case checkpoint(FileError)

  public var description: String {
    switch self {
    case .network(let error): error.description
    case .checkpoint(let error): error.description
    }
  }
}
