import PersistentHomology
import TestOracles
import Testing

/// Volumes whose gradient paths are as long as the volume, which once took the square of its size: a
/// snake of 90,000 voxels took 13 seconds.
@Suite("Long paths")
struct LongPathTests {
  @Test("a hundred thousand voxels on one path end in moderate time", .timeLimit(.minutes(2)))
  func snakeAndCheckerboard() throws {
    var generator = SeededGenerator(seed: 0x5A)
    for (field, shape) in [
      (TestField.snake, [400, 400]), (.snake, [56, 56, 56]), (.checkerboard, [750, 800]),
    ] {
      let values = field.values(shape: shape, using: &generator).map { Float($0) }
      for question in Question.all {
        var options = question.options
        options.dimensions = .h0
        #expect(try persistenceDiagrams(of: values, shape: shape, options: options)[0].isEmpty == false)
      }
    }
  }

  @Test("a snake long enough to be remembered has the oracle's pairs")
  func againstOracle() throws {
    var generator = SeededGenerator(seed: 0x5B)
    for shape in [[60, 60], [14, 14, 14]] {
      // Distinct values along the way, so that the pairs are those of one order.
      let values = zip(
        TestField.snake.values(shape: shape, using: &generator),
        TestField.noise.values(shape: shape, using: &generator)
      ).map { Double(Float($0 + 0.001 * $1)) }
      for question in Question.all {
        #expect(
          try question.askEngine(values.map { Float($0) }, shape: shape).sorted()
            == question.askOracle(values, shape: shape))
      }
    }
  }
}
