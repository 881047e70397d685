/// The types of elements that can be read as values.
public enum ScalarType: String, Sendable, CaseIterable {
  case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, float16, float32, float64

  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The value of a pixel that counts as 1, or `nil` where there is no telling.
  ///
  /// Cameras and programs fill the range of 8 and 16 bits. Wider and signed integers hold numbers of
  /// anything: labels, counts, heights.
  package var fullScale: Float? {
    switch self {
    case .bool, .float16, .float32, .float64: 1
    case .uint8: 255
    case .uint16: 65535
    case .int8, .int16, .uint32, .int32, .uint64, .int64: nil
    }
  }
}

/// A Swift type that can be the element of a volume.
public protocol VolumeElement: BitwiseCopyable {
  static var scalarType: ScalarType { get }
}

extension Bool: VolumeElement { public static var scalarType: ScalarType { .bool } }
extension Int8: VolumeElement { public static var scalarType: ScalarType { .int8 } }
extension UInt8: VolumeElement { public static var scalarType: ScalarType { .uint8 } }
extension Int16: VolumeElement { public static var scalarType: ScalarType { .int16 } }
extension UInt16: VolumeElement { public static var scalarType: ScalarType { .uint16 } }
extension Int32: VolumeElement { public static var scalarType: ScalarType { .int32 } }
extension UInt32: VolumeElement { public static var scalarType: ScalarType { .uint32 } }
extension Int64: VolumeElement { public static var scalarType: ScalarType { .int64 } }
extension UInt64: VolumeElement { public static var scalarType: ScalarType { .uint64 } }
extension Int: VolumeElement { public static var scalarType: ScalarType { .int64 } }
#if !(os(macOS) && arch(x86_64))
  extension Float16: VolumeElement { public static var scalarType: ScalarType { .float16 } }
#endif
extension Float: VolumeElement { public static var scalarType: ScalarType { .float32 } }
extension Double: VolumeElement { public static var scalarType: ScalarType { .float64 } }

/// A caller's array in memory, seen as a batch of volumes of one shape.
///
/// Only described here; it is read once, while it is copied into keys. Whoever makes one answers for
/// its address, extents and strides.
@safe
public struct StridedVolumes {
  public static let maximumVolumes = 1 << 20

  let base: UnsafeRawPointer
  public let scalarType: ScalarType
  package let isByteSwapped: Bool
  package let batchExtents: [Int]
  let batchStrides: [Int]
  public let shape: VolumeShape
  package let strides: [Int]  // bytes, one per axis of a volume
  public let count: Int  // volumes

  /// - Parameters:
  ///   - base: the element with all indices 0; readable wherever extents and strides lead, for as
  ///     long as this value is used.
  ///   - scalarType: of the elements.
  ///   - isByteSwapped: whether their bytes stand in the other order than this machine's.
  ///   - extents: of all axes, batch axes first.
  ///   - byteStrides: one per axis, of any sign; `nil` for C order without gaps.
  ///   - rank: how many of the last axes are a volume.
  @unsafe
  public init(
    base: UnsafeRawPointer, scalarType: ScalarType, isByteSwapped: Bool = false, extents: [Int],
    byteStrides: [Int]? = nil, rank: Int
  ) throws(PersistenceError) {
    guard (1...3).contains(rank), rank <= extents.count else { throw .unsupportedRank(rank) }
    let batchAxes = extents.count - rank
    shape = try VolumeShape(Array(extents[batchAxes...]))
    var count = 1
    for (axis, extent) in extents[..<batchAxes].enumerated() {
      guard extent >= 0 else { throw .negativeExtent(axis: axis) }
      guard extent > 0 else { throw .emptyAxis(axis: axis) }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= VolumeShape.maximumVoxels / shape.voxels else {
        throw .tooManyVoxels(limit: VolumeShape.maximumVoxels)
      }
      count = product
    }
    guard count <= Self.maximumVolumes else { throw .tooManyVolumes(limit: Self.maximumVolumes) }
    var allStrides = byteStrides ?? []
    if byteStrides == nil {
      // No overflow: the number of elements is below 2^31.
      var stride = scalarType.byteCount
      for extent in extents.reversed() {
        allStrides.append(stride)
        stride *= extent
      }
      allStrides.reverse()
    }
    precondition(allStrides.count == extents.count, "one stride per axis")
    unsafe self.base = base
    self.scalarType = scalarType
    self.isByteSwapped = isByteSwapped && scalarType.byteCount > 1
    self.count = count
    batchExtents = Array(extents[..<batchAxes])
    batchStrides = Array(allStrides[..<batchAxes])
    strides = Array(allStrides[batchAxes...])
  }

  /// The first element of volume `index`, batch axes counted in row-major order.
  @unsafe
  package func volume(_ index: Int) -> UnsafeRawPointer {
    var (rest, offset) = (index, 0)
    for axis in batchExtents.indices.reversed() {
      offset &+= rest % batchExtents[axis] &* batchStrides[axis]
      rest /= batchExtents[axis]
    }
    return unsafe base + offset
  }

  /// The first and the last byte that an element of the array has.
  package var byteRange: ClosedRange<UInt> {
    var (low, high) = (0, scalarType.byteCount - 1)
    for (extent, stride) in zip(batchExtents + shape.extents, batchStrides + strides) {
      // An array that is in memory has no offset that overflows.
      let offset = (extent - 1) &* stride
      if offset < 0 { low &+= offset } else { high &+= offset }
    }
    let start = unsafe Int(bitPattern: base)
    let (first, last) = (UInt(bitPattern: start &+ low), UInt(bitPattern: start &+ high))
    return min(first, last)...max(first, last)
  }
}
