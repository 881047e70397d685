import TestOracles
import Testing

@Suite("TestField, SeededGenerator and Tally")
struct TestFieldTests {
  @Test("the generator gives the published first numbers of SplitMix64 for seed 0")
  func splitMix() {
    var generator = SeededGenerator(seed: 0)
    #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
    #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
  }

  @Test(
    "fields fill the shape with numbers that a Float holds, the same ones for the same seed",
    arguments: TestField.allCases, [[1], [9], [1, 7], [5, 6], [4, 5, 6], [7, 7, 7]])
  func exactAndRepeatable(field: TestField, shape: [Int]) {
    var (first, second) = (SeededGenerator(seed: 5), SeededGenerator(seed: 5))
    let values = field.values(shape: shape, using: &first)
    #expect(values.count == shape.reduce(1, *))
    #expect(values.allSatisfy { Double(Float($0)) == $0 })
    #expect(values == field.values(shape: shape, using: &second))
  }

  @Test("the snake is one valley without a branch", arguments: [[9], [7, 9], [5, 7, 5], [4, 4, 4]])
  func snakeIsOnePath(shape: [Int]) {
    var generator = SeededGenerator(seed: 6)
    let values = TestField.snake.values(shape: shape, using: &generator)
    let complex = CubicalComplex(shape: shape, construction: .vertices)
    let height = Double(values.count)
    // No second component is ever born inside the corridor: it is connected and monotone.
    let births = complex.persistencePairs(of: values, filtration: .sublevel)
      .filter { $0.dimension == 0 && $0.birth <= height }
    #expect(births.count == 1)
    #expect(values.count { $0 <= height } * 4 >= values.count)
  }

  @Test("shells hold voids inside voids")
  func shellsAreNested() {
    var generator = SeededGenerator(seed: 7)
    let values = TestField.shells.values(shape: [9, 9, 9], using: &generator)
    let complex = CubicalComplex(shape: [9, 9, 9], construction: .topCells)
    let voids = complex.persistencePairs(of: values, filtration: .sublevel)
      .filter { $0.dimension == 2 && $0.death - $0.birth > 0.5 }
    #expect(voids.count == 2)
  }

  @Test("a tally counts every case and keeps the first failure")
  func tallyCounts() {
    var tally = Tally("test", seed: 0)
    tally.check(true, "first")
    tally.check(false, "second")
    tally.check(false, "third")
    #expect(tally.run == 3 && tally.passed == 1 && tally.firstFailure == "second")
    let pair = NaivePair(dimension: 0, birth: 0, death: 1, creator: 0, destroyer: 1)
    let other = NaivePair(dimension: 0, birth: 0, death: 1, creator: 2, destroyer: 1)
    tally.check([pair, other], equals: [other, pair], "in any order")
    tally.check([pair, pair], equals: [pair], "how often counts")
    #expect(tally.run == 5 && tally.passed == 2)

    #expect(tally.worst == nil)
    tally.check(error: 0.5, atMost: 1, "within")
    tally.check(error: 2, atMost: 1, "beyond")
    #expect(tally.run == 7 && tally.passed == 3 && tally.worst == 2)
    tally.check(error: .nan, atMost: 1, "no number")
    #expect(tally.run == 8 && tally.passed == 3 && tally.worst == .infinity)
  }
}
