import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

@Suite("inputs at the edge stay numbers")
struct DegenerateInputTests {
  @Test(
    "steps on empty and full targets, and on nothing", arguments: [0, 1] as [Float],
    [0, 1] as [Float])
  func steps(inputValue: Float, targetValue: Float) throws {
    let pair = try Pair()
    pair.input.values.fill(0..<pair.input.shape.count, with: inputValue)
    pair.target.values.fill(0..<pair.target.shape.count, with: targetValue)
    let budget = MemoryBudget()
    var settings = Adam.Settings()
    // Long steps, so that the prediction reaches the target.
    settings.rate = 0.1
    let (generator, discriminator) = (pair.pass.generator.network, pair.discriminator.network)
    let optimiser = try Adam(generator.parameters, settings: settings, budget: budget)
    let supervised = SupervisedStep(pair.pass, optimiser: optimiser)
    let adversarial = try AdversarialStep(
      pair.pass, pair.discriminator, generatorOptimiser: optimiser,
      discriminatorOptimiser: Adam(discriminator.parameters, settings: settings, budget: budget),
      largestBatch: 3, budget: budget)
    try WorkTeam.run(threads: 2) { team in
      var losses: [Double] = []
      for _ in 0..<20 {
        losses.append(
          try supervised.run(
            input: pair.input.values, shape: pair.input.shape, target: pair.target.values, team: team
          ).total)
      }
      #expect(losses.allSatisfy { $0.isFinite })
      let last = try #require(losses.last)
      // Nothing in the input tells the voxels apart, and nothing has to.
      #expect(last < 0.5 * losses[0], "\(losses)")
      for _ in 0..<3 {
        let step = try adversarial.run(
          input: pair.input.values, shape: pair.input.shape, target: pair.target.values, team: team)
        #expect(step.generator.isFinite && step.discriminator.isFinite)
      }
    }
    for network in [generator, discriminator] {
      #expect(network.state.values.joined().allSatisfy { $0.isFinite })
      #expect(network.gradients.values.joined().allSatisfy { $0.isFinite })
    }
    withExtendedLifetime((pair, supervised)) {}
  }

  /// Logits so large that probabilities are 0 and 1 exactly.
  @Test("perfect and perfectly wrong predictions", arguments: [1, -1] as [Float])
  func certainty(sign: Float) throws {
    let budget = MemoryBudget()
    let shape = TensorShape(batch: 2, channels: 1, depth: 4, height: 5, width: 7)
    let count = shape.count
    let (logits, probabilities, target, gradient) = try (
      Tensor(shape, budget: budget), Tensor(shape, budget: budget), Tensor(shape, budget: budget),
      Tensor(shape, budget: budget)
    )
    let scratch = try Scratch<Float>(count: GeometricLoss.scratchCount(shape), budget: budget)
    let workspace = KernelWorkspace(threads: 2, budget: budget)
    for index in 0..<count {
      target.values[index] = index % 3 == 0 ? 1 : 0
      logits.values[index] = sign * (index % 3 == 0 ? 200 : -200)
    }
    for (dice, crossEntropy) in [
      (GeometricLoss.Dice.batch, GeometricLoss.CrossEntropy.ordinary), (.perSample, .ordinary),
      (.batch, .swappedArguments),
    ] {
      let value = WorkTeam.run(threads: 2) { team in
        workspace.sigmoid(logits.values, count: count, to: probabilities.values, team: team)
        return GeometricLoss(crossEntropy: crossEntropy, dice: dice)(
          logits: logits.values, probabilities: probabilities.values, target: target.values,
          shape: shape, gradient: gradient.values, scratch: scratch.cells, workspace: workspace,
          team: team)
      }
      let slopes = gradient.array
      #expect(slopes.allSatisfy { $0.isFinite })
      if sign > 0 {
        #expect(probabilities.array == target.array)
        #expect(abs(value.dice) < 1e-12)
        if crossEntropy == .ordinary {
          #expect(value.crossEntropy == 0)
          #expect(slopes.allSatisfy { $0 == 0 })
        }
      } else {
        // The counts' 1 is all that is left of precision and recall.
        #expect(value.dice > 0.9 && value.dice < 1)
        if crossEntropy == .ordinary {
          // -log sigmoid(-200) is 200 for each voxel, and its slope is as large as slopes get.
          #expect(relativeDifference(value.crossEntropy, 200) < 1e-6)
          let expected = target.array.map { (1 - 2 * $0) / Float(2 * count) }
          #expect(largestDifference(slopes, expected) < 1e-9)
        }
      }
    }
    withExtendedLifetime((logits, target, scratch)) {}
  }

  @Test("one voxel a channel: its variance is 0, and the unbiased one has no meaning")
  func oneVoxel() throws {
    let budget = MemoryBudget()
    let generator = try Generator(
      ModelSettings(baseFilters: 2), workspace: KernelWorkspace(threads: 2, budget: budget),
      budget: budget)
    var random = SeededGenerator(seed: 12)
    // What the encoder's two poolings leave of 4 x 4 is one voxel.
    let input = NaiveTensor<Double>(shape: [1, 2, 1, 4, 4], in: 0...1, using: &random)
    let gradient = NaiveTensor<Double>(shape: [1, 1, 64, 4, 4], using: &random)
    let found = try generator.network.run(input, gradient, mode: .training)
    #expect(found.logits.allSatisfy { $0.isFinite })
    #expect(found.weightGradients.values.joined().allSatisfy { $0.isFinite })
    #expect(generator.network.state.values.joined().allSatisfy { $0.isFinite })
  }
}
