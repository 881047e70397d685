import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import TestOracles
import Testing

@testable import SHAPR

/// T1 of docs/reliability.md for training: the same bits for any number of threads, every repeat, and
/// whatever the workspace did before.
@Suite("training gives the same bits")
struct DeterminismTests {
  @Test("five training steps and two adversarial ones, small networks")
  func smallNetworks() throws {
    var tally = Tally("T1-training", seed: 6)
    let expected = try Self.train(threads: 1)
    #expect(expected.losses.allSatisfy { $0.isFinite })
    #expect(Set(expected.losses).count == expected.losses.count)
    for threads in [1, 2, 3, 4, 2, 4] {
      for disturbed in [false, true] {
        let found = try Self.train(threads: threads, disturbed: disturbed)
        tally.check(
          found == expected,
          "\(threads) threads, \(disturbed ? "" : "un")disturbed: \(found.difference(from: expected))")
      }
    }
    tally.report()
    #expect(tally.passed == tally.run, "\(tally.firstFailure ?? "")")
  }

  @Test("one step of the whole generator")
  func wholeGenerator() throws {
    var random = SeededGenerator(seed: 8)
    let input = try tensor(
      NaiveTensor<Float>(shape: [2, 2, 1, 64, 64], in: 0...1, using: &random))
    let target = try tensor(
      NaiveTensor<Float>(shape: [2, 1, 64, 64, 64], in: 0...1, using: &random))
    var first: Trained?
    for threads in [1, 2, 4] {
      let budget = MemoryBudget()
      let generator = try Generator(
        workspace: KernelWorkspace(threads: threads, budget: budget), budget: budget)
      let optimiser = try Adam(generator.network.parameters, budget: budget)
      let step = SupervisedStep(
        GeneratorPass(generator, budget: budget), optimiser: optimiser)
      let losses = try WorkTeam.run(threads: threads) { team in
        try step.run(
          input: input.values, shape: input.shape, target: target.values, team: team)
      }
      let trained = Trained([generator.network], [optimiser], [losses.total])
      #expect(trained == first ?? trained, "\(threads) threads: \(trained.difference(from: first))")
      first = first ?? trained
    }
    withExtendedLifetime((input, target)) {}
  }

  /// Everything that training leaves behind.
  struct Trained: Equatable {
    var states: [[String: [UInt32]]]
    var moments: [[[UInt32]]]
    var counters: [[Int64]]
    var losses: [Double]

    init(_ networks: [Network], _ optimisers: [Adam], _ losses: [Double]) {
      // Bits: 0 and -0 are not the same, and NaN would be.
      states = networks.map { $0.state.mapValues { $0.map(\.bitPattern) } }
      moments = optimisers.map { optimiser in
        (optimiser.firstMoments + optimiser.secondMoments).map { moments in
          array(moments.cells, moments.capacity).map(\.bitPattern)
        }
      }
      counters = networks.map(\.batchesTracked)
      self.losses = losses
    }

    func difference(from other: Trained?) -> String {
      guard let other else { return "nothing to compare with" }
      if losses != other.losses { return "losses \(losses), not \(other.losses)" }
      if counters != other.counters { return "counters" }
      for (one, two) in zip(states, other.states) {
        for name in one.keys.sorted() where one[name] != two[name] { return name }
      }
      return moments == other.moments ? "nothing" : "moments of Adam"
    }
  }

  /// - Parameter disturbed: between the steps, another batch size is evaluated, and another generator with
  ///   the same workspace learns.
  static func train(threads: Int, disturbed: Bool = false) throws -> Trained {
    let pair = try Pair(threads: threads)
    let budget = MemoryBudget()
    let settings = Adam.Settings()
    let generator = try Adam(pair.pass.generator.network.parameters, settings: settings, budget: budget)
    let judge = try Adam(pair.discriminator.network.parameters, settings: settings, budget: budget)
    let supervised = SupervisedStep(pair.pass, optimiser: generator)
    let adversarial = try AdversarialStep(
      pair.pass, pair.discriminator, generatorOptimiser: generator, discriminatorOptimiser: judge,
      largestBatch: 3, budget: budget)
    let stranger = try Stranger(workspace: pair.pass.generator.network.workspace)
    var losses: [Double] = []
    try WorkTeam.run(threads: threads) { team in
      for _ in 0..<5 {
        losses.append(
          try supervised.run(
            input: pair.input.values, shape: pair.input.shape, target: pair.target.values, team: team
          ).total)
        guard disturbed else { continue }
        try stranger.learn(team)
        // Two of the three samples.
        let shape = TensorShape(batch: 2, channels: 2, depth: 1, height: 32, width: 32)
        _ = try pair.pass.forward(
          pair.input.values, shape: shape, mode: .evaluation, keepsForBackward: true, team: team)
      }
      for _ in 0..<2 {
        let step = try adversarial.run(
          input: pair.input.values, shape: pair.input.shape, target: pair.target.values, team: team)
        losses += [step.generator, step.discriminator]
        if disturbed { try stranger.learn(team) }
      }
    }
    return withExtendedLifetime((pair, stranger)) {
      Trained(
        [pair.pass.generator.network, pair.discriminator.network], [generator, judge], losses)
    }
  }

  /// Another generator, of other widths and other kernels, that uses the same workspace.
  private final class Stranger {
    private let step: SupervisedStep
    private let input: Tensor
    private let target: Tensor

    init(workspace: KernelWorkspace) throws {
      let budget = MemoryBudget()
      let generator = try Generator(
        ModelSettings(decoder: .volumetric, baseFilters: 1), workspace: workspace, budget: budget)
      step = SupervisedStep(
        GeneratorPass(generator, budget: budget),
        optimiser: try Adam(generator.network.parameters, budget: budget))
      var random = SeededGenerator(seed: 9)
      input = try tensor(
        NaiveTensor<Float>(shape: [1, 2, 1, 8, 12], in: 0...1, using: &random))
      target = try tensor(
        NaiveTensor<Float>(shape: [1, 1, 64, 8, 12], in: 0...1, using: &random))
    }

    func learn(_ team: WorkTeam) throws {
      _ = try step.run(
        input: input.values, shape: input.shape, target: target.values, team: team)
    }
  }
}
