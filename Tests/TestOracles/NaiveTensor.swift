/// Numbers on a grid of any rank, row by row: volumes are [N, C, D, H, W] (samples, channels, depth, height,
/// width), weights of a convolution [out, in, kernel D, kernel H, kernel W].
///
/// The twins of the network compute in `T`: with Double they are the truth, with Float they show what plain
/// loops in the engine's own precision give.
public struct NaiveTensor<T: BinaryFloatingPoint>: Equatable {
  public let shape: [Int]
  public var values: [T]

  public init(shape: [Int], values: [T]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values for a shape of \(shape)")
    self.shape = shape
    self.values = values
  }

  public init(shape: [Int], repeating value: T = 0) {
    self.init(shape: shape, values: [T](repeating: value, count: shape.reduce(1, *)))
  }

  /// Uniformly random numbers that a Float holds exactly, so that Float and Double get the same ones.
  public init(shape: [Int], in range: ClosedRange<Double> = -1...1, using generator: inout SeededGenerator) {
    let (lowest, extent) = (range.lowerBound, range.upperBound - range.lowerBound)
    self.init(
      shape: shape,
      values: (0..<shape.reduce(1, *)).map { _ in T(Float(lowest + extent * generator.unit())) })
  }

  /// The same numbers in another precision.
  @specialized(where T == Double, U == Float)
  @specialized(where T == Float, U == Double)
  @specialized(where T == Double, U == Double)
  public init<U>(_ other: NaiveTensor<U>) {
    self.init(shape: other.shape, values: other.values.map { T($0) })
  }

  /// Where the voxel (z, y, x) of channel c of sample n lies in `values`; for tensors of rank 5.
  public func offset(_ n: Int, _ c: Int, _ z: Int, _ y: Int, _ x: Int) -> Int {
    (((n * shape[1] + c) * shape[2] + z) * shape[3] + y) * shape[4] + x
  }

  public subscript(n: Int, c: Int, z: Int, y: Int, x: Int) -> T {
    get { values[offset(n, c, z, y, x)] }
    set { values[offset(n, c, z, y, x)] = newValue }
  }

  /// How many values a channel of a sample has.
  public var voxelCount: Int { shape.dropFirst(2).reduce(1, *) }

  /// Where channel `c` of sample `n` lies in `values`.
  public func channel(_ n: Int, _ c: Int) -> Range<Int> {
    let start = (n * shape[1] + c) * voxelCount
    return start..<start + voxelCount
  }

  /// The sum of the products of the values of two tensors of one shape: <a, b>.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func dot(_ other: NaiveTensor) -> T {
    precondition(shape == other.shape, "\(shape) against \(other.shape)")
    var sum: T = 0
    for index in values.indices { sum += values[index] * other.values[index] }
    return sum
  }
}

extension NaiveTensor: Sendable where T: Sendable {}
