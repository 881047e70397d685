import TestOracles
import Testing
import TopologicalLoss

@Suite("A12: identities that the gradients fulfil without any step")
struct GradientIdentityTests {
  static let seed: UInt64 = 0xA12

  @Test("joint shift, joint scaling, and how many voxels have a gradient")
  func identities() throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A12", seed: Self.seed)
    for index in 0..<Tier.cases(500, release: 10_000) {
      let shape = [[200], [20, 25], [6, 7, 8], [12, 11, 10]][index % 4]
      var question = LossQuestion(shape: shape, using: &generator)
      question.loss.resolution = index % 3 == 0 ? [5, 6, 7] : [nil, nil, nil]
      let field: TestField = [.noise, .smooth, .plateaus, .shells][Int(generator.next() % 4)]
      let volumes = (0..<2).map { _ in field.values(shape: shape, using: &generator) }
      let found = try question.askEngine(volumes[0], volumes[1])
      // Rounding adds up over the slopes, of which every pair has two.
      let pairs = Double(max(1, found.gradient.count { $0 != 0 } + found.targetGradient.count { $0 != 0 }))
      let slopes = found.gradient.reduce(0) { $0 + abs($1) } + found.targetGradient.reduce(0) { $0 + abs($1) }
      let rounding = 1e-14 * pairs * max(slopes, 1e-3)

      // f + c and g + c have the diagrams of f and g, moved along the diagonal: the same loss.
      let shift = found.gradient.reduce(0, +) + found.targetGradient.reduce(0, +)
      tally.check(error: abs(shift), atMost: rounding, "\(question) \(field): joint shift")

      // W grows like a length, Pers like its p-th power (Euler's theorem on homogeneous functions).
      let wanted = question.loss.dimensions
      let terms = found.terms[0]
      let weights = question.loss.weights
      let persistence = wanted.reduce(0) { $0 + weights[$1] * terms[$1].totalPersistence }
      let share = question.loss.takesRoot ? 1 / Double(wanted.count) : 1
      let pers = question.loss.totalPersistence ? share * persistence : 0
      let distance = found.values[0] - pers
      let growth = dot(volumes[0], found.gradient) + dot(volumes[1], found.targetGradient)
      let expected = distance + question.loss.order * pers
      let largest = max(1, (volumes[0] + volumes[1]).map(abs).max() ?? 1)
      tally.check(
        error: abs(growth - expected), atMost: largest * rounding + 1e-12 * abs(expected),
        "\(question) \(field): joint scaling gives \(growth), not \(expected)")

      guard question.loss.resolution[0] == nil else { continue }
      let support = found.gradient.count { $0 != 0 }
      let points = try pairCount(of: volumes[0], question)
      tally.check(support <= 2 * points, "\(question) \(field): \(support) voxels of \(points) pairs")
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  @Test("identical volumes: the distance is 0 and its gradient exactly 0", arguments: TestField.allCases)
  func identicalVolumes(field: TestField) throws {
    var generator = SeededGenerator(seed: Self.seed + 1)
    for shape in [[1], [40], [6, 7], [1, 1, 1], [6, 5, 7]] {
      for _ in 0..<6 {
        var question = LossQuestion(shape: shape, using: &generator)
        question.loss.totalPersistence = false
        let volume = field.values(shape: shape, using: &generator)
        let found = try question.askEngine(volume, volume)
        #expect(found.values == [0], "\(question) \(field)")
        #expect(found.gradient.allSatisfy { $0 == 0 } && found.gradient.count == volume.count)
        #expect(found.targetGradient.allSatisfy { $0 == 0 } && found.targetGradient.count == volume.count)
      }
    }
  }

  @Test("scaling the gradient, and nothing else")
  func gradientScale() throws {
    var generator = SeededGenerator(seed: Self.seed + 2)
    let volumes = (0..<2).map { _ in TestField.noise.values(shape: [4, 5, 6], using: &generator) }
    let question = LossQuestion(shape: [4, 5, 6])
    let plain = try question.askEngine(volumes[0], volumes[1])
    var options = question.options
    options.gradientScale = -0.25
    let scaled = try topologicalLoss(
      prediction: volumes[0], target: volumes[1], shape: [4, 5, 6], rank: 3, options: options)
    #expect(scaled.values == plain.values)
    #expect(scaled.gradient == plain.gradient.map { -0.25 * $0 })
    #expect(scaled.targetGradient == plain.targetGradient.map { -0.25 * $0 })
  }
}
