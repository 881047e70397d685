/// What one voxel's lower star looks like, in 32 bits.
///
///     minimum   1 | number of the minimum (31 bits): nothing is lower, a critical vertex
///     maximum   0 1 | root (3) | number of the maximum (27): everything is lower, a critical cube
///     other     0 0 | root (3) | 0 (6) | cubes (8) | forest (13)
///
/// The root is the lowest edge neighbour, the edge that is paired with the voxel itself; forest and
/// cubes are numbers in ``StarTables``.
struct StarCode: BitwiseCopyable {
  var bits: UInt32

  /// A volume may have this many maxima, less one. Only one with over 2^29 voxels can have more, and
  /// only if every fourth or eighth of them is one; it is refused (``VolumePersistence``).
  static let maximumNumberMask: UInt32 = 1 << 27 - 1

  @inline(__always)
  static func minimum(_ number: Int) -> StarCode {
    StarCode(bits: 1 << 31 | UInt32(truncatingIfNeeded: number))
  }

  @inline(__always)
  static func maximum(_ number: Int, root: UInt32) -> StarCode {
    StarCode(bits: 1 << 30 | root << 27 | UInt32(truncatingIfNeeded: number))
  }

  @inline(__always)
  static func other(root: UInt32, cubes: UInt32, forest: UInt32) -> StarCode {
    StarCode(bits: root << 27 | cubes << 13 | forest)
  }

  @inline(__always) var isMinimum: Bool { bits >> 31 != 0 }
  @inline(__always) var isMaximum: Bool { bits >> 30 == 1 }
  @inline(__always) var minimumNumber: Int { Int(bits & 0x7fff_ffff) }
  @inline(__always) var maximumNumber: Int { Int(bits & Self.maximumNumberMask) }
  @inline(__always) var root: Int { Int(bits >> 27 & 7) }
  @inline(__always) var cubes: Int { Int(bits >> 13 & 255) }
  @inline(__always) var forest: Int { Int(bits & 8191) }
}
