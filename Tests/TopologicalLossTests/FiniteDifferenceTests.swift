import TestOracles
import Testing
import TopologicalLoss

@Suite("A11: the gradient is the derivative")
struct FiniteDifferenceTests {
  static let seed: UInt64 = 0xA11
  static let directionsPerVolume = 40

  @Test(
    "central differences along random directions",
    arguments: [[30], [5, 6], [7, 8], [3, 3, 3], [4, 4, 4], [2, 5, 4]])
  func derivatives(shape: [Int]) throws {
    var generator = SeededGenerator(seed: Self.seed + UInt64(shape.reduce(1, *)))
    var tally = Tally("A11", seed: Self.seed)
    var skipped = 0
    let volumeCount = Tier.cases(20_000, release: 500_000) / (6 * Self.directionsPerVolume) + 1
    for _ in 0..<volumeCount {
      let question = LossQuestion(shape: shape, using: &generator)
      let voxels = shape.reduce(1, *)
      // No two values are nearer than 1/(4 voxels) > 1e-3, those of both volumes together.
      let volumes = separatedVolumes(2, voxels: voxels, using: &generator)
      let result = try question.askEngine(volumes[0], volumes[1])
      for number in 0..<Self.directionsPerVolume {
        let movesTarget = number % 4 == 3
        let gradient = movesTarget ? result.targetGradient : result.gradient
        var direction = randomDirection(voxels, using: &generator)
        if number % 2 == 0 {
          // One voxel alone: an error there is not hidden among the others.
          direction = direction.map { _ in 0 }
          direction[Int(generator.next() % UInt64(voxels))] = 1
        }
        let case_ = DifferenceCase(
          question: question, volumes: volumes, side: movesTarget ? 1 : 0, direction: direction)
        let difference = try case_.derivative()
        let error = abs(difference - dot(gradient, direction))
        // Relative to the largest slope there is; 1e-16 / step of the value is rounding.
        let scale = max(norm(gradient) * norm(direction), 1e-3, abs(result.values[0]) * 1e-3)
        // Where pairs, partners or the longer coordinate change within the step there is no derivative.
        if error > 1e-6 * scale, case_.changesPairing() {
          skipped += 1
          continue
        }
        tally.check(
          error: error / scale, atMost: 1e-6,
          "\(question) side \(movesTarget ? 1 : 0) direction \(direction) of \(volumes)")
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
    print("skipped of A11: \(skipped) of \(tally.run + skipped) derivatives")
    #expect(skipped * 100 <= tally.run)
  }
}

/// One step to both sides.
private struct DifferenceCase {
  static let step = 1e-6
  let question: LossQuestion
  let volumes: [[Double]]
  let side: Int
  let direction: [Double]

  func moved(_ values: [Double]) -> [[Double]] {
    side == 0 ? [values, volumes[1]] : [volumes[0], values]
  }

  func derivative() throws -> Double {
    try directionalDerivative(at: volumes[side], along: direction, step: Self.step) { values in
      let both = moved(values)
      return try question.askEngine(both[0], both[1]).values[0]
    }
  }

  func changesPairing() -> Bool {
    let signatures = [-Self.step, 0, Self.step].map { step in
      let both = moved(zip(volumes[side], direction).map { $0 + step * $1 })
      return question.askOracle(both[0], both[1]).signature
    }
    return Set(signatures).count > 1
  }
}
