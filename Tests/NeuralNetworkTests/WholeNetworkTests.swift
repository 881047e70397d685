import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("a whole small network with its loss")
struct WholeNetworkTests {
  static let layers: [NaiveLayer] = [
    .convolution("a", weight: [3, 2, 1, 3, 3]), .batchNorm("b", channels: 3), .relu, .maxPooling([1, 2, 2]),
    .convolution("c", weight: [3, 3, 1, 3, 3]), .batchNorm("d", channels: 3), .relu,
    .transposedConvolution("e", weight: [3, 2, 2, 2, 2]), .convolution("f", weight: [1, 2, 3, 3, 3]),
    .sigmoid,
  ]

  /// The engine's gradient against differences of the plain function in Double, with nothing in between.
  @Test("the engine's gradient is the slope of the plain function")
  func finiteDifferences() throws {
    var generator = SeededGenerator(seed: 111)
    let chain = NaiveChain<Double>(Self.layers, using: &generator)
    let x = NaiveTensor<Double>(shape: [2, 2, 1, 6, 8], using: &generator)
    let y = NaiveTensor<Double>(shape: [2, 1, 2, 6, 8], in: 0...1, using: &generator)
    func value(_ chain: NaiveChain<Double>) -> Double {
      NaiveNetworkLoss.combined(logits: chain.forward(x, training: true).logits, target: y).value
    }

    let engine = try EngineChain(
      NaiveChain<Double>(Array(Self.layers.dropLast()), state: chain.state), composes: true)
    let (plan, shape) = try engine.network.plan(for: tensorShape(x.shape), training: true)
    let budget = engine.budget
    let (input, target) = try (Tensor(tensorShape(x.shape), budget: budget), Tensor(shape, budget: budget))
    try input.fill(from: x.values.map { Float($0) })
    try target.fill(from: y.values.map { Float($0) })
    let (probabilities, gradient) = try (Tensor(shape, budget: budget), Tensor(shape, budget: budget))
    let scratch = try Scratch<Float>(count: GeometricLoss.scratchCount(shape), budget: budget)
    engine.network.clearGradients()
    let loss = WorkTeam.run(threads: 2) { team in
      let pass = Pass(.training, plan: plan, team: team)
      let logits = engine.network.chain.forward(
        Activations(Signal(input.values), shape: input.shape), pass: pass
      ).signal.values
      engine.network.workspace.sigmoid(logits, count: shape.count, to: probabilities.values, team: team)
      let loss = GeometricLoss()(
        logits: logits, probabilities: probabilities.values, target: target.values, shape: shape,
        gradient: gradient.values, scratch: scratch.cells, workspace: engine.network.workspace, team: team)
      _ = engine.network.chain.backward(Gradients(GradientSignal(gradient.values), shape: shape), pass: pass)
      return loss
    }
    withExtendedLifetime((input, target, probabilities, gradient, scratch)) {}

    #expect(abs(loss.combined - value(chain)) < 1e-6)
    let parameters = engine.network.parameters
    let largest = parameters.flatMap { floats($0.gradient, $0.count) }.map { abs(Double($0)) }.max() ?? 0
    for parameter in parameters {
      let weights = try #require(chain.state[parameter.name]).values
      // Every place of the small ones, a third of the large ones.
      for place in stride(from: 0, to: weights.count, by: weights.count > 60 ? 3 : 1) {
        var direction = [Double](repeating: 0, count: weights.count)
        direction[place] = 1
        let slope = directionalDerivative(at: weights, along: direction, step: 1e-5) {
          var chain = chain
          chain.state[parameter.name]?.values = $0
          return value(chain)
        }
        // Float against Double through ten layers; the differences themselves are good for 1e-8.
        #expect(
          abs(Double(parameter.gradient[place]) - slope) < 1e-4 * largest, "\(parameter.name)[\(place)]")
      }
    }
  }

  @Test("three steps of training: same bits for any number of threads and every repeat")
  func determinism() throws {
    var generator = SeededGenerator(seed: 112)
    let chain = NaiveChain<Double>(Self.layers, using: &generator)
    let x = NaiveTensor<Double>(shape: [3, 2, 1, 16, 32], using: &generator)
    let dy = NaiveTensor<Double>(shape: [3, 1, 2, 16, 32], using: &generator)
    func train(threads: Int) throws -> [[Float]] {
      let engine = try EngineChain(chain, composes: true, threads: threads)
      let network = engine.network
      let adam = try Adam(network.parameters, budget: engine.budget)
      for _ in 0..<3 {
        _ = try engine.run(x, gradient: dy, training: true)
        WorkTeam.run(threads: threads) { team in _ = adam.step(workspace: network.workspace, team: team) }
      }
      return network.parameters.map { floats($0.values, $0.count) }
        + network.chain.buffers.map { floats($0.values, $0.count) }
    }
    let reference = try train(threads: 1)
    for threads in [1, 2, 3, 4, 7] { #expect(try train(threads: threads) == reference, "\(threads) threads") }
  }
}
