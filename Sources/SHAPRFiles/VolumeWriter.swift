public import ComputeRuntime
internal import NeuralNetwork

/// How far the centres of neighbouring voxels are apart.
public struct VoxelSpacing: Sendable, Equatable {
  public let z: Double
  public let y: Double
  public let x: Double
  /// As ImageJ knows it: `um`, `nm`, `pixel`.
  public let unit: String

  /// - Precondition: distances are positive and finite; the unit is short and of plain letters.
  public init(z: Double, y: Double, x: Double, unit: String = "um") {
    precondition([z, y, x].allSatisfy { $0 > 0 && $0.isFinite }, "distances are positive")
    precondition(
      unit.utf8.count <= 32 && unit.utf8.allSatisfy { $0 > 32 && $0 < 127 }, "a unit is of plain letters")
    (self.z, self.y, self.x, self.unit) = (z, y, x, unit)
  }
}

/// Writes an image or a volume to a file, which takes its place only when it has reached the disk.
public struct VolumeWriter {
  /// What is stored of each value.
  public enum Element: Sendable {
    /// As it is.
    case float32
    /// 0 to 1 as 0 to 255, rounded; what is outside becomes the nearer end, NaN becomes 0.
    case uint8
  }

  let values: FencedPointer<Float>
  /// (Depth,) height, width.
  let extents: [Int]
  let spacing: VoxelSpacing?
  let budget: MemoryBudget

  /// - Precondition: `values` has as many values as `extents`, two or three of them, say.
  public init(
    _ values: FencedPointer<Float>, extents: [Int], spacing: VoxelSpacing? = nil, budget: MemoryBudget
  ) {
    precondition(extents.count == 2 || extents.count == 3, "an image has 2 axes and a volume 3")
    precondition(
      extents.allSatisfy { $0 > 0 } && extents.reduce(1, *) == values.count,
      "\(shapeText(extents)) are not \(values.count) values")
    (self.values, self.extents, self.spacing, self.budget) = (values, extents, spacing, budget)
  }

  var depth: Int { extents.count == 3 ? extents[0] : 1 }
  var height: Int { extents[extents.count - 2] }
  var width: Int { extents[extents.count - 1] }

  /// The values as they are stored, in the machine's byte order.
  func bytes(as element: Element) throws(ComputeError) -> ByteSink {
    var sink = ByteSink(.native, budget: budget)
    for index in 0..<values.count {
      switch element {
      case .float32: try sink.put(UInt64(values[index].bitPattern), width: 4)
      case .uint8: try sink.put(UInt64(Self.eightBits(values[index])), width: 1)
      }
    }
    return sink
  }

  static func eightBits(_ value: Float) -> UInt8 {
    guard value > 0 else { return 0 }
    return UInt8((min(value, 1) * 255).rounded())
  }

  /// Puts a file of what `fill` puts into a sink at `path`.
  func write(
    to path: String, order: ByteOrder = .native,
    _ fill: (inout ByteSink) throws(ComputeError) -> Void
  ) throws(FileError) {
    guard !path.utf8.contains(0) else {
      throw FileError(.path, file: path, "the path holds a zero byte")
    }
    var sink = ByteSink(order, budget: budget)
    do throws(ComputeError) { try fill(&sink) } catch { throw FileError(error, file: path) }
    let bytes = sink.bytes
    try withTemporaryFile(for: path, bytes: bytes.count) { (file) throws(SystemError) in
      try file.write(bytes)
    }
    withExtendedLifetime(sink) {}
  }
}
