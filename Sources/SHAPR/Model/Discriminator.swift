public import ComputeRuntime
public import NeuralKernels
public import NeuralNetwork

/// The network that judges volumes: `N x 1 x 64 x 64 x 64` becomes one logit each, high for "a real cell".
///
/// Five blocks, each but the last followed by pooling (2, 2, 2), then two convolutions (3, 3, 3) to one
/// channel, a sigmoid and a linear layer over its voxels. (Waibel et al. 2022; docs/model.md)
public final class Discriminator {
  public let network: Network
  private let budget: MemoryBudget

  /// - Parameter extent: of the volumes: depth, height, width, each a multiple of 16.
  public init(
    baseFilters: Int = 10, extent: (Int, Int, Int) = (64, 64, 64),
    fusion: Sequential.Fusion = .fused, workspace: KernelWorkspace, budget: MemoryBudget
  ) throws(NetworkError) {
    try ModelSettings(baseFilters: baseFilters).check()
    let volume = TensorShape(
      batch: 1, channels: 1, depth: extent.0, height: extent.1, width: extent.2)
    guard volume.checkedCount != nil, extent.0 % 16 == 0, extent.1 % 16 == 0, extent.2 % 16 == 0
    else {
      throw .wrongShape("the discriminator takes volumes of multiples of 16, got \(volume)")
    }
    self.budget = budget
    let blocks = Blocks(fusion: fusion, budget: budget)
    let f = baseFilters
    var layers: [any Layer] = []
    var inputs = 1
    for (index, outputs) in [f, 2 * f, 4 * f, 8 * f, 16 * f].enumerated() {
      layers += try blocks.block("conv\(index + 1)", inputs, outputs)
      if index < 4 { layers.append(MaxPool3d((2, 2, 2))) }
      inputs = outputs
    }
    layers += [
      try blocks.convolution("discout.disc_out.0", inputs, inputs, (3, 3, 3)),
      try BatchNorm3d("discout.disc_out.1", channels: inputs, budget: budget),
      ReLU(),
      try blocks.convolution("discout.disc_out.3", inputs, 1, (3, 3, 3)),
      Sigmoid(),
      try Linear(
        "discout.disc_out.6", inputs: extent.0 / 16 * (extent.1 / 16) * (extent.2 / 16), outputs: 1,
        budget: budget),
    ]
    network = Network(Sequential(layers, fusion: fusion), workspace: workspace, budget: budget)
    network.initialise(seed: 0)
  }

  public func read(from file: CheckpointFile) throws(FileError) {
    try network.readState(from: file)
  }

  public func write(to path: String, metadata: [String: String] = [:]) throws(FileError) {
    var writer = CheckpointWriter()
    writer.metadata = metadata
    network.addState(to: &writer)
    try writer.write(to: path, budget: budget)
  }
}
