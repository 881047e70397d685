import ComputeRuntime
import NeuralNetwork
import SHAPR
import TestOracles
import Testing
import TopologicalLoss

/// Both wings together: the topological loss of this project as the volume loss of a training step.
@Suite("training with the topological loss", recordings)
struct TopologicalStepTests {
  @Test("three steps of Adam")
  func threeSteps() throws {
    let recorded = try Recorded()
    let pass = try Recorded.generator()
    let step = SupervisedStep(
      pass, optimiser: try Adam(pass.generator.network.parameters, budget: MemoryBudget()),
      loss: GeometricLoss(crossEntropy: .swappedArguments))
    let target = recorded.target.array
    // 0.1 times the mean over the batch; superlevel sets, dimension 2, 16^3, W2 + total persistence.
    var options = LossOptions()
    options.gradientScale = 0.1 / 2
    let expectedTerm = try Recorded.scalar("loss_for_wgrad.LT_only(superlevel,d2,reg,lam.1)")
    let expectedLosses = try #require(Fixtures.scalars("adam3.LT.losses_per_step"))
    try WorkTeam.run(threads: 2) { team in
      for (index, expected) in expectedLosses.enumerated() {
        let losses = try step.run(
          input: recorded.input.values, shape: recorded.input.shape,
          target: recorded.target.values,
          volumeLoss: { probabilities, shape, gradient in
            guard
              let result = try? topologicalLoss(
                prediction: array(probabilities, shape.count), target: target,
                shape: [shape.batch, shape.depth, shape.height, shape.width], rank: 3,
                options: options)
            else { return .nan }
            for (index, slope) in result.gradient.enumerated() { gradient[index] = slope }
            return 0.1 * result.values.reduce(0, +) / Double(result.values.count)
          }, team: team)
        // The design's tolerances: values of the topological loss and first losses 1e-5, losses after steps
        // of Adam 1e-4.
        if index == 0 { #expect(relativeDifference(losses.volume, expectedTerm) < 1e-5) }
        #expect(relativeDifference(losses.total, expected) < (index == 0 ? 1e-5 : 1e-4))
      }
    }
    withExtendedLifetime(recorded) {}
  }
}
