import Glibc
import PersistentHomology
import TestOracles
import Testing

/// A family of tiny volumes small enough to try every member.
struct VolumeFamily: Sendable, CustomTestStringConvertible {
  let name: String
  let shape: [Int]
  let count: Int
  /// How many members an ordinary run takes; a release run takes all.
  let sample: Int
  let member: @Sendable (Int) -> [Double]

  var testDescription: String { name }

  static let all = [
    VolumeFamily(name: "strict orders of 2x2x2", shape: [2, 2, 2], count: 40_320, sample: 7_000) {
      permutation(number: $0, of: 8)
    },
    VolumeFamily(name: "three levels on 2x2x2", shape: [2, 2, 2], count: 6_561, sample: 6_561) {
      digits(of: $0, base: 3, count: 8)
    },
    VolumeFamily(name: "two levels on 2x2x3", shape: [2, 2, 3], count: 4_096, sample: 4_096) {
      digits(of: $0, base: 2, count: 12)
    },
    VolumeFamily(name: "two levels on 2x3x3", shape: [2, 3, 3], count: 262_144, sample: 9_843) {
      digits(of: $0, base: 2, count: 18)
    },
  ]
}

private func digits(of number: Int, base: Int, count: Int) -> [Double] {
  var rest = number
  return (0..<count).map { _ in
    defer { rest /= base }
    return Double(rest % base)
  }
}

/// The permutations of 0 ..< count, numbered by their Lehmer code.
private func permutation(number: Int, of count: Int) -> [Double] {
  var (rest, left) = (number, Array(0..<count))
  return (1...count).reversed().map { choices in
    defer { rest /= choices }
    return Double(left.remove(at: rest % choices))
  }
}

@Suite("A1: every tiny volume")
struct ExhaustiveVolumeTests {
  static let seed: UInt64 = 0xA1

  /// TOPOLOSS_TIER=R takes all 626,242 cases instead of 55,000 of them.
  static let isReleaseRun = unsafe getenv("TOPOLOSS_TIER").map { unsafe String(cString: $0) } == "R"

  @Test(
    "the engine's pairs are the oracle's, voxel for voxel",
    arguments: VolumeFamily.all, CubicalComplex.Construction.allCases)
  func everyTinyVolume(family: VolumeFamily, construction: CubicalComplex.Construction) throws {
    let complex = CubicalComplex(shape: family.shape, construction: construction)
    var generator = SeededGenerator(seed: Self.seed)
    let members = (0..<family.count).shuffled(using: &generator)
    var tally = Tally("A1", seed: Self.seed)
    for number in members.prefix(Self.isReleaseRun ? family.count : family.sample) {
      let values = family.member(number)
      let filtration: NaiveFiltration = number % 2 == 0 ? .sublevel : .superlevel
      let question = Question(filtration: filtration, construction: construction)
      let found = try question.askEngine(values.map { Float($0) }, shape: family.shape)
      tally.check(found, equals: question.ask(complex, values), "\(question) \(values)")
    }
    tally.report()
    #expect(tally.run == (Self.isReleaseRun ? family.count : family.sample))
    #expect(tally.firstFailure == nil)
  }

  @Test("a family has as many different members as it says", arguments: VolumeFamily.all)
  func membersDiffer(family: VolumeFamily) {
    #expect(Set((0..<family.count).map(family.member)).count == family.count)
  }
}
