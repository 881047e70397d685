import TestOracles
import Testing

@Suite("NaiveNetworkLoss")
struct NaiveNetworkLossTests {
  @Test("by hand")
  func byHand() {
    let target = NaiveTensor<Double>(shape: [2], values: [1, 0])
    let prediction = NaiveTensor<Double>(shape: [2], values: [0.5, 0.75])
    // Hit 1.5, predicted 2.25, there 2: precision 2/3, recall 3/4, F1 = 12/17.
    expect(.dice, prediction, target, 5.0 / 17)
    // -(log 0.5 + log 0.25) / 2 = 1.5 log 2.
    expect(.crossEntropy, prediction, target, 1.5 * 0.6931471805599453)
    // Logits 1 and 0, targets 0.5 and 0.75: (1 - 0.5 + log(1 + 1/e) + log 2) / 2.
    let swapped = (0.5 + 0.31326168751822286 + 0.6931471805599453) / 2
    expect(.swappedCrossEntropy, prediction, target, swapped)
    expect(.combined, prediction, target, 5.0 / 17 + 0.75 * 0.6931471805599453)
    expect(.swappedCombined, prediction, target, 5.0 / 17 + swapped / 2)
  }

  @Test("a perfect prediction costs nothing, and a hopeless one 100, as in PyTorch")
  func extremes() {
    let target = NaiveTensor<Float>(shape: [3], values: [1, 0, 1])
    let opposite = NaiveTensor<Float>(shape: [3], values: [0, 1, 0])
    #expect(NaiveNetworkLoss.crossEntropy(prediction: target, target: target).value == 0)
    #expect(NaiveNetworkLoss.dice(prediction: target, target: target).value == 0)
    #expect(NaiveNetworkLoss.crossEntropy(prediction: opposite, target: target).value == 100)
    #expect(NaiveNetworkLoss.dice(prediction: opposite, target: target).value == 1 - 2.0 / 5)
  }

  @Test("logits of any size give finite losses")
  func largeLogits() {
    let logits = NaiveTensor<Float>(shape: [3], values: [1e4, -1e4, 0])
    let target = NaiveTensor<Float>(shape: [3], values: [0, 0, 1])
    let loss = NaiveNetworkLoss.crossEntropy(logits: logits, target: target)
    #expect(abs(loss.value - (1e4 + 0.6931472) / 3) < 1e-3)
    #expect(loss.gradient.values == [1.0 / 3, 0, -0.5 / 3])
  }

  @Test("the gradient is the slope; logits and probabilities agree", arguments: NaiveNetworkLoss.allCases)
  func gradients(loss: NaiveNetworkLoss) {
    var generator = SeededGenerator(seed: 1)
    let shape = [2, 1, 2, 3, 4]
    let target = NaiveTensor<Double>(shape: shape, in: 0...1, using: &generator)
    let logits = NaiveTensor<Double>(shape: shape, in: -3...3, using: &generator)
    let prediction = naiveSigmoid(logits)
    let (ofLogits, ofPrediction) = (
      loss(logits: logits, target: target), loss(prediction: prediction, target: target)
    )
    #expect(abs(ofLogits.value - ofPrediction.value) < 1e-14)
    let logitsError = gradientError(
      of: ofLogits.gradient.values, at: logits.values, coordinates: logits.values.indices
    ) { loss(logits: NaiveTensor(shape: shape, values: $0), target: target).value }
    let predictionError = gradientError(
      of: ofPrediction.gradient.values, at: prediction.values, coordinates: prediction.values.indices,
      step: 1e-6
    ) { loss(prediction: NaiveTensor(shape: shape, values: $0), target: target).value }
    // Slopes are about 1e-2; rounding of the loss over the step leaves 1e-10. Near p = 0.05 the third
    // derivative of the logarithm is 2 / p^3 = 1.6e4, hence the smaller step.
    #expect(logitsError < 1e-7 && predictionError < 1e-6)
    // The chain rule through the sigmoid.
    let chained = naiveSigmoidGradient(ofPrediction.gradient, output: prediction)
    #expect(zip(chained.values, ofLogits.gradient.values).allSatisfy { abs($0 - $1) < 1e-14 })
  }

  private func expect(
    _ loss: NaiveNetworkLoss, _ prediction: NaiveTensor<Double>, _ target: NaiveTensor<Double>,
    _ value: Double
  ) {
    let found = loss(prediction: prediction, target: target).value
    #expect(abs(found - value) < 1e-14, "\(loss) is \(found), not \(value)")
  }
}
