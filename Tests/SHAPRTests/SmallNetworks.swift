import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

/// What a pass there and back gave.
struct Outcome {
  /// The network's output: logits.
  var logits: [Float] = []
  var inputGradient: [Float] = []
  var weightGradients: [String: [Float]] = [:]
}

extension Network {
  /// Takes weights and running statistics from a twin.
  func copyState(of chain: NaiveChain<Double>) throws {
    for parameter in parameters {
      let values = try #require(chain.state[parameter.name], "\(parameter.name)").values
      try #require(values.count == parameter.count)
      for (index, value) in values.enumerated() { parameter.values[index] = Float(value) }
    }
    for buffer in self.chain.buffers {
      let values = try #require(chain.state[buffer.name], "\(buffer.name)").values
      try #require(values.count == buffer.count)
      for (index, value) in values.enumerated() { buffer.values[index] = Float(value) }
    }
  }

  /// There and back: from an input and the gradient with respect to the logits.
  func run(
    _ input: NaiveTensor<Double>, _ gradient: NaiveTensor<Double>, mode: Pass.Mode, threads: Int = 2
  ) throws -> Outcome {
    let (x, dy) = try (tensor(input), tensor(gradient))
    let (plan, output) = try plan(for: x.shape, training: true)
    try #require(output == dy.shape)
    clearGradients()
    var outcome = Outcome()
    WorkTeam.run(threads: threads) { team in
      let pass = Pass(mode, plan: plan, team: team)
      let logits = chain.forward(Activations(Signal(x.values), shape: x.shape), pass: pass)
      outcome.logits = array(logits.signal.values, output.count)
      let back = chain.backward(Gradients(GradientSignal(dy.values), shape: output), pass: pass)
      if let back { outcome.inputGradient = array(back.signal.values, x.shape.count) }
    }
    outcome.weightGradients = gradients
    return withExtendedLifetime((x, dy)) { outcome }
  }
}

extension NaiveChain<Double> {
  /// Random weights, and running statistics near those of `input`, with which no layer fades in evaluation.
  init(_ layers: [NaiveLayer], settledOn input: NaiveTensor<Double>, using random: inout SeededGenerator) {
    self.init(layers, using: &random)
    let pass = forward(input, training: true)
    for _ in 0..<40 { updateRunningStatistics(after: pass) }
  }
}

/// A small generator, its twin with the same weights, an input, and a gradient for its logits.
struct SmallGenerator {
  let generator: Generator
  let twin: NaiveChain<Double>
  let input: NaiveTensor<Double>
  let gradient: NaiveTensor<Double>

  init(
    _ settings: ModelSettings, batch: Int = 2, height: Int = 16, width: Int = 16,
    fusion: Sequential.Fusion = .fused, seed: UInt64 = 1
  ) throws {
    var random = SeededGenerator(seed: seed)
    input = NaiveTensor(shape: [batch, 2, 1, height, width], in: 0...1, using: &random)
    twin = NaiveChain(
      NaiveSHAPR.generator(
        baseFilters: settings.baseFilters, decoderDepth: settings.decoder == .slice ? 1 : 3),
      settledOn: input, using: &random)
    gradient = NaiveTensor(shape: [batch, 1, 64, height, width], using: &random)
    let budget = MemoryBudget()
    generator = try Generator(
      settings, fusion: fusion, workspace: KernelWorkspace(threads: 2, budget: budget),
      budget: budget)
    try generator.network.copyState(of: twin)
  }
}

/// The same for a discriminator.
struct SmallDiscriminator {
  let discriminator: Discriminator
  let twin: NaiveChain<Double>
  let input: NaiveTensor<Double>
  let gradient: NaiveTensor<Double>

  init(
    baseFilters: Int, extent: (Int, Int, Int), batch: Int, fusion: Sequential.Fusion = .fused,
    seed: UInt64 = 1
  ) throws {
    var random = SeededGenerator(seed: seed)
    var layers = NaiveSHAPR.discriminator(baseFilters: baseFilters, extent: 16)
    // The twin's volumes are cubes; only its linear layer knows.
    layers[layers.count - 2] = .linear(
      "discout.disc_out.6", outputs: 1,
      inputs: extent.0 / 16 * (extent.1 / 16) * (extent.2 / 16))
    input = NaiveTensor(
      shape: [batch, 1, extent.0, extent.1, extent.2], in: 0...1, using: &random)
    twin = NaiveChain(layers, settledOn: input, using: &random)
    gradient = NaiveTensor(shape: [batch, 1], using: &random)
    let budget = MemoryBudget()
    discriminator = try Discriminator(
      baseFilters: baseFilters, extent: extent, fusion: fusion,
      workspace: KernelWorkspace(threads: 2, budget: budget), budget: budget)
    try discriminator.network.copyState(of: twin)
  }
}
