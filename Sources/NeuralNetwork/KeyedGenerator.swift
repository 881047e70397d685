/// Random numbers that are a function of what they are for: seed, epoch, sample and purpose.
///
/// Whoever knows these four gets the same numbers, in any order, on any thread, after any restart, on
/// every platform. Each combination is a sequence of 2^50 words of its own; no two share a block.
///
/// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011): a
/// bijection of 128 bits, keyed by the seed, applied to a counter. It is not for secrets.
public struct KeyedGenerator: RandomNumberGenerator, Sendable {
  /// What numbers are for. The raw values are part of every result: they never change.
  public enum Purpose: UInt16, Sendable, CaseIterable {
    case initialisation = 1
    case shuffling = 2
    case augmentation = 3
    case split = 4
    case synthesis = 5
    case subsampling = 6
    case bootstrap = 7
  }

  private let key: SIMD2<UInt32>
  /// Block (low), purpose and block (high), sample, epoch.
  var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>()
  private var wordsLeft = 0

  /// - Parameters:
  ///   - epoch, sample: told apart modulo 2^32; 0 where numbers do not belong to one.
  public init(seed: UInt64, epoch: Int = 0, sample: Int = 0, purpose: Purpose) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(
      0, UInt32(purpose.rawValue) << 16, UInt32(truncatingIfNeeded: sample),
      UInt32(truncatingIfNeeded: epoch))
  }

  /// 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if wordsLeft == 0 {
      block = Self.philox(counter, key: key)
      counter[0] &+= 1
      // The lower half of this word counts on; the upper half is the purpose.
      if counter[0] == 0 { counter[1] = counter[1] & 0xFFFF_0000 | (counter[1] &+ 1) & 0xFFFF }
      wordsLeft = 4
    }
    wordsLeft -= 1
    return block[3 - wordsLeft]
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    let low = nextWord()
    return UInt64(nextWord()) << 32 | UInt64(low)
  }

  /// The bijection: ten rounds, between which the key moves on (the paper's section 3.3 and table 2).
  static func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (x, key) = (counter, key)
    for _ in 0..<10 {
      let first = x[0].multipliedFullWidth(by: 0xD251_1F53)
      let second = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
      x = SIMD4(
        second.high ^ x[1] ^ key[0], second.low, first.high ^ x[3] ^ key[1], first.low)
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return x
  }
}
