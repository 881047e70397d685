import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import TestOracles
import Testing

@testable import SHAPR

@Suite("an adversarial step is two updates from one forward pass")
struct AdversarialStepTests {
  @Test("its losses are the recorded ones", recordings)
  func recordedLosses() throws {
    let recorded = try Recorded()
    let pass = try Recorded.generator()
    let discriminator = try Recorded.discriminator(workspace: pass.generator.network.workspace)
    let step = try adversarialStep(
      pass, discriminator, loss: GeometricLoss(crossEntropy: .swappedArguments))
    let losses = try WorkTeam.run(threads: 2) { team in
      try step.run(
        input: recorded.input.values, shape: recorded.input.shape, target: recorded.target.values,
        team: team)
    }
    // The design's tolerance for losses.
    let supervised = try Recorded.scalar("loss.train.combined_reference")
    #expect(relativeDifference(losses.geometric.combined, supervised) < 1e-5)
    let adversarial = try Recorded.scalar("G.adversarial_loss_on_soft_fake(non-reference)")
    #expect(relativeDifference(losses.adversarial, adversarial) < 1e-5)
    #expect(relativeDifference(losses.generator, (10 * supervised + adversarial) / 11) < 1e-5)
    // On probabilities the discriminator's loss is not recorded; of its two halves the one on real
    // volumes is, and the other is within 1e-3 of that on volumes cut at 1/2.
    let real = try Recorded.scalar("D.real_loss")
    let fake = try Recorded.scalar("D.fake_loss")
    #expect(abs(losses.discriminator - (real + fake) / 2) < 1e-3)
    #expect(losses.volume == 0)
    #expect(discriminator.network.batchesTracked.allSatisfy { $0 == 2 })
    #expect(pass.generator.network.batchesTracked.allSatisfy { $0 == 1 })
    withExtendedLifetime((recorded, step)) {}
  }

  /// The step of the engine against passes that are put together one by one, each of them compared with
  /// plain loops elsewhere: first by the generator's gradient, then by the discriminator's.
  @Test("both networks learn what separate passes say", arguments: [false, true])
  func composition(withVolumeLoss: Bool) throws {
    let small = try Pair()
    let step = try adversarialStep(small.pass, small.discriminator)
    let (before, beforeOfDiscriminator) = (
      small.pass.generator.network.state, small.discriminator.network.state
    )
    let volumeLoss: VolumeLoss? =
      withVolumeLoss
      ? { probabilities, shape, gradient in
        // 3 times the mean of the squares.
        var sum = 0.0
        for index in 0..<shape.count {
          sum += Double(probabilities[index] * probabilities[index])
          gradient[index] = 6 * probabilities[index] / Float(shape.count)
        }
        return 3 * sum / Double(shape.count)
      } : nil
    let losses = try WorkTeam.run(threads: 2) { team in
      try step.run(
        input: small.input.values, shape: small.input.shape, target: small.target.values,
        volumeLoss: volumeLoss, team: team)
    }

    let other = try Pair()
    let expected = try other.learnSeparately(volumeLoss: volumeLoss)
    #expect(losses.geometric == expected.losses.geometric)
    #expect(losses.volume == expected.losses.volume)
    #expect((losses.volume > 0) == withVolumeLoss)
    #expect(relativeDifference(losses.adversarial, expected.losses.adversarial) < 1e-6)
    #expect(relativeDifference(losses.discriminator, expected.losses.discriminator) < 1e-6)
    #expect(
      relativeDifference(
        losses.generator,
        (10 * losses.geometric.combined + losses.adversarial) / 11 + losses.volume) < 1e-12)
    for (network, gradients) in [
      (small.pass.generator.network, expected.generator),
      (small.discriminator.network, expected.discriminator),
    ] {
      let found = network.gradients
      for (name, gradient) in gradients {
        // The same sums in another order.
        #expect(relativeDistance(try #require(found[name]), gradient) < 1e-4, "\(name)")
      }
    }
    expectMoved(small.pass.generator.network, from: before)
    expectMoved(small.discriminator.network, from: beforeOfDiscriminator)
    withExtendedLifetime((small, other, step)) {}
  }

  /// The weights are where Adam's first step takes them: w - rate * g / (|g| + eps).
  private func expectMoved(_ network: Network, from before: [String: [Float]]) {
    for parameter in network.parameters {
      let start = before[parameter.name] ?? []
      let expected = zip(start, array(parameter.gradient, parameter.count)).map { weight, gradient in
        Double(weight) - 1e-3 * Double(gradient) / (abs(Double(gradient)) + 1e-8)
      }
      // A Float's rounding of a weight of about 1, beside a move of 1e-3.
      let distance = largestDifference(
        array(parameter.values, parameter.count), expected.map { Float($0) })
      #expect(distance < 3e-7, "\(parameter.name)")
    }
  }

  @Test("the discriminator's opinion reaches the generator")
  func opinion() throws {
    // With an indifferent discriminator, whose last layer is 0, the generator learns from geometry only.
    let (judged, alone) = (try Pair(), try Pair())
    for parameter in alone.discriminator.network.parameters.suffix(2) {
      parameter.values.fill(0..<parameter.count, with: 0)
    }
    for pair in [judged, alone] {
      let step = try adversarialStep(pair.pass, pair.discriminator)
      try WorkTeam.run(threads: 2) { team in
        _ = try step.run(
          input: pair.input.values, shape: pair.input.shape, target: pair.target.values, team: team)
      }
    }
    let supervised = try Pair()
    let step = SupervisedStep(
      supervised.pass,
      optimiser: try Adam(supervised.pass.generator.network.parameters, budget: MemoryBudget()))
    try WorkTeam.run(threads: 2) { team in
      _ = try step.gradients(
        input: supervised.input.values, shape: supervised.input.shape,
        target: supervised.target.values, team: team)
    }
    let geometry = supervised.pass.generator.network.gradients
    let found = alone.pass.generator.network.gradients
    let withOpinion = judged.pass.generator.network.gradients
    for (name, gradient) in geometry {
      let share = gradient.map { Double($0) * 10 / 11 }
      #expect(relativeDistance(try #require(found[name]), share) < 1e-4, "\(name)")
      #expect(relativeDistance(try #require(withOpinion[name]), share) > 1e-3, "\(name)")
    }
    withExtendedLifetime((judged, alone, supervised)) {}
  }
}

