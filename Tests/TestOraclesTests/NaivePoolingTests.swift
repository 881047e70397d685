import TestOracles
import Testing

@Suite("NaiveMaxPooling")
struct NaivePoolingTests {
  @Test("by hand: windows, the rest is left out, the first of equal maxima gets the gradient")
  func byHand() {
    let input = NaiveTensor<Float>(
      shape: [1, 1, 1, 3, 5],
      values: [
        1, 7, 2, 2, 9,
        7, 0, 2, 1, 9,
        8, 8, 8, 8, 8,
      ])
    let pooling = NaiveMaxPooling(kernel: [1, 2, 2])
    #expect(pooling(input).shape == [1, 1, 1, 1, 2])
    #expect(pooling(input).values == [7, 2])
    let gradient = NaiveTensor<Float>(shape: [1, 1, 1, 1, 2], values: [5, 6])
    #expect(
      pooling.inputGradient(gradient, input: input).values == [0, 5, 6, 0, 0]
        + [Float](repeating: 0, count: 10))
  }

  @Test("by hand: depth is pooled too, numbers below zero as well")
  func depth() {
    let input = NaiveTensor<Double>(shape: [1, 2, 2, 1, 2], values: [-4, -3, -2, -9, 0, 1, 1, 1])
    #expect(NaiveMaxPooling(kernel: [2, 1, 2])(input).values == [-2, 1])
    let gradient = NaiveTensor<Double>(shape: [1, 2, 1, 1, 1], values: [3, 4])
    #expect(
      NaiveMaxPooling(kernel: [2, 1, 2]).inputGradient(gradient, input: input).values
        == [0, 0, 3, 0, 0, 4, 0, 0])
  }

  @Test("the gradient is the slope of <g, pool x>", arguments: [[1, 2, 2], [2, 2, 2], [2, 3, 1]])
  func finiteDifferences(kernel: [Int]) {
    var generator = SeededGenerator(seed: 1)
    // A step of 1e-6 does not reach from one of 24 random bits to the next, so no maximum changes.
    let input = NaiveTensor<Double>(shape: [2, 2, 4, 5, 3], in: 0...64, using: &generator)
    let pooling = NaiveMaxPooling(kernel: kernel)
    let gradient = NaiveTensor<Double>(shape: pooling(input).shape, using: &generator)
    let error = gradientError(
      of: pooling.inputGradient(gradient, input: input).values, at: input.values,
      coordinates: input.values.indices, step: 1e-6
    ) { gradient.dot(pooling(NaiveTensor(shape: input.shape, values: $0))) }
    // Linear around here; sums up to about 1e3 lose 1e-13 to rounding, over the step: 1e-7.
    #expect(error < 1e-6)
  }
}
