import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import TestOracles
import Testing

@testable import SHAPR

@Suite("the generator learns as the published one", recordings)
struct TrainingParityTests {
  @Test(
    "the weights' gradients of the geometric loss",
    arguments: [
      (GeometricLoss.CrossEntropy.ordinary, "combined_plain"),
      (.swappedArguments, "combined_reference"),
    ], [Sequential.Fusion.fused, .writtenOut])
  func weightGradients(
    loss: (GeometricLoss.CrossEntropy, String), fusion: Sequential.Fusion
  ) throws {
    let recorded = try Recorded()
    let step = try step(GeometricLoss(crossEntropy: loss.0), fusion: fusion)
    let losses = try WorkTeam.run(threads: 2) { team in
      try step.gradients(
        input: recorded.input.values, shape: recorded.input.shape, target: recorded.target.values,
        team: team)
    }
    let expected = try Recorded.scalar("loss_for_wgrad.\(loss.1)")
    #expect(relativeDifference(losses.total, expected) < 1e-5)
    #expect(losses.volume == 0)
    try compare(step.pass, with: Recorded.tensors("grad_weights", startingWith: "\(loss.1)/"))
    withExtendedLifetime(recorded) {}
  }

  @Test("the weights' gradients of the topological loss alone, from its recorded slopes")
  func topologicalGradients() throws {
    let recorded = try Recorded()
    let pass = try Recorded.generator()
    try WorkTeam.run(threads: 2) { team in
      let output = try pass.forward(
        recorded.input.values, shape: recorded.input.shape, mode: .training, keepsForBackward: true,
        team: team)
      let slopes = try Recorded.topologicalGradient(count: output.shape.count, times: 0.1)
      for (index, slope) in slopes.enumerated() {
        let p = output.probabilities[index]
        output.logitGradient[index] = slope * p * (1 - p)
      }
      pass.generator.network.clearGradients()
      pass.backward(output, team: team)
    }
    try compare(
      pass,
      with: Recorded.tensors(
        "grad_weights", startingWith: "LT_only(superlevel,d2,reg,lam.1)/"))
    let last = try Recorded.tensors(
      "grad_weights", startingWith: "LT_only(superlevel,d2,reg,lam.1)/up9.up.")
    let found = pass.generator.network.gradients
    for (name, gradient) in last {
      // Ten layers of rounding in the values, one in the gradient.
      #expect(relativeDistance(try #require(found["up9.up." + name]), gradient.values) < 5e-5)
    }
    withExtendedLifetime(recorded) {}
  }

  @Test("a loss of whole volumes is added with its gradient")
  func volumeLoss() throws {
    let recorded = try Recorded()
    let step = try step(GeometricLoss(crossEntropy: .swappedArguments))
    let name = "LT_only(superlevel,d2,reg,lam.1)"
    let value = try Recorded.scalar("loss_for_wgrad.\(name)")
    let slopes = try Recorded.topologicalGradient(count: recorded.target.shape.count, times: 0.1)
    let losses = try WorkTeam.run(threads: 2) { team in
      try step.gradients(
        input: recorded.input.values, shape: recorded.input.shape, target: recorded.target.values,
        volumeLoss: { probabilities, shape, gradient in
          // The loss sees the prediction, and may leave anything in the buffer before it writes.
          #expect(shape == recorded.target.shape)
          #expect(largestDifference(array(probabilities, shape.count), recorded.prediction.array) < 2e-5)
          for (index, slope) in slopes.enumerated() { gradient[index] = slope }
          return value
        }, team: team)
    }
    #expect(losses.volume == value)
    let total = try Recorded.scalar(
      "loss_for_wgrad.combined_reference+LT(superlevel,d2,reg,lam.1)")
    #expect(relativeDifference(losses.total, total) < 1e-5)
    let geometric = try Recorded.tensors("grad_weights", startingWith: "combined_reference/")
    let topological = try Recorded.tensors("grad_weights", startingWith: "\(name)/")
    try compare(
      step.pass,
      with: geometric.merging(topological) { first, second in
        NaiveTensor(shape: first.shape, values: zip(first.values, second.values).map { $0 + $1 })
      })
    withExtendedLifetime(recorded) {}
  }

  @Test("three steps of Adam")
  func threeSteps() throws {
    let recorded = try Recorded()
    let step = try step(GeometricLoss(crossEntropy: .swappedArguments))
    let network = step.pass.generator.network
    let before = network.state
    let expectedLosses = try #require(Fixtures.scalars("adam3.noLT.losses_per_step_f64"))
    try WorkTeam.run(threads: 2) { team in
      for expected in expectedLosses {
        let losses = try step.run(
          input: recorded.input.values, shape: recorded.input.shape,
          target: recorded.target.values, team: team)
        // The design's tolerance; PyTorch's own Float is 2e-5 off its Double after two steps.
        #expect(relativeDifference(losses.total, expected) < 1e-4)
      }
    }
    #expect(step.optimiser.steps == 3)
    #expect(network.batchesTracked.allSatisfy { $0 == 3 })

    // Single weights cannot be compared: the first steps of Adam move each by about the rate, 1e-3, in the
    // direction of its gradient's sign, so a gradient that is rounding away from 0 sends the weight
    // either way. So: the lengths and the common direction of all moves, and that no tensor strays
    // much farther from the record than PyTorch's own Float from its Double (8e-4 at most).
    let after = network.state
    var (dot, found2, expected2) = (0.0, 0.0, 0.0)
    for (name, tensor) in try Recorded.tensors("adam3_noLT") {
      guard let found = after[name], let start = before[name] else { continue }
      var distance = 0.0
      for (index, expected) in tensor.values.enumerated() {
        let one = Double(found[index]) - Double(start[index])
        let other = Double(expected) - Double(start[index])
        distance += abs(one - other)
        guard !name.contains("running") else { continue }
        (dot, found2, expected2) = (dot + one * other, found2 + one * one, expected2 + other * other)
      }
      #expect(distance / Double(tensor.values.count) < 1.2e-3, "\(name)")
    }
    #expect(dot / (found2 * expected2).squareRoot() > 0.9)
    #expect(abs((found2 / expected2).squareRoot() - 1) < 0.02)
    withExtendedLifetime(recorded) {}
  }

  private func step(
    _ loss: GeometricLoss, fusion: Sequential.Fusion = .fused
  ) throws -> SupervisedStep {
    let pass = try Recorded.generator(fusion: fusion)
    return SupervisedStep(
      pass, optimiser: try Adam(pass.generator.network.parameters, budget: MemoryBudget()), loss: loss)
  }

  /// A tensor may be 1e-2 of its length from the recorded one: PyTorch's own Float is up to 6e-3 from its
  /// Double, because of some six million decisions of ReLU about ten, near ties, go the other way.
  private func compare(
    _ pass: GeneratorPass, with expected: [String: NaiveTensor<Float>]
  ) throws {
    let found = pass.generator.network.gradients
    #expect(Set(found.keys) == Set(expected.keys))
    for (name, gradient) in found {
      let distance = relativeDistance(gradient, try #require(expected[name]).values)
      #expect(distance < 1e-2, "\(name)")
    }
  }
}