private func adversarialStep(
  _ pass: GeneratorPass, _ discriminator: Discriminator, loss: GeometricLoss = GeometricLoss()
) throws -> AdversarialStep {
  let budget = MemoryBudget()
  return try AdversarialStep(
    pass, discriminator, generatorOptimiser: Adam(pass.generator.network.parameters, budget: budget),
    discriminatorOptimiser: Adam(discriminator.network.parameters, budget: budget), loss: loss,
    largestBatch: 4, budget: budget)
}

/// A small generator and a small discriminator that share a workspace, and a batch of three.
final class Pair {
  let pass: GeneratorPass
  let discriminator: Discriminator
  let input: Tensor
  let target: Tensor

  init(threads: Int = 2) throws {
    let budget = MemoryBudget()
    let workspace = KernelWorkspace(threads: threads, budget: budget)
    let generator = try Generator(
      ModelSettings(baseFilters: 2), workspace: workspace, budget: budget)
    generator.network.initialise(seed: 4)
    pass = GeneratorPass(generator, budget: budget)
    discriminator = try Discriminator(
      baseFilters: 2, extent: (64, 32, 32), workspace: workspace, budget: budget)
    discriminator.network.initialise(seed: 5)
    var random = SeededGenerator(seed: 6)
    input = try tensor(
      NaiveTensor<Float>(shape: [3, 2, 1, 32, 32], in: 0...1, using: &random))
    target = try tensor(
      NaiveTensor<Float>(shape: [3, 1, 64, 32, 32], in: 0...1, using: &random))
  }

  struct Expected {
    var losses: AdversarialStep.Losses
    var generator: [String: [Float]]
    var discriminator: [String: [Float]]
  }

  /// What an adversarial step should do, pass by pass.
  func learnSeparately(volumeLoss: VolumeLoss?) throws -> Expected {
    let budget = MemoryBudget()
    let count = target.shape.count
    let probabilities = try Tensor(target.shape, budget: budget)
    // Three gradients with respect to the logits, each carried back through a forward pass of its own.
    let supervised = SupervisedStep(
      pass, optimiser: try Adam(pass.generator.network.parameters, budget: budget))
    let network = pass.generator.network
    return try WorkTeam.run(threads: 2) { team in
      func gradients(_ slope: (Int) -> Float) throws -> [String: [Float]] {
        let output = try pass.forward(
          input.values, shape: input.shape, mode: .training, keepsForBackward: true, team: team)
        for index in 0..<count {
          let p = output.probabilities[index]
          probabilities.values[index] = p
          output.logitGradient[index] = slope(index) * p * (1 - p)
        }
        network.clearGradients()
        pass.backward(output, team: team)
        return network.gradients
      }
      let geometric = try supervised.gradients(
        input: input.values, shape: input.shape, target: target.values, team: team)
      var total = network.gradients.mapValues { $0.map { $0 * 10 / 11 } }
      _ = try gradients { _ in 0 }
      let opinion = try judge(probabilities, target: 1, team)
      let adversarial = try gradients { opinion.gradient[$0] / 11 }
      for (name, gradient) in adversarial {
        total[name] = zip(total[name] ?? [], gradient).map { $0 + $1 }
      }
      var volume = 0.0
      if let volumeLoss {
        let slopes = try Tensor(target.shape, budget: budget)
        volume = try volumeLoss(probabilities.values, target.shape, slopes.values)
        for (name, gradient) in try gradients({ slopes.values[$0] }) {
          total[name] = zip(total[name] ?? [], gradient).map { $0 + $1 }
        }
      }
      let real = try judge(target, target: 1, team)
      let fake = try judge(probabilities, target: 0, team)
      return Expected(
        losses: AdversarialStep.Losses(
          geometric: geometric.geometric, volume: volume, adversarial: opinion.loss,
          discriminator: (real.loss + fake.loss) / 2),
        generator: total,
        discriminator: real.weights.merging(fake.weights) { one, other in
          zip(one, other).map { ($0 + $1) / 2 }
        })
    }
  }

  /// The discriminator's loss on volumes, and its gradients with respect to them and to its weights.
  private func judge(
    _ volumes: Tensor, target: Float, _ team: WorkTeam
  ) throws -> (loss: Double, gradient: [Float], weights: [String: [Float]]) {
    let network = discriminator.network
    let (plan, shape) = try network.plan(for: volumes.shape, training: true)
    let slopes = try Tensor(shape, budget: MemoryBudget())
    let pass = Pass(.training, plan: plan, team: team)
    network.clearGradients()
    let logits = network.chain.forward(
      Activations(Signal(volumes.values), shape: volumes.shape), pass: pass
    ).signal.values
    let loss = BinaryCrossEntropy.ofLogits(
      logits, target: target, count: shape.count, gradient: slopes.values)
    let back = network.chain.backward(
      Gradients(GradientSignal(slopes.values), shape: shape), pass: pass)
    let gradient = try array(#require(back).signal.values, volumes.shape.count)
    return withExtendedLifetime(slopes) { (loss, gradient, network.gradients) }
  }
}
