/// An integer that orders like the values of a volume: equal values have equal keys, a lower value
/// has a lower key. All comparisons of the algorithms are between keys, so that neither the
/// processor's rounding mode nor its treatment of denormals can change a diagram.
protocol GridKey: FixedWidthInteger, SignedInteger, BitwiseCopyable, Sendable {
  /// A key and a 32-bit index in one number, ordered by key and then by index.
  associatedtype Order: FixedWidthInteger, UnsignedInteger, BitwiseCopyable, Sendable
  static func order(_ key: Self, _ index: UInt32) -> Order
  /// The key in such a number.
  static func key(_ order: Order) -> Self
}

extension GridKey {
  /// The key of the border where it counts as lower than every voxel. No value has it.
  static var belowAll: Self { min }
  /// The key of the border where it counts as absent. No value has it.
  static var aboveAll: Self { max }
}

extension Int32: GridKey {
  @inline(__always)
  static func order(_ key: Int32, _ index: UInt32) -> UInt64 {
    UInt64(UInt32(bitPattern: key) ^ 0x8000_0000) << 32 | UInt64(index)
  }

  @inline(__always)
  static func key(_ order: UInt64) -> Int32 {
    Int32(bitPattern: UInt32(truncatingIfNeeded: order >> 32) ^ 0x8000_0000)
  }
}

extension Int64: GridKey {
  @inline(__always)
  static func order(_ key: Int64, _ index: UInt32) -> UInt128 {
    UInt128(UInt64(bitPattern: key) ^ (1 << 63)) << 32 | UInt128(index)
  }

  @inline(__always)
  static func key(_ order: UInt128) -> Int64 {
    Int64(bitPattern: UInt64(truncatingIfNeeded: order >> 32) ^ (1 << 63))
  }
}
