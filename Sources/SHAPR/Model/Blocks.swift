internal import ComputeRuntime
internal import NeuralNetwork

/// The parts that generator and discriminator are put together from, under the names of the published
/// code's state dict.
struct Blocks {
  let fusion: Sequential.Fusion
  let budget: MemoryBudget

  /// Twice: convolution, batch norm, ReLU.
  func block(
    _ name: String, _ inputs: Int, _ outputs: Int, kernel: (Int, Int, Int) = (1, 3, 3)
  ) throws(NetworkError) -> [any Layer] {
    try rest(
      of: name, outputs, kernel: kernel,
      after: convolution("\(name).encoderblock.0", inputs, outputs, kernel))
  }

  /// A transposed convolution, then a block.
  func upBlock(
    _ upName: String, _ growth: (Int, Int, Int), _ name: String, _ inputs: Int, _ outputs: Int,
    kernel: (Int, Int, Int)
  ) throws(NetworkError) -> [any Layer] {
    let first = try up(
      upName, growth, inputs, then: convolution("\(name).encoderblock.0", inputs, outputs, kernel))
    return try first.dropLast() + rest(of: name, outputs, kernel: kernel, after: first[first.count - 1])
  }

  /// A transposed convolution that keeps the channels, and the convolution after it.
  func up(
    _ name: String, _ growth: (Int, Int, Int), _ channels: Int, then convolution: Conv3d
  ) throws(NetworkError) -> [any Layer] {
    let up = try ConvTranspose3d(
      "\(name).up", inputs: channels, outputs: channels, growth: growth, budget: budget)
    switch fusion {
    case .fused: return [UpConv3d(up, convolution)]
    case .writtenOut: return [up, convolution]
    }
  }

  private func rest(
    of name: String, _ outputs: Int, kernel: (Int, Int, Int), after first: any Layer
  ) throws(NetworkError) -> [any Layer] {
    [
      first,
      try BatchNorm3d("\(name).encoderblock.1", channels: outputs, budget: budget),
      ReLU(),
      try convolution("\(name).encoderblock.3", outputs, outputs, kernel),
      try BatchNorm3d("\(name).encoderblock.4", channels: outputs, budget: budget),
      ReLU(),
    ]
  }

  func convolution(
    _ name: String, _ inputs: Int, _ outputs: Int, _ kernel: (Int, Int, Int)
  ) throws(NetworkError) -> Conv3d {
    try Conv3d(name, inputs: inputs, outputs: outputs, kernel: kernel, budget: budget)
  }
}
