import TestOracles
import Testing
import TopologicalLoss

@Suite("A13: ties")
struct TieTests {
  static let seed: UInt64 = 0xA13

  @Test("plateaus, constant and binary volumes: the same bits in every repeat, for any number of threads")
  func repeats() throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A13", seed: Self.seed)
    let fields: [TestField] = [.plateaus, .binary, .constant, .checkerboard]
    let (batch, repeats) = (8, 102)
    for index in 0..<Tier.cases(1_000, release: 10_000) / batch {
      let shape = [[5, 4, 4], [9, 8], [30]][index % 3]
      var question = LossQuestion(shape: shape, using: &generator)
      if index % 2 == 0 { question.loss.resolution = [3, 3, 4] }
      let volumes = (0..<2).map { _ in
        (0..<batch).flatMap { fields[($0 + index) % fields.count].values(shape: shape, using: &generator) }
      }
      var results: Set<LossBits> = []
      var options = question.options
      for number in 0..<repeats {
        options.threads = [1, 2, 4][number % 3]
        // Starting threads takes longer than these volumes: most repeats use one.
        if number > 20 { options.threads = 1 }
        let found = try topologicalLoss(
          prediction: volumes[0], target: volumes[1], shape: [batch] + shape, rank: shape.count,
          options: options)
        results.insert(LossBits(found))
      }
      for volume in 0..<batch {
        let hasNumbers = results.allSatisfy { $0.isFinite(volume: volume, of: batch) }
        tally.check(
          results.count == 1 && hasNumbers,
          "\(question) volume \(volume): \(results.count) results, all finite: \(hasNumbers)")
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// A voxel of a plateau that moves alone may leave the plateau's value as it was, so that nothing
  /// is gained; but nothing is lost either.
  @Test("a step against the gradient of a volume with ties does not raise the loss")
  func descent() throws {
    var generator = SeededGenerator(seed: Self.seed + 1)
    var tally = Tally("A13", seed: Self.seed + 1)
    let fields: [TestField] = [.plateaus, .binary, .constant, .checkerboard]
    var descents = 0
    for index in 0..<Tier.cases(1_000, release: 10_000) {
      let shape = [[5, 4, 4], [9, 8], [30]][index % 3]
      var question = LossQuestion(shape: shape, using: &generator)
      question.loss.order = 2
      question.loss.minimumPersistence = 0
      let field = fields[Int(generator.next() % 4)]
      let prediction = field.values(shape: shape, using: &generator)
      let target = TestField.noise.values(shape: shape, using: &generator)
      let found = try question.askEngine(prediction, target)
      let squaredNorm = dot(found.gradient, found.gradient)
      let step = 1e-6
      let moved = zip(prediction, found.gradient).map { $0 - step * $1 }
      let change = (try question.askEngine(moved, target).values[0] - found.values[0]) / step
      // Along the gradient the loss changes by its squared norm, but for what is of second order.
      tally.check(
        error: change / max(squaredNorm, 1e-9), atMost: 1e-3,
        "\(question) \(field): changes by \(change), squared norm \(squaredNorm)")
      descents += change < -0.01 * squaredNorm ? 1 : 0
    }
    // A quarter of the volumes is constant, and most plateaus have more than one highest voxel.
    #expect(descents * 4 > tally.run, "only \(descents) of \(tally.run) steps gain anything")
    tally.report()
    #expect(tally.firstFailure == nil)
  }
}

/// A result as bits, so that -0 and 0 differ and NaN equals itself.
private struct LossBits: Hashable {
  let values: [UInt64]
  let gradients: [UInt64]

  init(_ result: LossResult<Double>) {
    values =
      result.values.map(\.bitPattern)
      + result.terms.joined().flatMap { [$0.wasserstein, $0.totalPersistence, $0.pruningBound] }
      .map(\.bitPattern)
    gradients = (result.gradient + result.targetGradient).map(\.bitPattern)
  }

  func isFinite(volume: Int, of batch: Int) -> Bool {
    let voxels = gradients.count / (2 * batch)
    let own =
      gradients[volume * voxels..<(volume + 1) * voxels]
      + gradients[(batch + volume) * voxels..<(batch + volume + 1) * voxels]
    return Double(bitPattern: values[volume]).isFinite
      && own.allSatisfy { Double(bitPattern: $0).isFinite }
  }
}
