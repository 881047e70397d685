/// Transposed convolution as PyTorch's ConvTranspose3d defines it, with a stride that equals the kernel: every
/// input voxel becomes a block of the kernel's size D x H x W, and the blocks do not overlap:
///
///     output[n, o, z D + kz, y H + ky, x W + kx] =
///       bias[o] + sum over i of weight[i, o, kz, ky, kx] * input[n, i, z, y, x]
public struct NaiveTransposedConvolution<T: BinaryFloatingPoint> {
  /// [in, out, D, H, W]
  public var weight: NaiveTensor<T>
  /// [out]
  public var bias: NaiveTensor<T>?

  public init(weight: NaiveTensor<T>, bias: NaiveTensor<T>? = nil) {
    self.weight = weight
    self.bias = bias
  }

  /// [N, in, d, h, w] becomes [N, out, d D, h H, w W].
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func callAsFunction(_ input: NaiveTensor<T>) -> NaiveTensor<T> {
    let kernel = weight.shape
    var output = NaiveTensor<T>(shape: [
      input.shape[0], kernel[1], input.shape[2] * kernel[2], input.shape[3] * kernel[3],
      input.shape[4] * kernel[4],
    ])
    forEachRow(input: input, output: output) { i, o, inputRow, outputRow, kz, ky in
      for kx in 0..<kernel[4] {
        let factor = weight[i, o, kz, ky, kx]
        for x in 0..<input.shape[4] {
          output.values[outputRow + x * kernel[4] + kx] += factor * input.values[inputRow + x]
        }
      }
    }
    if let bias {
      for n in 0..<output.shape[0] {
        for o in 0..<kernel[1] {
          for index in output.channel(n, o) { output.values[index] += bias.values[o] }
        }
      }
    }
    return output
  }

  /// d loss / d input from d loss / d output.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func inputGradient(_ outputGradient: NaiveTensor<T>) -> NaiveTensor<T> {
    let (kernel, shape) = (weight.shape, outputGradient.shape)
    var gradient = NaiveTensor<T>(shape: [
      shape[0], kernel[0], shape[2] / kernel[2], shape[3] / kernel[3], shape[4] / kernel[4],
    ])
    let width = gradient.shape[4]
    forEachRow(input: gradient, output: outputGradient) { i, o, inputRow, outputRow, kz, ky in
      for kx in 0..<kernel[4] {
        let factor = weight[i, o, kz, ky, kx]
        for x in 0..<width {
          gradient.values[inputRow + x] += factor * outputGradient.values[outputRow + x * kernel[4] + kx]
        }
      }
    }
    return gradient
  }

  /// d loss / d weight.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func weightGradient(_ outputGradient: NaiveTensor<T>, input: NaiveTensor<T>) -> NaiveTensor<T> {
    let kernel = weight.shape
    var gradient = NaiveTensor<T>(shape: kernel)
    forEachRow(input: input, output: outputGradient) { i, o, inputRow, outputRow, kz, ky in
      for kx in 0..<kernel[4] {
        var sum: T = 0
        for x in 0..<input.shape[4] {
          sum += outputGradient.values[outputRow + x * kernel[4] + kx] * input.values[inputRow + x]
        }
        gradient[i, o, kz, ky, kx] += sum
      }
    }
    return gradient
  }

  /// d loss / d bias: [out].
  public func biasGradient(_ outputGradient: NaiveTensor<T>) -> NaiveTensor<T> {
    channelSums(outputGradient)
  }

  /// Every input row with every output row that it reaches: input and output channel, where the two rows
  /// start, and the row of the kernel between them.
  private func forEachRow(
    input: NaiveTensor<T>, output: NaiveTensor<T>, _ body: (Int, Int, Int, Int, Int, Int) -> Void
  ) {
    for n in 0..<input.shape[0] {
      for i in 0..<input.shape[1] {
        for o in 0..<output.shape[1] {
          for z in 0..<input.shape[2] {
            for y in 0..<input.shape[3] {
              for kz in 0..<weight.shape[2] {
                for ky in 0..<weight.shape[3] {
                  let (outputZ, outputY) = (z * weight.shape[2] + kz, y * weight.shape[3] + ky)
                  body(i, o, input.offset(n, i, z, y, 0), output.offset(n, o, outputZ, outputY, 0), kz, ky)
                }
              }
            }
          }
        }
      }
    }
  }
}
