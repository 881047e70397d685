package import ComputeRuntime

/// The checksum CRC-32C (Castagnoli), as in RFC 3720 appendix B.4, of bytes that come in pieces.
///
/// Finds every single flipped bit and every burst of up to 32 bits. Eight bytes at a time, with a table
/// for each of them ("slicing by 8": Kounavis, Berry, 2005).
package struct CRC32C: Sendable {
  /// The polynomial 0x1EDC6F41 with its bits in reverse order, as the bits of a byte are taken lowest first.
  private static let polynomial: UInt32 = 0x82F6_3B78

  /// `tables[256 * k + b]`: what byte `b` does to the remainder when `k` more bytes follow it.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    for byte in 0..<UInt32(256) {
      var remainder = byte
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? polynomial : 0) }
      tables.append(remainder)
    }
    for index in 256..<2048 {
      let shorter = tables[index - 256]
      tables.append(shorter >> 8 ^ tables[Int(shorter & 0xFF)])
    }
    return tables
  }()

  private var remainder: UInt32 = 0xFFFF_FFFF

  package init() {}

  /// The checksum of what was added so far.
  package var value: UInt32 { ~remainder }

  package mutating func add(_ bytes: FencedPointer<UInt8>) {
    let tables = Self.tables
    var crc = remainder
    var index = 0
    while bytes.count - index >= 8 {
      let low = crc ^ word(bytes, index)
      let high = word(bytes, index + 4)
      crc = tables[1792 + Int(low & 0xFF)] ^ tables[1536 + Int(low >> 8 & 0xFF)]
      crc ^= tables[1280 + Int(low >> 16 & 0xFF)] ^ tables[1024 + Int(low >> 24)]
      crc ^= tables[768 + Int(high & 0xFF)] ^ tables[512 + Int(high >> 8 & 0xFF)]
      crc ^= tables[256 + Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
      index += 8
    }
    while index < bytes.count {
      crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
      index += 1
    }
    remainder = crc
  }

  /// Four bytes as a number, lowest first.
  @inline(__always)
  private func word(_ bytes: FencedPointer<UInt8>, _ index: Int) -> UInt32 {
    UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
      | UInt32(bytes[index + 3]) << 24
  }
}
