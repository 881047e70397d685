import TestOracles
import Testing

@Suite("NaiveBatchNorm")
struct NaiveBatchNormTests {
  @Test("by hand: the batch 1, 3, 5, 7 has mean 4 and variance 5, unbiased 20/3")
  func byHand() {
    var layer = NaiveBatchNorm<Double>(
      weight: NaiveTensor(shape: [1], values: [2]), bias: NaiveTensor(shape: [1], values: [10]),
      runningMean: NaiveTensor(shape: [1], values: [1]), runningVariance: NaiveTensor(shape: [1], values: [4])
    )
    let input = NaiveTensor<Double>(shape: [2, 1, 1, 1, 2], values: [1, 3, 5, 7])
    let deviation = 5.00001.squareRoot()
    expect(
      layer(input, training: true).values,
      [10 - 6 / deviation, 10 - 2 / deviation, 10 + 2 / deviation, 10 + 6 / deviation])
    let running = 4.00001.squareRoot()
    expect(layer(input, training: false).values, [10, 10 + 4 / running, 10 + 8 / running, 10 + 12 / running])
    layer.updateRunningStatistics(with: input)
    expect(layer.runningMean.values, [0.9 * 1 + 0.1 * 4])
    expect(layer.runningVariance.values, [0.9 * 4 + 0.1 * 20 / 3])
  }

  @Test(
    "in training channels of the output have mean bias and deviation weight; a gradient has no part along them"
  )
  func laws() {
    var generator = SeededGenerator(seed: 1)
    let (layer, input) = makeLayer(&generator)
    let output = layer(input, training: true)
    let gradient = NaiveTensor<Double>(shape: input.shape, using: &generator)
    let slope = layer.gradients(gradient, input: input, training: true).input
    for c in 0..<3 {
      let places = (0..<2).flatMap { input.channel($0, c) }
      let count = Double(places.count)
      let mean = places.reduce(0) { $0 + output.values[$1] } / count
      #expect(abs(mean - layer.bias.values[c]) < 1e-12)
      let variance = places.reduce(0) { $0 + (output.values[$1] - mean) * (output.values[$1] - mean) } / count
      // Epsilon takes up to 1e-5 / variance of the input.
      #expect(abs(variance / (layer.weight.values[c] * layer.weight.values[c]) - 1) < 1e-4)
      // Adding a constant to a channel, or stretching it, changes nothing (but for epsilon).
      #expect(abs(places.reduce(0) { $0 + slope.values[$1] }) < 1e-12)
      #expect(abs(places.reduce(0) { $0 + slope.values[$1] * input.values[$1] }) < 1e-3)
    }
  }

  @Test("the gradients are the slopes of <g, norm x>", arguments: [true, false])
  func finiteDifferences(training: Bool) {
    var generator = SeededGenerator(seed: 2)
    let (layer, input) = makeLayer(&generator)
    let gradient = NaiveTensor<Double>(shape: input.shape, using: &generator)
    let found = layer.gradients(gradient, input: input, training: training)

    let inputError = gradientError(
      of: found.input.values, at: input.values, coordinates: input.values.indices
    ) { gradient.dot(layer(NaiveTensor(shape: input.shape, values: $0), training: training)) }
    let weightError = gradientError(of: found.weight.values, at: layer.weight.values, coordinates: 0..<3) {
      var layer = layer
      layer.weight.values = $0
      return gradient.dot(layer(input, training: training))
    }
    let biasError = gradientError(of: found.bias.values, at: layer.bias.values, coordinates: 0..<3) {
      var layer = layer
      layer.bias.values = $0
      return gradient.dot(layer(input, training: training))
    }
    // The limit of `gradientError`; weight and bias are linear.
    #expect(inputError < 1e-7 && weightError < 1e-9 && biasError < 1e-9)
  }

  private func makeLayer(
    _ generator: inout SeededGenerator
  ) -> (NaiveBatchNorm<Double>, NaiveTensor<Double>) {
    let layer = NaiveBatchNorm<Double>(
      weight: NaiveTensor(shape: [3], in: 0.5...2, using: &generator),
      bias: NaiveTensor(shape: [3], using: &generator),
      runningMean: NaiveTensor(shape: [3], using: &generator),
      runningVariance: NaiveTensor(shape: [3], in: 0.5...2, using: &generator))
    return (layer, NaiveTensor(shape: [2, 3, 2, 3, 4], in: -2...5, using: &generator))
  }

  private func expect(_ found: [Double], _ expected: [Double]) {
    #expect(found.count == expected.count)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-13 }, "\(found) is not \(expected)")
  }
}
