/// The extents of one volume, in row-major order, checked against the documented limits.
public struct VolumeShape: Equatable, Sendable {
  public static let maximumExtent = 1 << 21
  public static let maximumVoxels = Int(Int32.max)

  public let extents: [Int]
  public let voxels: Int

  public init(_ extents: [Int]) throws(PersistenceError) {
    guard (1...3).contains(extents.count) else { throw .unsupportedRank(extents.count) }
    var voxels = 1
    for (axis, extent) in extents.enumerated() {
      guard extent >= 0 else { throw .negativeExtent(axis: axis) }
      guard extent > 0 else { throw .emptyAxis(axis: axis) }
      guard extent <= Self.maximumExtent else {
        throw .extentTooLarge(axis: axis, limit: Self.maximumExtent)
      }
      let (product, overflow) = voxels.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Self.maximumVoxels else {
        throw .tooManyVoxels(limit: Self.maximumVoxels)
      }
      voxels = product
    }
    self.extents = extents
    self.voxels = voxels
  }

  public var rank: Int { extents.count }
}

/// Where the keys of a volume lie in memory: one border voxel around every axis that is longer
/// than one. Axes of length one are left out, since a slab and its slice have the same diagrams.
///
/// The right border of a row is the left border of the next row, and so on for planes: `stride`
/// is extent + 1, not + 2. An axis that is left out has stride 0.
struct PaddedLayout: Sendable {
  /// The largest number of cells that 32-bit indices, less two markers, can name.
  static let maximumCells = Int(UInt32.max) - 1
  /// The row compare reads whole vectors, up to this many keys past the last voxel's neighbours.
  static let slack = 16

  let axes: Int  // axes longer than one
  let nx: Int
  let ny: Int
  let nz: Int
  let strideY: Int
  let strideZ: Int
  let base: Int  // the padded index of voxel (0, 0, 0)
  let cells: Int

  init(_ shape: VolumeShape) throws(PersistenceError) {
    let long = shape.extents.filter { $0 > 1 }
    axes = long.count
    nx = long.last ?? 1
    ny = axes > 1 ? long[axes - 2] : 1
    nz = axes > 2 ? long[0] : 1
    strideY = axes > 1 ? nx + 1 : 0
    strideZ = axes > 2 ? (ny + 1) * (nx + 1) : 0
    base = 1 + strideY + strideZ
    // The last voxel, its neighbour on every axis, and the slack.
    cells = base + (nz - 1) * strideZ + (ny - 1) * strideY + nx + 1 + strideY + strideZ + Self.slack
    guard cells <= Self.maximumCells else { throw .tooManyVoxels(limit: VolumeShape.maximumVoxels) }
  }

  var rows: Int { nz * ny }

  /// The padded index of the first voxel of a row; rows are numbered z-major.
  func rowStart(_ row: Int) -> Int { base + row / ny * strideZ + row % ny * strideY }

  /// Calls `body` with every range of cells that are no voxels: the border, and the slack.
  @inline(__always)
  func forEachBorderRange(_ body: (Range<Int>) -> Void) {
    var written = 0
    for z in 0..<nz {
      var start = base + z * strideZ
      for _ in 0..<ny {
        body(written..<start)
        written = start + nx
        start += strideY
      }
    }
    body(written..<cells)
  }

  /// The row-major index, without borders, of a voxel.
  func flatIndex(_ cell: Int) -> Int {
    var rest = UInt32(truncatingIfNeeded: cell - base)
    var z: UInt32 = 0
    var y: UInt32 = 0
    if strideZ > 0 { (z, rest) = rest.quotientAndRemainder(dividingBy: UInt32(truncatingIfNeeded: strideZ)) }
    if strideY > 0 { (y, rest) = rest.quotientAndRemainder(dividingBy: UInt32(truncatingIfNeeded: strideY)) }
    return (Int(z) * ny + Int(y)) * nx + Int(rest)
  }
}
