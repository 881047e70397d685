import TestOracles
import Testing

@Suite("NaiveChain")
struct NaiveChainTests {
  /// Every kind of layer; small enough for a difference at every weight.
  static let layers: [NaiveLayer] = [
    .convolution("first", weight: [3, 2, 1, 3, 3]), .batchNorm("norm", channels: 3), .relu,
    .maxPooling([1, 2, 2]), .transposedConvolution("up", weight: [3, 2, 2, 1, 1]),
    .convolution("second", weight: [2, 2, 3, 3, 3]), .sigmoid,
    .linear("dense", outputs: 2, inputs: 2 * 2 * 2 * 2), .sigmoid,
  ]

  @Test("gradients of the input and of every weight are slopes", arguments: [true, false], [true, false])
  func finiteDifferences(training: Bool, fromLogits: Bool) throws {
    var generator = SeededGenerator(seed: 5)
    let chain = NaiveChain<Double>(Self.layers, using: &generator)
    let input = NaiveTensor<Double>(shape: [2, 2, 1, 4, 4], using: &generator)
    let gradient = NaiveTensor<Double>(shape: [2, 2], using: &generator)
    func value(_ chain: NaiveChain<Double>, _ input: NaiveTensor<Double>) -> Double {
      let pass = chain.forward(input, training: training)
      return gradient.dot(fromLogits ? pass.logits : pass.output)
    }
    let found = chain.backward(chain.forward(input, training: training), gradient, fromLogits: fromLogits)
    #expect(Set(found.parameters.keys) == Set(chain.parameterNames))

    // The limit of `gradientError`, for slopes that are smaller than the function.
    let inputError = gradientError(
      of: found.input.values, at: input.values, coordinates: input.values.indices
    ) { value(chain, NaiveTensor(shape: input.shape, values: $0)) }
    #expect(inputError < 1e-6)
    for (name, slopes) in found.parameters {
      let weights = try #require(chain.state[name])
      let error = gradientError(of: slopes.values, at: weights.values, coordinates: weights.values.indices) {
        var chain = chain
        chain.state[name]?.values = $0
        return value(chain, input)
      }
      #expect(error < 1e-6, "\(name)")
    }
  }

  @Test("a training step moves the running statistics to what evaluation then uses")
  func runningStatistics() throws {
    var generator = SeededGenerator(seed: 6)
    var chain = NaiveChain<Double>(Self.layers, using: &generator)
    let input = NaiveTensor<Double>(shape: [2, 2, 1, 4, 4], using: &generator)
    let pass = chain.forward(input, training: true)
    // After many steps on one batch the running mean is the mean of that batch: 0.9^400 is 5e-19.
    for _ in 0..<400 { chain.updateRunningStatistics(after: pass) }
    let mean = try #require(chain.state["norm.running_mean"]).values
    for c in 0..<3 {
      let values = (0..<2).flatMap { pass.activations[1].channel($0, c) }.map {
        pass.activations[1].values[$0]
      }
      let expected = values.reduce(0, +) / 32
      #expect(abs(mean[c] - expected) < 1e-12)
      let variance = values.reduce(0) { $0 + ($1 - expected) * ($1 - expected) } / 31
      #expect(abs((chain.state["norm.running_var"]?.values[c] ?? 0) - variance) < 1e-12)
    }
  }
}
