import PersistentHomology
import TestOracles
import Testing

@Suite("T1: the same bits for every number of threads")
struct ThreadCountTests {
  static let threadCounts = [1, 2, 3, 4, 7, 8, 16]

  @Test("the same pairs in the same order", arguments: TestField.allCases)
  func sameArrays(field: TestField) throws {
    var generator = SeededGenerator(seed: 0x71)
    var tally = Tally("T1", seed: 0x71)
    for shape in [[20, 20, 20], [5, 31, 47], [90, 80], [2000], [1, 2, 3]] {
      let values = field.values(shape: shape, using: &generator).map { Float($0) }
      for question in Question.all {
        let expected = try question.askEngine(values, shape: shape)
        for threads in Self.threadCounts {
          let found = try question.askEngine(values, shape: shape, threads: threads)
          tally.check(found == expected, "\(field) \(shape) \(question) \(threads) threads")
        }
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// What two threads do to one another depends on the moment, so one answer is not enough.
  @Test("in every repeat")
  func repeats() throws {
    var generator = SeededGenerator(seed: 0x72)
    var tally = Tally("T1", seed: 0x72)
    for field in [TestField.noise, .smooth] {
      let values = field.values(shape: [32, 32, 32], using: &generator).map { Float($0) }
      let question = Question(filtration: .superlevel, construction: .topCells)
      let expected = try question.askEngine(values, shape: [32, 32, 32])
      for threads in Self.threadCounts {
        for _ in 0..<10 {
          let found = try question.askEngine(values, shape: [32, 32, 32], threads: threads)
          tally.check(found == expected, "\(field) \(threads) threads")
        }
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }
}
