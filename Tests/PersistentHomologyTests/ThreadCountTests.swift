import PersistentHomology
import TestOracles
import Testing

@Suite("T1: the same bits for every number of threads")
struct ThreadCountTests {
  static let threadCounts = [1, 2, 3, 4, 7, 8, 16]

  /// The engine gives a thread no fewer than 32,768 voxels: 48^3 is shared by three threads, the
  /// volumes of half a million by sixteen.
  static func shapes(_ field: TestField) -> [[Int]] {
    let small = [[5, 31, 47], [1, 2, 3]]
    switch field {
    // H1 of these takes long, and what threads share does not depend on it.
    case .snake: return [[20, 20, 20], [300, 230]] + small
    case .checkerboard: return [[48, 48, 48], [750, 800]] + small
    case .noise, .binary: return [[48, 48, 48], [750, 800], [540_000]] + small
    default: return [[48, 48, 48], [64, 84, 100], [750, 800], [540_000]] + small
    }
  }

  @Test("the same pairs in the same order", arguments: TestField.allCases)
  func sameArrays(field: TestField) throws {
    var generator = SeededGenerator(seed: 0x71)
    var tally = Tally("T1", seed: 0x71)
    for (index, shape) in Self.shapes(field).enumerated() {
      let values = field.values(shape: shape, using: &generator).map { Float($0) }
      // Both constructions of every shape, and both filtrations of every field.
      for question in [Question.number(index % 2), Question.number(3 - index % 2)] {
        let expected = try question.askEngine(values, shape: shape)
        for threads in Self.threadCounts.dropFirst() {
          let found = try question.askEngine(values, shape: shape, threads: threads)
          tally.check(found == expected, "\(field) \(shape) \(question) \(threads) threads")
        }
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// What two threads do to one another depends on the moment, so one answer is not enough.
  @Test(
    "in every repeat", arguments: [(2, 10, [40, 44, 48]), (3, 10, [48, 48, 48]), (16, 2, [64, 84, 100])])
  func repeats(threads: Int, count: Int, shape: [Int]) throws {
    var generator = SeededGenerator(seed: 0x72)
    var tally = Tally("T1", seed: 0x72)
    let values = TestField.noise.values(shape: shape, using: &generator).map { Float($0) }
    let question = Question(filtration: .superlevel, construction: .topCells)
    let expected = try question.askEngine(values, shape: shape)
    for _ in 0..<count {
      let found = try question.askEngine(values, shape: shape, threads: threads)
      tally.check(found == expected, "\(shape) \(threads) threads")
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// Threads that share a volume, against the boundary matrix and not only against one thread.
  @Test(
    "three threads on one volume give the oracle's pairs", arguments: CubicalComplex.Construction.allCases)
  func againstOracle(construction: CubicalComplex.Construction) throws {
    let shape = [40, 52, 48]
    var generator = SeededGenerator(seed: 0x73)
    let values = TestField.smooth.values(shape: shape, using: &generator)
    let question = Question(filtration: .superlevel, construction: construction)
    let found = try question.askEngine(values, shape: shape, threads: 3).sorted()
    #expect(found == question.askOracle(values, shape: shape))
  }
}
