import TestOracles
import Testing

@Suite("NaiveConvolution")
struct NaiveConvolutionTests {
  /// Small volumes, every kernel of the network, one that is larger than the volume, and odd ones.
  static let cases: [(volume: [Int], kernel: [Int])] = [
    ([2, 3, 1, 4, 5], [2, 3, 1, 3, 3]), ([2, 2, 3, 4, 5], [3, 2, 3, 3, 3]),
    ([1, 2, 2, 3, 1], [1, 2, 1, 1, 1]),
    ([1, 1, 1, 2, 3], [2, 1, 3, 5, 7]), ([1, 3, 4, 1, 6], [2, 3, 5, 1, 3]),
  ]

  @Test("by hand: a row, its ends meet zeros; the kernel is not flipped")
  func byHand() {
    let weight = NaiveTensor<Double>(shape: [1, 1, 1, 1, 3], values: [1, 10, 100])
    let input = NaiveTensor<Double>(shape: [1, 1, 1, 1, 4], values: [1, 2, 3, 4])
    let convolution = NaiveConvolution(weight: weight, bias: NaiveTensor(shape: [1], values: [0.5]))
    #expect(convolution(input).values == [210.5, 321.5, 432.5, 43.5])
    // One output at a time: what it hands back to its inputs, and to the weights.
    let gradient = NaiveTensor<Double>(shape: [1, 1, 1, 1, 4], values: [0, 1, 0, 2])
    #expect(convolution.inputGradient(gradient).values == [1, 10, 102, 20])
    #expect(convolution.weightGradient(gradient, input: input).values == [7, 10, 3])
    #expect(convolution.biasGradient(gradient).values == [3])
  }

  @Test("by hand: channels add up, each with its own plane of the kernel")
  func channels() {
    let weight = NaiveTensor<Float>(shape: [2, 2, 1, 1, 1], values: [1, 2, 3, 4])
    let input = NaiveTensor<Float>(shape: [1, 2, 1, 1, 2], values: [1, 10, 100, 1000])
    #expect(NaiveConvolution(weight: weight)(input).values == [201, 2010, 403, 4030])
  }

  @Test("the definition, voxel by voxel: the tap (kz, ky, kx) reads the voxel moved by (kz - D/2, ...)")
  func definition() {
    var generator = SeededGenerator(seed: 1)
    for (volume, kernel) in Self.cases {
      let input = NaiveTensor<Double>(shape: volume, using: &generator)
      let weight = NaiveTensor<Double>(shape: kernel, using: &generator)
      let output = NaiveConvolution(weight: weight)(input)
      let place = volume.map { Int.random(in: 0..<$0, using: &generator) }
      for o in 0..<kernel[0] {
        var sum = 0.0
        for (i, kz, ky, kx) in everyTap(kernel) {
          let (z, y, x) = (
            place[2] + kz - kernel[2] / 2, place[3] + ky - kernel[3] / 2, place[4] + kx - kernel[4] / 2
          )
          if (0..<volume[2]).contains(z), (0..<volume[3]).contains(y), (0..<volume[4]).contains(x) {
            sum += weight[o, i, kz, ky, kx] * input[place[0], i, z, y, x]
          }
        }
        // Sums of at most 105 products below 1.
        #expect(abs(output[place[0], o, place[2], place[3], place[4]] - sum) < 1e-13)
      }
    }
  }

  @Test("the gradients are adjoint: <g, conv x> = <conv' g, x> = <dw, w> without a bias")
  func adjoint() {
    var generator = SeededGenerator(seed: 2)
    for (volume, kernel) in Self.cases {
      let input = NaiveTensor<Double>(shape: volume, using: &generator)
      let convolution = NaiveConvolution(weight: NaiveTensor<Double>(shape: kernel, using: &generator))
      let output = convolution(input)
      let gradient = NaiveTensor<Double>(shape: output.shape, using: &generator)
      let expected = gradient.dot(output)
      // The same products in another order.
      #expect(abs(convolution.inputGradient(gradient).dot(input) - expected) < 1e-12)
      let weightGradient = convolution.weightGradient(gradient, input: input)
      #expect(abs(weightGradient.dot(convolution.weight) - expected) < 1e-12)
    }
  }

  @Test("the gradients are the slopes of <g, conv x + b>")
  func finiteDifferences() {
    var generator = SeededGenerator(seed: 3)
    for (volume, kernel) in Self.cases {
      let input = NaiveTensor<Double>(shape: volume, using: &generator)
      let weight = NaiveTensor<Double>(shape: kernel, using: &generator)
      let bias = NaiveTensor<Double>(shape: [kernel[0]], using: &generator)
      let convolution = NaiveConvolution(weight: weight, bias: bias)
      let gradient = NaiveTensor<Double>(shape: convolution(input).shape, using: &generator)

      let inputError = gradientError(
        of: convolution.inputGradient(gradient).values, at: input.values,
        coordinates: stride(from: 0, to: input.values.count, by: 7)
      ) { gradient.dot(convolution(NaiveTensor(shape: volume, values: $0))) }
      let weightError = gradientError(
        of: convolution.weightGradient(gradient, input: input).values, at: weight.values,
        coordinates: stride(from: 0, to: weight.values.count, by: 5)
      ) {
        gradient.dot(NaiveConvolution(weight: NaiveTensor(shape: kernel, values: $0), bias: bias)(input))
      }
      let biasError = gradientError(
        of: convolution.biasGradient(gradient).values, at: bias.values, coordinates: bias.values.indices
      ) {
        gradient.dot(
          NaiveConvolution(weight: weight, bias: NaiveTensor(shape: bias.shape, values: $0))(input))
      }
      // Linear in each, so only rounding is left.
      #expect(inputError < 1e-9 && weightError < 1e-9 && biasError < 1e-9)
    }
  }

  private func everyTap(_ kernel: [Int]) -> [(Int, Int, Int, Int)] {
    (0..<kernel[1]).flatMap { i in
      (0..<kernel[2]).flatMap { kz in
        (0..<kernel[3]).flatMap { ky in (0..<kernel[4]).map { (i, kz, ky, $0) } }
      }
    }
  }
}
