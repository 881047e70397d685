import Glibc
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("KeyedGenerator")
struct KeyedGeneratorTests {
  /// Those of the Random123 distribution for philox4x32 with 10 rounds; the third is digits of pi.
  @Test("the published known answers") func knownAnswers() {
    #expect(
      KeyedGenerator.philox(SIMD4(), key: SIMD2())
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      KeyedGenerator.philox(SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      KeyedGenerator.philox(
        SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  /// Recorded: a change here changes every trained model.
  @Test("numbers stay what they are, on every platform") func recorded() {
    var generator = KeyedGenerator(seed: 2021, epoch: 3, sample: 17, purpose: .augmentation)
    #expect((0..<3).map { _ in generator.next() } == Self.recordedWords)
    #expect((generator.uniform() as Float).bitPattern == Self.recordedFloat)
    #expect((0..<4).map { _ in generator.normal().bitPattern } == Self.recordedNormals)
    #expect(generator.shuffledIndices(10) == Self.recordedShuffle)
    #expect(KeyedGenerator.Purpose.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6, 7])
  }

  @Test("each of seed, epoch, sample and purpose gives other numbers, the same four the same") func keys() {
    var seen: Set<UInt64> = []
    for seed in [0, 1, 1 << 32, .max] as [UInt64] {
      for epoch in 0..<5 {
        for sample in 0..<5 {
          for purpose in KeyedGenerator.Purpose.allCases {
            var one = KeyedGenerator(seed: seed, epoch: epoch, sample: sample, purpose: purpose)
            var other = KeyedGenerator(seed: seed, epoch: epoch, sample: sample, purpose: purpose)
            for _ in 0..<5 {
              let number = one.next()
              #expect(number == other.next())
              #expect(seen.insert(number).inserted)
            }
          }
        }
      }
    }
  }

  @Test("uniform numbers stay in their range, even where rounding would leave it") func ranges() {
    var generator = KeyedGenerator(seed: 1, purpose: .synthesis)
    for _ in 0..<20_000 {
      // At 2^24 Floats are 2 apart: half of all draws would round up to the bound.
      #expect(
        (0x1p24..<0x1p24 + 2 as Range<Float>).contains(
          generator.uniform(in: 0x1p24..<(0x1p24 + 2) as Range<Float>)))
      #expect((-0.25..<0.5).contains(generator.uniform(in: -0.25..<0.5 as Range<Double>)))
      #expect((0..<1).contains(generator.uniform() as Float))
    }
  }

  /// 6 standard deviations of the mean of n draws: wrong in one run of 500 million.
  @Test("moments of the uniform and the normal distribution") func moments() {
    let n = 200_000
    var generator = KeyedGenerator(seed: 2, purpose: .synthesis)
    let uniform = (0..<n).map { _ in generator.uniform() as Double }
    let normal = (0..<n).map { _ in generator.normal() }
    func mean(_ values: [Double], _ power: Double) -> Double {
      values.reduce(0) { $0 + pow($1, power) } / Double(n)
    }
    let limit = 6 / Double(n).squareRoot()
    #expect(abs(mean(uniform, 1) - 1 / 2.0) < limit * (1 / 12.0).squareRoot())
    #expect(abs(mean(uniform, 2) - 1 / 3.0) < limit * (4 / 45.0).squareRoot())
    #expect(abs(mean(normal, 1)) < limit)
    #expect(abs(mean(normal, 2) - 1) < limit * 2.0.squareRoot())
    #expect(abs(mean(normal, 3)) < limit * 15.0.squareRoot())
    #expect(abs(mean(normal, 4) - 3) < limit * 96.0.squareRoot())
    // The part of the normal distribution within one deviation: erf(1/sqrt 2).
    let within = Double(normal.count { abs($0) < 1 }) / Double(n)
    #expect(abs(within - 0.682_689_492_137_086) < limit * 0.47)
  }

  @Test("every number below a bound, and every order, is as likely as the others") func likelihood() {
    var generator = KeyedGenerator(seed: 3, purpose: .shuffling)
    var orders: [[Int]: Int] = [:]
    var counts = [0, 0, 0, 0, 0, 0, 0]
    let draws = 70_000
    for _ in 0..<draws {
      orders[generator.shuffledIndices(4), default: 0] += 1
      counts[generator.below(7)] += 1
    }
    // Chi-squared with 23 and 6 degrees of freedom: 1e-6 lies beyond 68 and 38.
    #expect(orders.count == 24)
    #expect(chiSquared(Array(orders.values), expected: Double(draws) / 24) < 68)
    #expect(chiSquared(counts, expected: Double(draws) / 7) < 38)
    #expect(generator.below(1) == 0)
    #expect(generator.shuffledIndices(0) == [])
    // 8/3 words for each number: without drawing again every third would come 6,000 and not 8,000 times.
    let every = (0..<24_000).count { _ in generator.below(3 << 61) % 3 == 2 }
    #expect(abs(every - 8000) < 440)
  }

  private func chiSquared(_ counts: [Int], expected: Double) -> Double {
    counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// Against the system's, whose error is below 1 unit in the last place; the sum of three rounded terms
  /// with cancellation near 1 keeps ours within 4.
  @Test("the portable logarithm") func logarithm() {
    var generator = SeededGenerator(seed: 95)
    var worst = 0.0
    for index in 0..<100_000 {
      let x = index < 50_000 ? generator.unit() + 1e-300 : exp(60 * generator.unit() - 55)
      let exact = log(x)
      worst = max(worst, abs(portableLogarithm(x) - exact) / max(exact.ulp, 0x1p-60))
    }
    #expect(worst <= 4)
    #expect(portableLogarithm(1) == 0)
  }

  @Test("the block counter carries, and leaves the purpose alone") func carry() {
    var generator = KeyedGenerator(seed: 4, purpose: .split)
    generator.counter[0] = .max
    let first = (0..<4).map { _ in generator.nextWord() }
    let second = (0..<4).map { _ in generator.nextWord() }
    let key = SIMD2<UInt32>(4, 0)
    #expect(first == words(KeyedGenerator.philox(SIMD4(0xFFFF_FFFF, 4 << 16, 0, 0), key: key)))
    #expect(second == words(KeyedGenerator.philox(SIMD4(0, 4 << 16 | 1, 0, 0), key: key)))
  }

  private func words(_ block: SIMD4<UInt32>) -> [UInt32] { (0..<4).map { block[$0] } }

  private static let recordedWords: [UInt64] = [
    10_842_370_317_564_559_221, 9_522_387_730_354_070_547, 6_654_158_792_188_232_145,
  ]
  private static let recordedFloat: UInt32 = 1_053_433_600
  private static let recordedNormals: [UInt64] = [
    13_828_783_078_909_649_681, 13_823_513_567_036_940_258, 4_611_714_791_451_671_345,
    4_611_454_295_335_831_954,
  ]
  private static let recordedShuffle = [3, 8, 6, 5, 2, 1, 7, 4, 0, 9]
}
