import PersistentHomology
import TestOracles
import Testing

/// Volumes large enough for whole vectors, long walks and long columns.
@Suite("Volumes of thousands of voxels against the oracle")
struct MediumVolumeTests {
  static let shapes = [
    [12, 12, 12], [7, 13, 17], [20, 18, 16], [2, 40, 33], [60, 70], [1, 1, 900], [3000],
  ]

  @Test("each field, each shape, all four questions", arguments: TestField.allCases, shapes)
  func fields(field: TestField, shape: [Int]) throws {
    var generator = SeededGenerator(seed: 12)
    let values = field.values(shape: shape, using: &generator)
    var tally = Tally("A2", seed: 12)
    for construction in CubicalComplex.Construction.allCases {
      let complex = CubicalComplex(shape: shape, construction: construction)
      for filtration in NaiveFiltration.allCases {
        let question = Question(filtration: filtration, construction: construction)
        let found = try question.askEngine(values.map { Float($0) }, shape: shape)
        tally.check(found, equals: question.ask(complex, values), "\(question) \(field) \(shape)")
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  @Test("24 x 24 x 24", arguments: [TestField.noise, .smooth, .binary, .snake, .shells])
  func largest(field: TestField) throws {
    let shape = [24, 24, 24]
    var generator = SeededGenerator(seed: 24)
    let values = field.values(shape: shape, using: &generator)
    for question in [Question.all[1], Question.all[2]] {
      var tally = Tally("A2", seed: 24)
      let found = try question.askEngine(values, shape: shape)
      tally.check(found, equals: question.askOracle(values, shape: shape), "\(question) \(field)")
      tally.report()
      #expect(tally.firstFailure == nil)
    }
  }

  /// A single saddle, far above or below all others, joins the two: a sort that skips the leading digit because
  /// all numbers but this one share it puts 512, whose other digits are 0, in front of 128 to 255.
  @Test("two noisy rooms and a flat wall between them", arguments: Question.all, [512.0, -512])
  func rooms(question: Question, wall: Double) throws {
    var generator = SeededGenerator(seed: 13)
    for shape in [[6, 8, 21], [4, 30, 41]] {
      let width = shape[2]
      let values = (0..<shape.reduce(1, *)).map { index -> Double in
        let noise = Double(128 + Int(generator.unit() * 128))
        return index % width == width / 2 ? wall : wall < 0 ? -noise : noise
      }
      let found = try question.askEngine(values.map { Float($0) }, shape: shape).sorted()
      #expect(found == question.askOracle(values, shape: shape).sorted(), "\(question) \(shape)")
    }
  }

  /// A row is compared vector by vector, so every length up to two vectors of sixteen and beyond
  /// has its own way to go wrong at the end.
  @Test("rows of every length from 1 to 40", arguments: CubicalComplex.Construction.allCases)
  func rowLengths(construction: CubicalComplex.Construction) throws {
    var generator = SeededGenerator(seed: 40)
    for length in 1...40 {
      for field in [TestField.noise, .binary] {
        let shape = [3, 3, length]
        let values = field.values(shape: shape, using: &generator)
        let question = Question(filtration: .superlevel, construction: construction)
        let found = try question.askEngine(values.map { Float($0) }, shape: shape).sorted()
        #expect(found == question.askOracle(values, shape: shape), "\(field) \(shape)")
      }
    }
  }
}
