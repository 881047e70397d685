package import ComputeRuntime

/// The digest SHA-256 (FIPS 180-4, section 6.2) of bytes that come in pieces. Names as in the standard.
package struct SHA256: Sendable {
  /// The first 32 bits of the fractions of the square roots of the first 8 primes.
  private var hash = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19)
  /// The bytes of a block that is not full.
  private var pending = InlineArray<64, UInt8>(repeating: 0)
  private var pendingCount = 0
  private var byteCount: UInt64 = 0

  package init() {}

  package mutating func add(_ bytes: FencedPointer<UInt8>) {
    byteCount &+= UInt64(bytes.count)
    var index = 0
    while index < bytes.count {
      if pendingCount == 0, bytes.count - index >= 64 {
        var words = InlineArray<64, UInt32>(repeating: 0)
        for t in 0..<16 {
          words[t] = Self.word(
            bytes[index + 4 * t], bytes[index + 4 * t + 1], bytes[index + 4 * t + 2],
            bytes[index + 4 * t + 3])
        }
        compress(&words)
        index += 64
      } else {
        append(bytes[index])
        index += 1
      }
    }
  }

  package mutating func add(_ byte: UInt8) {
    byteCount &+= 1
    append(byte)
  }

  /// The digest of all that was added, as 64 hexadecimal digits.
  package consuming func hexadecimalDigest() -> String {
    let bitCount = byteCount &* 8
    append(0x80)
    while pendingCount != 56 { append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
    }
    return hash.indices.map { String(hexadecimal: UInt64(hash[$0]), digits: 8) }.joined()
  }

  private mutating func append(_ byte: UInt8) {
    pending[pendingCount] = byte
    pendingCount += 1
    guard pendingCount == 64 else { return }
    pendingCount = 0
    var words = InlineArray<64, UInt32>(repeating: 0)
    for t in 0..<16 {
      words[t] = Self.word(pending[4 * t], pending[4 * t + 1], pending[4 * t + 2], pending[4 * t + 3])
    }
    compress(&words)
  }

  /// Section 6.2.2; the first 16 words hold the block, the others its schedule afterwards.
  private mutating func compress(_ w: inout InlineArray<64, UInt32>) {
    for t in 16..<64 {
      let sigma0 = Self.rotate(w[t - 15], 7) ^ Self.rotate(w[t - 15], 18) ^ w[t - 15] >> 3
      let sigma1 = Self.rotate(w[t - 2], 17) ^ Self.rotate(w[t - 2], 19) ^ w[t - 2] >> 10
      w[t] = sigma1 &+ w[t - 7] &+ sigma0 &+ w[t - 16]
    }
    var (a, b, c, d) = (hash[0], hash[1], hash[2], hash[3])
    var (e, f, g, h) = (hash[4], hash[5], hash[6], hash[7])
    // The standard moves each of a ... h one name on after a round. Here the names stay and the roles
    // move: after eight rounds each is back at its own.
    for t in stride(from: 0, to: 64, by: 8) {
      Self.round(a, b, c, &d, e, f, g, &h, Self.constants[t] &+ w[t])
      Self.round(h, a, b, &c, d, e, f, &g, Self.constants[t + 1] &+ w[t + 1])
      Self.round(g, h, a, &b, c, d, e, &f, Self.constants[t + 2] &+ w[t + 2])
      Self.round(f, g, h, &a, b, c, d, &e, Self.constants[t + 3] &+ w[t + 3])
      Self.round(e, f, g, &h, a, b, c, &d, Self.constants[t + 4] &+ w[t + 4])
      Self.round(d, e, f, &g, h, a, b, &c, Self.constants[t + 5] &+ w[t + 5])
      Self.round(c, d, e, &f, g, h, a, &b, Self.constants[t + 6] &+ w[t + 6])
      Self.round(b, c, d, &e, f, g, h, &a, Self.constants[t + 7] &+ w[t + 7])
    }
    hash = hash &+ SIMD8(a, b, c, d, e, f, g, h)
  }

  /// One of the 64 rounds. `d` becomes the next e, `h` the next a.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ constantAndWord: UInt32
  ) {
    let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let choice = g ^ e & (f ^ g)
    let first = h &+ sum1 &+ choice &+ constantAndWord
    let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    let majority = a & b | c & (a | b)
    d = d &+ first
    h = first &+ sum0 &+ majority
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word >> count | word << (32 - count)
  }

  @inline(__always)
  private static func word(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt32 {
    UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes (section 4.2.2).
  private static let constants: InlineArray<64, UInt32> = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
  ]
}
