import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

@Suite("memory of training")
struct TrainingMemoryTests {
  @Test("a step of the whole generator on a batch of six needs less than 350 MiB")
  func wholeStep() throws {
    // Weights, optimiser, batch and all: what passes the limit is refused.
    let limit: UInt64 = 350 << 20
    let budget = MemoryBudget(limit: limit)
    let generator = try Generator(
      workspace: KernelWorkspace(threads: 2, budget: budget), budget: budget)
    let step = SupervisedStep(
      GeneratorPass(generator, budget: budget),
      optimiser: try Adam(generator.network.parameters, budget: budget))
    let input = try Tensor(
      TensorShape(batch: 6, channels: 2, depth: 1, height: 64, width: 64), budget: budget)
    let target = try Tensor(
      TensorShape(batch: 6, channels: 1, depth: 64, height: 64, width: 64), budget: budget)
    let losses = try WorkTeam.run(threads: 2) { team in
      try step.run(
        input: input.values, shape: input.shape, target: target.values,
        volumeLoss: { _, shape, gradient in
          gradient.fill(0..<shape.count, with: 0)
          return 0
        }, team: team)
    }
    #expect(losses.total.isFinite)
    // That the budget counts at all: activations alone are beyond 100 MiB.
    #expect(held(budget, limit: limit) > 100 << 20)
    withExtendedLifetime((step, input, target)) {}
  }

  @Test("after the first step of a batch size nothing is allocated")
  func nothingLater() throws {
    let limit: UInt64 = 200 << 20
    let budget = MemoryBudget(limit: limit)
    let training = try SmallTraining(budget: budget)
    try WorkTeam.run(threads: 2) { team in
      for batch in [6, 3] { try training.learn(batch, adversarially: true, team) }
      // Everything that is left is taken: one more byte would be refused.
      let rest = try Scratch<UInt8>(
        count: Int(limit - held(budget, limit: limit)), budget: budget)
      #expect(throws: ComputeError.self) { try Scratch<UInt8>(count: 1, budget: budget) }
      for batch in [6, 3, 6, 6] {
        try training.learn(batch, adversarially: false, team)
        try training.learn(batch, adversarially: true, team)
      }
      withExtendedLifetime(rest) {}
    }
  }

  @Test("batch sizes change back and forth as if every network were fresh")
  func backAndForth() throws {
    let kept = try SmallTraining(budget: MemoryBudget())
    for batch in [6, 3, 6] {
      let fresh = try SmallTraining(budget: MemoryBudget())
      fresh.copyState(of: kept)
      // Memory of a prediction serves no training.
      try kept.predict(batch)
      for training in [kept, fresh] {
        try WorkTeam.run(threads: 2) { team in
          try training.learn(batch, adversarially: false, team)
          try training.learn(batch, adversarially: true, team)
        }
      }
      for (network, other) in zip(kept.networks, fresh.networks) {
        #expect(network.state == other.state)
      }
      #expect(kept.lastLosses == fresh.lastLosses)
    }
  }

  @Test("a limit is kept: a step works, or the error says how much it would have taken")
  func refusals() throws {
    // What a batch of one holds in the end; buffers that grow take a little more on the way.
    let limit: UInt64 = 1 << 30
    let budget = MemoryBudget(limit: limit)
    let training = try SmallTraining(budget: budget)
    try WorkTeam.run(threads: 2) { team in try training.learn(1, adversarially: true, team) }
    let needed = held(budget, limit: limit)
    var refused = 0
    for share in stride(from: 0.02, through: 1.3, by: 0.06) {
      let budget = MemoryBudget(limit: UInt64(Double(needed) * share))
      guard let training = try? SmallTraining(budget: budget) else {
        refused += 1
        continue
      }
      try WorkTeam.run(threads: 2) { team in
        do throws(NetworkError) { try training.learn(1, adversarially: true, team) } catch {
          refused += 1
          guard case .memoryRefused(let bytes) = error else { throw error }
          #expect(bytes > UInt64(Double(needed) * share))
          return
        }
        #expect(training.networks.allSatisfy { $0.state.values.joined().allSatisfy { $0.isFinite } })
      }
    }
    // Of 22 limits, those below what is needed.
    #expect(refused >= 16 && refused < 22)
  }

