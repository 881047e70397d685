import TestOracles
import Testing

@Suite("NaiveTransposedConvolution")
struct NaiveTransposedConvolutionTests {
  /// Volumes and kernels [in, out, D, H, W].
  static let cases: [(volume: [Int], kernel: [Int])] = [
    ([2, 3, 1, 3, 4], [3, 2, 2, 1, 1]), ([2, 2, 2, 3, 2], [2, 3, 2, 2, 2]),
    ([1, 2, 1, 2, 3], [2, 1, 1, 3, 4]),
  ]

  @Test("by hand: every voxel becomes a block, channels add up")
  func byHand() {
    let layer = NaiveTransposedConvolution(
      weight: NaiveTensor<Double>(shape: [2, 1, 1, 2, 2], values: [1, 2, 3, 4, 10, 20, 30, 40]),
      bias: NaiveTensor(shape: [1], values: [0.5]))
    let input = NaiveTensor<Double>(shape: [1, 2, 1, 1, 2], values: [1, 2, 3, 4])
    // Voxels 1 and 2 of the first channel, 3 and 4 of the second.
    #expect(layer(input).values == [31.5, 62.5, 42.5, 84.5, 93.5, 124.5, 126.5, 168.5])

    let gradient = NaiveTensor<Double>(shape: [1, 1, 1, 2, 4], values: [1, 0, 0, 5, 0, 0, 7, 0])
    // Of the second voxels: 2 * 5 + 3 * 7, 20 * 5 + 30 * 7.
    #expect(layer.inputGradient(gradient).values == [1, 31, 10, 310])
    #expect(layer.weightGradient(gradient, input: input).values == [1, 10, 14, 0, 3, 20, 28, 0])
    #expect(layer.biasGradient(gradient).values == [13])
  }

  @Test("by hand: depth grows alone")
  func depth() {
    let weight = NaiveTensor<Float>(shape: [1, 2, 2, 1, 1], values: [1, 10, 100, 1000])
    let input = NaiveTensor<Float>(shape: [1, 1, 2, 1, 2], values: [1, 2, 3, 4])
    let output = NaiveTransposedConvolution(weight: weight)(input)
    #expect(output.shape == [1, 2, 4, 1, 2])
    #expect(
      output.values == [1, 2, 10, 20, 3, 4, 30, 40, 100, 200, 1000, 2000, 300, 400, 3000, 4000])
  }

  @Test("the gradients are adjoint: <g, up x> = <up' g, x> = <dw, w> without a bias")
  func adjoint() {
    var generator = SeededGenerator(seed: 1)
    for (volume, kernel) in Self.cases {
      let input = NaiveTensor<Double>(shape: volume, using: &generator)
      let layer = NaiveTransposedConvolution(weight: NaiveTensor<Double>(shape: kernel, using: &generator))
      let output = layer(input)
      let gradient = NaiveTensor<Double>(shape: output.shape, using: &generator)
      let expected = gradient.dot(output)
      // The same products in another order.
      #expect(abs(layer.inputGradient(gradient).dot(input) - expected) < 1e-12)
      #expect(abs(layer.weightGradient(gradient, input: input).dot(layer.weight) - expected) < 1e-12)
    }
  }

  @Test("the gradients are the slopes of <g, up x + b>")
  func finiteDifferences() {
    var generator = SeededGenerator(seed: 2)
    for (volume, kernel) in Self.cases {
      let input = NaiveTensor<Double>(shape: volume, using: &generator)
      let weight = NaiveTensor<Double>(shape: kernel, using: &generator)
      let bias = NaiveTensor<Double>(shape: [kernel[1]], using: &generator)
      let layer = NaiveTransposedConvolution(weight: weight, bias: bias)
      let gradient = NaiveTensor<Double>(shape: layer(input).shape, using: &generator)

      let inputError = gradientError(
        of: layer.inputGradient(gradient).values, at: input.values, coordinates: input.values.indices
      ) { gradient.dot(layer(NaiveTensor(shape: volume, values: $0))) }
      let weightError = gradientError(
        of: layer.weightGradient(gradient, input: input).values, at: weight.values,
        coordinates: weight.values.indices
      ) {
        gradient.dot(
          NaiveTransposedConvolution(weight: NaiveTensor(shape: kernel, values: $0), bias: bias)(input))
      }
      let biasError = gradientError(
        of: layer.biasGradient(gradient).values, at: bias.values, coordinates: bias.values.indices
      ) {
        gradient.dot(
          NaiveTransposedConvolution(weight: weight, bias: NaiveTensor(shape: bias.shape, values: $0))(input))
      }
      // Linear in each, so only rounding is left.
      #expect(inputError < 1e-9 && weightError < 1e-9 && biasError < 1e-9)
    }
  }
}
