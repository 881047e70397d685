/// Convolution as PyTorch's Conv3d defines it (a cross-correlation: the kernel is not flipped), with stride 1
/// and zeros around the input, so that output and input have one size:
///
///     output[n, o, z, y, x] = bias[o] + sum over i, kz, ky, kx of
///       weight[o, i, kz, ky, kx] * input[n, i, z + kz - D/2, y + ky - H/2, x + kx - W/2]
///
/// for a kernel of the odd size D x H x W. The loops run over the terms of that sum: sample, output channel,
/// input channel, tap of the kernel, then along each row that the tap reaches.
public struct NaiveConvolution<T: BinaryFloatingPoint> {
  /// [out, in, D, H, W]
  public var weight: NaiveTensor<T>
  /// [out]
  public var bias: NaiveTensor<T>?

  public init(weight: NaiveTensor<T>, bias: NaiveTensor<T>? = nil) {
    self.weight = weight
    self.bias = bias
  }

  /// [N, in, D, H, W] becomes [N, out, D, H, W].
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func callAsFunction(_ input: NaiveTensor<T>) -> NaiveTensor<T> {
    var shape = input.shape
    shape[1] = weight.shape[0]
    var output = NaiveTensor<T>(shape: shape)
    if let bias {
      for n in 0..<shape[0] {
        for o in 0..<shape[1] {
          for index in output.channel(n, o) { output.values[index] = bias.values[o] }
        }
      }
    }
    let (inputs, taps) = (input.values.span, taps(of: weight.shape, over: shape))
    for n in 0..<shape[0] {
      for o in 0..<weight.shape[0] {
        for i in 0..<weight.shape[1] {
          for tap in taps {
            let factor = weight[o, i, tap.kz, tap.ky, tap.kx]
            for z in tap.zs {
              for y in tap.ys {
                let outputRow = output.offset(n, o, z, y, tap.xs.lowerBound)
                let inputRow = input.offset(n, i, z + tap.dz, y + tap.dy, tap.xs.lowerBound + tap.dx)
                var outputs = output.values.mutableSpan
                add(factor, times: inputs, from: inputRow, to: &outputs, from: outputRow, tap.xs.count)
              }
            }
          }
        }
      }
    }
    return output
  }

  /// d loss / d input from d loss / d output: each term of the sum, carried to its input.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func inputGradient(_ outputGradient: NaiveTensor<T>) -> NaiveTensor<T> {
    var shape = outputGradient.shape
    shape[1] = weight.shape[1]
    var gradient = NaiveTensor<T>(shape: shape)
    let (outputs, taps) = (outputGradient.values.span, taps(of: weight.shape, over: shape))
    for n in 0..<shape[0] {
      for o in 0..<weight.shape[0] {
        for i in 0..<weight.shape[1] {
          for tap in taps {
            let factor = weight[o, i, tap.kz, tap.ky, tap.kx]
            for z in tap.zs {
              for y in tap.ys {
                let outputRow = outputGradient.offset(n, o, z, y, tap.xs.lowerBound)
                let inputRow = gradient.offset(n, i, z + tap.dz, y + tap.dy, tap.xs.lowerBound + tap.dx)
                var inputs = gradient.values.mutableSpan
                add(factor, times: outputs, from: outputRow, to: &inputs, from: inputRow, tap.xs.count)
              }
            }
          }
        }
      }
    }
    return gradient
  }

  /// d loss / d weight: each term of the sum, carried to its weight.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func weightGradient(_ outputGradient: NaiveTensor<T>, input: NaiveTensor<T>) -> NaiveTensor<T> {
    var gradient = NaiveTensor<T>(shape: weight.shape)
    let taps = taps(of: weight.shape, over: input.shape)
    for n in 0..<input.shape[0] {
      for o in 0..<weight.shape[0] {
        for i in 0..<weight.shape[1] {
          for tap in taps {
            var sum: T = 0
            for z in tap.zs {
              for y in tap.ys {
                let outputRow = outputGradient.offset(n, o, z, y, 0)
                let inputRow = input.offset(n, i, z + tap.dz, y + tap.dy, tap.dx)
                for x in tap.xs {
                  sum += outputGradient.values[outputRow + x] * input.values[inputRow + x]
                }
              }
            }
            gradient[o, i, tap.kz, tap.ky, tap.kx] += sum
          }
        }
      }
    }
    return gradient
  }

  /// d loss / d bias: [out].
  public func biasGradient(_ outputGradient: NaiveTensor<T>) -> NaiveTensor<T> {
    channelSums(outputGradient)
  }
}

/// Adds `factor` times a row of `source` to a row of `target`, value by value.
///
/// The ends are checked first, so that the loop needs no checks: this is where a whole network spends its time.
private func add<T: BinaryFloatingPoint>(
  _ factor: T, times source: Span<T>, from sourceStart: Int,
  to target: inout MutableSpan<T>, from targetStart: Int, _ count: Int
) {
  precondition(sourceStart >= 0 && sourceStart + count <= source.count)
  precondition(targetStart >= 0 && targetStart + count <= target.count)
  for x in 0..<count { target[targetStart &+ x] += factor * source[sourceStart &+ x] }
}

/// The sum of each channel over samples and voxels: the gradient of whatever is added to a whole channel.
@specialized(where T == Float)
@specialized(where T == Double)
func channelSums<T>(_ tensor: NaiveTensor<T>) -> NaiveTensor<T> {
  var sums = NaiveTensor<T>(shape: [tensor.shape[1]])
  for n in 0..<tensor.shape[0] {
    for c in 0..<tensor.shape[1] {
      for index in tensor.channel(n, c) { sums.values[c] += tensor.values[index] }
    }
  }
  return sums
}

/// One place of the kernel: how far it reaches from an output voxel, and the output voxels whose input voxel
/// lies inside the volume. The others meet zeros.
private struct Tap {
  var (kz, ky, kx) = (0, 0, 0)
  var (dz, dy, dx) = (0, 0, 0)
  var (zs, ys, xs) = (0..<0, 0..<0, 0..<0)
}

/// Every place of a kernel of shape [out, in, D, H, W], over volumes of shape [N, C, D, H, W].
private func taps(of kernel: [Int], over shape: [Int]) -> [Tap] {
  var taps: [Tap] = []
  for kz in 0..<kernel[2] {
    for ky in 0..<kernel[3] {
      for kx in 0..<kernel[4] {
        let (dz, dy, dx) = (kz - kernel[2] / 2, ky - kernel[3] / 2, kx - kernel[4] / 2)
        let xs = inside(shape[4], movedBy: dx)
        // In a row shorter than half the kernel it meets zeros only.
        if xs.isEmpty { continue }
        taps.append(
          Tap(
            kz: kz, ky: ky, kx: kx, dz: dz, dy: dy, dx: dx,
            zs: inside(shape[2], movedBy: dz), ys: inside(shape[3], movedBy: dy), xs: xs))
      }
    }
  }
  return taps
}

/// The positions in 0 ..< extent that are still there after a move.
private func inside(_ extent: Int, movedBy shift: Int) -> Range<Int> {
  let first = min(max(0, -shift), extent)
  return first..<max(first, min(extent, extent - shift))
}