  /// Bytes that a budget with this limit has given out.
  private func held(_ budget: MemoryBudget, limit: UInt64) -> UInt64 {
    do {
      _ = try Scratch<UInt8>(count: Int(limit) + 1, budget: budget)
      return .max
    } catch .memoryRefused(let bytes) {
      // The error has what is held with what was asked for.
      return bytes - limit - 1
    } catch {
      return .max
    }
  }
}

/// A small generator and a small discriminator with all that training needs, and one batch of six.
private final class SmallTraining {
  let networks: [Network]
  private let supervised: SupervisedStep
  private let adversarial: AdversarialStep
  private let input: Tensor
  private let target: Tensor
  private(set) var lastLosses: AdversarialStep.Losses?

  init(budget: MemoryBudget) throws {
    let workspace = KernelWorkspace(threads: 2, budget: budget)
    let generator = try Generator(
      ModelSettings(baseFilters: 2), workspace: workspace, budget: budget)
    let discriminator = try Discriminator(
      baseFilters: 2, extent: (64, 16, 16), workspace: workspace, budget: budget)
    networks = [generator.network, discriminator.network]
    let pass = GeneratorPass(generator, budget: budget)
    let optimiser = try Adam(generator.network.parameters, budget: budget)
    supervised = SupervisedStep(pass, optimiser: optimiser)
    adversarial = try AdversarialStep(
      pass, discriminator, generatorOptimiser: optimiser,
      discriminatorOptimiser: Adam(discriminator.network.parameters, budget: budget),
      largestBatch: 6, budget: budget)
    var random = SeededGenerator(seed: 10)
    input = try tensor(
      NaiveTensor<Float>(shape: [6, 2, 1, 16, 16], in: 0...1, using: &random))
    target = try tensor(
      NaiveTensor<Float>(shape: [6, 1, 64, 16, 16], in: 0...1, using: &random))
  }

  /// One step on the first samples.
  func learn(
    _ batch: Int, adversarially: Bool, _ team: WorkTeam
  ) throws(NetworkError) {
    let shape = TensorShape(batch: batch, channels: 2, depth: 1, height: 16, width: 16)
    if adversarially {
      lastLosses = try adversarial.run(
        input: input.values, shape: shape, target: target.values, team: team)
    } else {
      _ = try supervised.run(
        input: input.values, shape: shape, target: target.values, team: team)
    }
  }

  /// A prediction for the first samples; leaves weights and statistics alone.
  func predict(_ batch: Int) throws {
    let shape = TensorShape(batch: batch, channels: 2, depth: 1, height: 16, width: 16)
    try WorkTeam.run(threads: 2) { team in
      _ = try supervised.pass.forward(
        input.values, shape: shape, mode: .evaluation, keepsForBackward: false, team: team)
    }
  }

  /// Takes over weights, statistics and the optimisers' moments.
  func copyState(of other: SmallTraining) {
    for (network, source) in zip(networks, other.networks) {
      for (one, two) in zip(network.parameters, source.parameters) {
        one.values.copy(two.values, count: two.count, to: 0)
      }
      for (one, two) in zip(network.chain.buffers, source.chain.buffers) {
        one.values.copy(two.values, count: two.count, to: 0)
      }
    }
    for (adam, source) in [
      (supervised.optimiser, other.supervised.optimiser),
      (adversarial.discriminatorOptimiser, other.adversarial.discriminatorOptimiser),
    ] {
      adam.restore(steps: source.steps)
      for (one, two) in zip(
        adam.firstMoments + adam.secondMoments, source.firstMoments + source.secondMoments)
      {
        one.cells.copy(two.cells, count: two.capacity, to: 0)
      }
    }
  }
}
