/// How elements of one type become keys, and keys become values again.
///
/// Everything is done on bit patterns: floating-point hardware could flush denormals.
protocol ScalarKeys {
  /// The element's bits.
  associatedtype Bits: FixedWidthInteger, BitwiseCopyable
  associatedtype Key: GridKey

  /// Whether the element is a value at all: not NaN, not an integer that Double cannot hold.
  static func isValid(_ bits: Bits) -> Bool
  /// - Precondition: `bits` is valid.
  static func key(_ bits: Bits) -> Key
  static func value(_ key: Key) -> Double
  /// What an element is that is no value.
  static func invalid(at index: Int) -> PersistenceError
}

extension ScalarKeys {
  static func invalid(at index: Int) -> PersistenceError { .notANumber(index: index) }
}

enum BoolKeys: ScalarKeys {
  static func isValid(_ bits: UInt8) -> Bool { true }
  static func key(_ bits: UInt8) -> Int32 { bits == 0 ? 0 : 1 }
  static func value(_ key: Int32) -> Double { Double(key) }
}

/// Integers of up to 16 bits.
enum SmallIntegerKeys<Bits: FixedWidthInteger & BitwiseCopyable>: ScalarKeys {
  static func isValid(_ bits: Bits) -> Bool { true }
  static func key(_ bits: Bits) -> Int32 { Int32(truncatingIfNeeded: bits) }
  static func value(_ key: Int32) -> Double { Double(key) }
}

/// Integers of 32 and 64 bits, up to 2^53 in magnitude: what Double holds exactly.
enum LargeIntegerKeys<Bits: FixedWidthInteger & BitwiseCopyable>: ScalarKeys {
  static func isValid(_ bits: Bits) -> Bool { bits.magnitude <= 1 << 53 }
  static func key(_ bits: Bits) -> Int64 { Int64(truncatingIfNeeded: bits) }
  static func value(_ key: Int64) -> Double { Double(key) }
  static func invalid(at index: Int) -> PersistenceError { .integerTooLarge(index: index) }
}

enum Float16Keys: ScalarKeys {
  static func isValid(_ bits: Int16) -> Bool { bits & 0x7fff <= 0x7c00 }

  static func key(_ bits: Int16) -> Int32 {
    let bits = bits == .min ? 0 : bits  // -0 equals 0
    return Int32(bits ^ (bits >> 15 & 0x7fff))
  }

  static func value(_ key: Int32) -> Double {
    let ordered = Int16(truncatingIfNeeded: key)
    let bits = UInt16(bitPattern: ordered ^ (ordered >> 15 & 0x7fff))
    return binaryValue(
      negative: bits >> 15 == 1, exponent: Int(bits >> 10 & 31), fraction: UInt64(bits & 0x3ff) << 42,
      maximumExponent: 31, bias: 15, leastDenormal: 0x1p-24, denormalCount: Int(bits & 0x3ff))
  }
}

enum Float32Keys: ScalarKeys {
  static func isValid(_ bits: Int32) -> Bool { bits & 0x7fff_ffff <= 0x7f80_0000 }

  static func key(_ bits: Int32) -> Int32 {
    let bits = bits == .min ? 0 : bits  // -0 equals 0
    return bits ^ (bits >> 31 & 0x7fff_ffff)
  }

  static func value(_ key: Int32) -> Double {
    let bits = UInt32(bitPattern: key ^ (key >> 31 & 0x7fff_ffff))
    return binaryValue(
      negative: bits >> 31 == 1, exponent: Int(bits >> 23 & 255),
      fraction: UInt64(bits & 0x7f_ffff) << 29, maximumExponent: 255, bias: 127,
      leastDenormal: 0x1p-149, denormalCount: Int(bits & 0x7f_ffff))
  }
}

enum Float64Keys: ScalarKeys {
  static func isValid(_ bits: Int64) -> Bool { bits & .max <= 0x7ff0_0000_0000_0000 }

  static func key(_ bits: Int64) -> Int64 {
    let bits = bits == .min ? 0 : bits  // -0 equals 0
    return bits ^ (bits >> 63 & .max)
  }

  static func value(_ key: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: key ^ (key >> 63 & .max)))
  }
}

/// A small floating-point number, widened to Double without arithmetic on denormals.
///
/// - Parameters:
///   - fraction: the fraction bits, shifted to where Double has them.
///   - denormalCount: what a denormal is, in units of `leastDenormal`.
private func binaryValue(
  negative: Bool, exponent: Int, fraction: UInt64, maximumExponent: Int, bias: Int,
  leastDenormal: Double, denormalCount: Int
) -> Double {
  let magnitude: Double
  if exponent == maximumExponent {
    magnitude = .infinity
  } else if exponent == 0 {
    magnitude = Double(denormalCount) * leastDenormal  // two normal Doubles: exact in every mode
  } else {
    magnitude = Double(bitPattern: UInt64(exponent - bias + 1023) << 52 | fraction)
  }
  return negative ? -magnitude : magnitude
}
