import PersistentHomology
import TestOracles
import Testing

/// What the values of a random volume are drawn from.
enum ValueKind: CaseIterable {
  case twoLevels, fiveLevels, manyLevels, anyFloat, denormals, signedZeros, infinities

  func value(using generator: inout SeededGenerator) -> Float {
    switch self {
    case .twoLevels: Float(generator.next() % 2)
    case .fiveLevels: Float(generator.next() % 5) - 2
    case .manyLevels: Float(generator.next() % 200) / 8
    case .anyFloat: anyFiniteFloat(using: &generator)
    case .denormals: Float(Int(generator.next() % 7) - 3) * .leastNonzeroMagnitude
    case .signedZeros: [-0.0, 0.0, -1, .leastNonzeroMagnitude][Int(generator.next() % 4)]
    case .infinities:
      [-.infinity, .infinity, 0, -.greatestFiniteMagnitude, .greatestFiniteMagnitude][
        Int(generator.next() % 5)]
    }
  }
}

/// Every bit pattern that is a number, with equal chance.
private func anyFiniteFloat(using generator: inout SeededGenerator) -> Float {
  while true {
    let candidate = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
    if candidate.isFinite { return candidate }
  }
}

/// 1 to 3 axes of 1 ... `longest` voxels, so unit axes are common.
func randomShape(longest: Int, using generator: inout SeededGenerator) -> [Int] {
  (0...Int(generator.next() % 3)).map { _ in 1 + Int(generator.next() % UInt64(longest)) }
}

@Suite("A2: random volumes with every kind of value")
struct RandomVolumeTests {
  static let seed: UInt64 = 0xA2
  static let count = 2_000

  @Test("the engine's pairs are the oracle's, voxel for voxel")
  func randomVolumes() throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A2", seed: Self.seed)
    for index in 0..<Self.count {
      let shape = randomShape(longest: 5, using: &generator)
      let kind = ValueKind.allCases[index % ValueKind.allCases.count]
      let values = (0..<shape.reduce(1, *)).map { _ in kind.value(using: &generator) }
      let question = Question.number(Int(generator.next() % 4))
      let expected = question.askOracle(values.map { Double($0) }, shape: shape)
      let found = try question.askEngine(values, shape: shape)
      tally.check(found, equals: expected, "\(question) \(kind) shape \(shape) \(values)")
    }
    tally.report()
    #expect(tally.run == Self.count)
    #expect(tally.firstFailure == nil)
  }

  @Test("by default exactly the pairs of two different values remain")
  func defaultDropsZeroPersistence() throws {
    var generator = SeededGenerator(seed: Self.seed + 1)
    var dropped = 0
    for index in 0..<200 {
      let shape = randomShape(longest: 6, using: &generator)
      let kind = ValueKind.allCases[index % ValueKind.allCases.count]
      let values = (0..<shape.reduce(1, *)).map { _ in kind.value(using: &generator) }
      var question = Question.number(index)
      let all = try question.askEngine(values, shape: shape)
      question.keepsZeroPersistence = false
      let kept = try question.askEngine(values, shape: shape)
      #expect(kept == droppingZeroPersistence(all))
      dropped += all.count - kept.count
    }
    #expect(dropped > 0, "no case had a pair to drop")
  }

  @Test("the value of a pair is the value of its voxel, bit for bit")
  func valuesOfVoxels() throws {
    var generator = SeededGenerator(seed: Self.seed + 2)
    for index in 0..<200 {
      let shape = randomShape(longest: 6, using: &generator)
      let kind = ValueKind.allCases[index % ValueKind.allCases.count]
      let values = (0..<shape.reduce(1, *)).map { _ in kind.value(using: &generator) }
      for pair in try Question.number(index).askEngine(values, shape: shape) {
        #expect(pair.birth == Double(values[pair.creator]))
        if let destroyer = pair.destroyer { #expect(pair.death == Double(values[destroyer])) }
      }
    }
  }
}
