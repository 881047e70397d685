import TestOracles
import Testing

@Suite("NaiveActivations")
struct NaiveActivationsTests {
  @Test("ReLU by hand, with slope 0 at 0")
  func relu() {
    let input = NaiveTensor<Float>(shape: [4], values: [-2, 0, 0.5, 3])
    #expect(naiveReLU(input).values == [0, 0, 0.5, 3])
    let gradient = NaiveTensor<Float>(shape: [4], values: [1, 2, 3, 4])
    #expect(naiveReLUGradient(gradient, input: input).values == [0, 0, 3, 4])
  }

  @Test("sigmoid at 0, at log 3, and where exp overflows")
  func sigmoid() {
    // log 3, to the last digit of Double.
    let input = NaiveTensor<Double>(
      shape: [5], values: [0, 1.0986122886681098, -1.0986122886681098, 1000, -1000])
    let output = naiveSigmoid(input)
    #expect(zip(output.values, [0.5, 0.75, 0.25, 1, 0]).allSatisfy { abs($0 - $1) < 1e-15 })
    let gradient = NaiveTensor<Double>(shape: [5], values: [4, 16, 16, 1, 1])
    let slopes = naiveSigmoidGradient(gradient, output: output).values
    #expect(zip(slopes, [1, 3, 3, 0, 0]).allSatisfy { abs($0 - $1) < 1e-14 })
  }

  @Test("the gradient of the sigmoid is the slope of <g, sigmoid x>")
  func finiteDifferences() {
    var generator = SeededGenerator(seed: 1)
    let input = NaiveTensor<Double>(shape: [40], in: -6...6, using: &generator)
    let gradient = NaiveTensor<Double>(shape: [40], using: &generator)
    let found = naiveSigmoidGradient(gradient, output: naiveSigmoid(input))
    let error = gradientError(of: found.values, at: input.values, coordinates: 0..<40) {
      gradient.dot(naiveSigmoid(NaiveTensor(shape: [40], values: $0)))
    }
    // The limit of `gradientError`.
    #expect(error < 1e-8)
  }
}
