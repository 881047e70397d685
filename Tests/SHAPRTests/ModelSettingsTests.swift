import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

@Suite("what the models refuse, and what a prediction may reuse")
struct ModelSettingsTests {
  private let budget = MemoryBudget()

  @Test("filters outside 1 ... 256", arguments: [0, -1, 257, Int.max])
  func filters(count: Int) throws {
    let workspace = KernelWorkspace(threads: 1, budget: budget)
    let expected = NetworkError.invalidSetting(
      "base_filters must be between 1 and 256, got \(count)")
    #expect(throws: expected) {
      try Generator(ModelSettings(baseFilters: count), workspace: workspace, budget: budget)
    }
    #expect(throws: expected) {
      try Discriminator(baseFilters: count, workspace: workspace, budget: budget)
    }
  }

  @Test("shapes that a generator cannot take")
  func generatorShapes() throws {
    let generator = try Generator(
      ModelSettings(baseFilters: 1), workspace: KernelWorkspace(threads: 1, budget: budget),
      budget: budget)
    for (batch, channels, depth, height, width) in [
      (1, 1, 1, 16, 16), (1, 2, 2, 16, 16), (1, 2, 1, 18, 16), (1, 2, 1, 16, 2), (0, 2, 1, 16, 16),
      (1, 2, 1, 0, 16), (1, 2, 1, 16, -4), (1 << 40, 2, 1, 16, 16), (1, 2, 1, 1 << 40, 1 << 40),
      // The input fits, the output's count passes 2^31 - 1.
      (1, 2, 1, 1 << 13, 1 << 13),
    ] {
      let shape = TensorShape(
        batch: batch, channels: channels, depth: depth, height: height, width: width)
      let error = #expect(throws: NetworkError.self) {
        _ = try generator.plan(for: shape, training: false)
      }
      guard case .wrongShape = error else {
        Issue.record("\(shape): \(error.map(String.init(describing:)) ?? "nothing")")
        continue
      }
    }
  }

  @Test(
    "volumes that a discriminator cannot take",
    arguments: [(16, 16, 8), (0, 16, 16), (-16, 16, 16), (1 << 20, 1 << 20, 16), (17, 16, 16)])
  func discriminatorExtents(extent: (Int, Int, Int)) throws {
    let workspace = KernelWorkspace(threads: 1, budget: budget)
    let error = #expect(throws: NetworkError.self) {
      try Discriminator(baseFilters: 1, extent: extent, workspace: workspace, budget: budget)
    }
    #expect(error?.description.contains("multiples of 16") == true)
  }

  @Test("weights are drawn from the seed, and in PyTorch's range")
  func seeds() throws {
    func weights(_ seed: UInt64) throws -> [String: [Float]] {
      let generator = try Generator(
        ModelSettings(baseFilters: 2), workspace: KernelWorkspace(threads: 1, budget: budget),
        budget: budget)
      generator.network.initialise(seed: seed)
      return withExtendedLifetime(generator) { generator.network.state }
    }
    let first = try weights(1)
    #expect(first == (try weights(1)))
    let second = try weights(2)
    for (name, values) in first where name.hasSuffix(".weight") {
      // Scales of batch norm begin at 1.
      let isScale = values.allSatisfy { $0 == 1 }
      #expect(isScale == name.contains(/encoderblock\.[14]\./), "\(name)")
      #expect(isScale || values != second[name], "\(name)")
    }
  }

  @Test("drawing weights anew forgets all that was learned")
  func initialisation() throws {
    let small = try SmallGenerator(ModelSettings(baseFilters: 1), height: 8, width: 8)
    let network = small.generator.network
    network.initialise(seed: 3)
    let fresh = network.state
    _ = try network.run(small.input, small.gradient, mode: .training)
    #expect(network.state != fresh && network.batchesTracked.allSatisfy { $0 == 1 })
    network.initialise(seed: 3)
    #expect(network.state == fresh && network.batchesTracked.allSatisfy { $0 == 0 })
    withExtendedLifetime(small) {}
  }

  @Test("a prediction may keep what the one before derived from the weights")
  func unchangedWeights() throws {
    let small = try SmallGenerator(ModelSettings(baseFilters: 3))
    let pass = GeneratorPass(small.generator, budget: budget)
    let input = try tensor(small.input)
    try WorkTeam.run(threads: 2) { team in
      func predict(unchanged: Bool) throws -> [Float] {
        let output = try pass.forward(
          input.values, shape: input.shape, mode: .evaluation, keepsForBackward: false,
          weightsAreUnchanged: unchanged, team: team)
        return array(output.probabilities, output.shape.count)
      }
      let first = try predict(unchanged: false)
      #expect(try predict(unchanged: true) == first)
      // Not told that they are unchanged, it looks.
      for parameter in small.generator.network.parameters.suffix(3) {
        parameter.values.fill(0..<parameter.count, with: 0)
      }
      #expect(try predict(unchanged: false).allSatisfy { $0 == 0.5 })
    }
    withExtendedLifetime((small, input)) {}
  }
}
