import TestOracles
import Testing
import TopologicalLoss

@Suite("The loss and its gradients are the oracle's")
struct LossOracleTests {
  static let smallShapes = [
    [1], [2], [9], [1, 1], [1, 6], [3, 3], [5, 6], [1, 1, 1], [1, 4, 1], [2, 2, 2], [3, 3, 3], [2, 3, 4],
    [4, 1, 3],
  ]

  @Test("values, terms and gradients of random volumes", arguments: smallShapes)
  func randomVolumes(shape: [Int]) throws {
    var generator = SeededGenerator(seed: 0x10 + UInt64(shape.reduce(1, *)))
    var tally = Tally("A11", seed: 0x10)
    for _ in 0..<Tier.cases(60, release: 1_000) {
      let question = LossQuestion(shape: shape, using: &generator)
      let volumes = (0..<2).map { _ in TestField.noise.values(shape: shape, using: &generator) }
      try check(question, volumes[0], volumes[1], &tally)
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  @Test("larger volumes", arguments: [[5, 5, 5], [4, 6, 5], [12, 11], [40]])
  func largerVolumes(shape: [Int]) throws {
    var generator = SeededGenerator(seed: 0x20)
    var tally = Tally("A11", seed: 0x20)
    for index in 0..<Tier.cases(8, release: 200) {
      let question = LossQuestion(shape: shape, using: &generator)
      let field: TestField = index % 2 == 0 ? .noise : .smooth
      let volumes = (0..<2).map { _ in field.values(shape: shape, using: &generator) }
      try check(question, volumes[0], volumes[1], &tally)
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// Moved by the same amount everywhere, both coordinates of every pair of points tie in the maximum
  /// norm, and each takes half. All values are multiples of 1/16, so the ties are exact.
  @Test("exact ties of the maximum norm", arguments: [[9], [5, 6], [3, 4, 3]], [0.0625, -0.0625])
  func ties(shape: [Int], shift: Double) throws {
    var generator = SeededGenerator(seed: 0x30)
    var tally = Tally("A13", seed: 0x30)
    for _ in 0..<20 {
      var question = LossQuestion(shape: shape, using: &generator)
      question.loss.resolution = [nil, nil, nil]
      question.loss.minimumPersistence = 0
      let voxels = shape.reduce(1, *)
      let prediction = (0..<voxels).shuffled(using: &generator).map { Double($0) }
      try check(question, prediction, prediction.map { $0 + shift }, &tally)
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// Places of plateaus' voxels are decided by the order of indices, in both in the same way.
  @Test("plateaus, where the voxel of a pair is a choice", arguments: [[8], [5, 5], [3, 3, 3]])
  func plateaus(shape: [Int]) throws {
    var generator = SeededGenerator(seed: 0x40)
    var tally = Tally("A13", seed: 0x40)
    for _ in 0..<20 {
      var question = LossQuestion(shape: shape, using: &generator)
      question.loss.resolution = [nil, nil, nil]
      question.loss.minimumPersistence = 0
      // Against nothing, so that no two matchings cost the same; total persistence has no choice.
      let prediction = (0..<shape.reduce(1, *)).map { _ in Double(generator.next() % 4) }
      try check(question, prediction, prediction.map { _ in 0 }, &tally)
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  private func check(
    _ question: LossQuestion, _ prediction: [Double], _ target: [Double], _ tally: inout Tally
  ) throws {
    let expected = question.askOracle(prediction, target)
    let found = try question.askEngine(prediction, target)
    let about = "\(question) \(prediction) \(target)"
    guard found.values.count == 1, found.terms.count == 1, found.terms[0].count == 3 else {
      tally.check(false, "\(about): one value and three terms are wanted")
      return
    }
    // Sums of at most a few hundred terms: rounding relative to the value, or to the largest value.
    let scale = max(1, prediction.map(abs).max() ?? 0)
    let limit = 1e-12 * max(1, abs(expected.value))
    tally.check(
      error: abs(found.values[0] - expected.value), atMost: limit,
      "\(about): value \(found.values[0]), expected \(expected.value)")
    for (dimension, terms) in expected.terms.enumerated() {
      let other = found.terms[0][dimension]
      let error = largestDifference(
        [other.wasserstein, other.totalPersistence, other.pruningBound],
        [terms.wasserstein, terms.totalPersistence, terms.pruningBound])
      tally.check(error: error, atMost: limit, "\(about): terms of H\(dimension) \(other), not \(terms)")
    }
    // Slopes are powers of differences that are known to 1e-16 of the largest value, divided by W.
    let slopes = max(1, expected.gradient.map(abs).max() ?? 0)
    let error = max(
      largestDifference(found.gradient, expected.gradient),
      largestDifference(found.targetGradient, expected.targetGradient))
    tally.check(
      error: error, atMost: 1e-11 * scale * slopes,
      "\(about): gradients \(found.gradient) \(found.targetGradient), expected \(expected.gradient) "
        + "\(expected.targetGradient)")
  }
}
