public import ComputeRuntime
public import NeuralKernels

/// The shape of a batch of volumes: samples, channels, depth, height, width; width varies fastest.
///
/// An image is a volume of depth 1; a list of features is a volume of one voxel.
public struct TensorShape: Equatable, Sendable, CustomStringConvertible {
  public let batch: Int
  public let channels: Int
  public let depth: Int
  public let height: Int
  public let width: Int

  public init(batch: Int, channels: Int, depth: Int, height: Int, width: Int) {
    (self.batch, self.channels) = (batch, channels)
    (self.depth, self.height, self.width) = (depth, height, width)
  }

  init(_ shape: BufferShape) {
    self.init(
      batch: shape.batch, channels: shape.channels, depth: shape.extent.depth,
      height: shape.extent.height, width: shape.extent.width)
  }

  var extent: Extent { Extent(depth, height, width) }
  var buffer: BufferShape { BufferShape(batch: batch, channels: channels, extent: extent) }

  /// Elements, or nil if an axis is not positive or the product passes 2^31 - 1.
  public var checkedCount: Int? {
    var count = 1
    for axis in [batch, channels, depth, height, width] {
      guard axis > 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: axis)
      guard !overflow, product <= Int(Int32.max) else { return nil }
      count = product
    }
    return count
  }

  /// Elements of a shape that was checked.
  public var count: Int { batch * channels * depth * height * width }

  public var description: String { "\(batch) x \(channels) x \(depth) x \(height) x \(width)" }
}

/// A batch of volumes in memory, `N C D H W`.
public final class Tensor {
  public let shape: TensorShape
  private let memory: Scratch<Float>

  /// All zeros.
  public init(_ shape: TensorShape, budget: MemoryBudget) throws(NetworkError) {
    guard let count = shape.checkedCount else { throw .wrongShape("\(shape) is not the shape of a tensor") }
    self.shape = shape
    memory = try NetworkError.orRefused { () throws(ComputeError) in
      try Scratch(count: count, zeroed: true, budget: budget)
    }
  }

  /// The elements, row-major.
  public var values: Floats { memory.cells }

  public subscript(sample: Int, channel: Int, depth: Int, height: Int, width: Int) -> Float {
    get { values[index(sample, channel, depth, height, width)] }
    set { values[index(sample, channel, depth, height, width)] = newValue }
  }

  private func index(_ n: Int, _ c: Int, _ z: Int, _ y: Int, _ x: Int) -> Int {
    precondition(
      0..<shape.batch ~= n && 0..<shape.channels ~= c && 0..<shape.depth ~= z
        && 0..<shape.height ~= y && 0..<shape.width ~= x, "an index outside the tensor")
    return (((n * shape.channels + c) * shape.depth + z) * shape.height + y) * shape.width + x
  }

  /// Copies values in, row-major.
  public func fill(from source: [Float]) throws(NetworkError) {
    guard source.count == shape.count else {
      throw .wrongShape("a tensor of shape \(shape) takes \(shape.count) values, got \(source.count)")
    }
    for (index, value) in source.enumerated() { values[index] = value }
  }

  /// A copy of the elements, row-major.
  public var array: [Float] { (0..<shape.count).map { values[$0] } }
}
