/// A fully connected layer: output[n, o] = bias[o] + sum over i of weight[o, i] * input[n, i], where i counts all
/// values of a sample in their order (PyTorch's Flatten and Linear).
public struct NaiveLinear<T: BinaryFloatingPoint> {
  /// [out, in]
  public var weight: NaiveTensor<T>
  /// [out]
  public var bias: NaiveTensor<T>

  public init(weight: NaiveTensor<T>, bias: NaiveTensor<T>) {
    self.weight = weight
    self.bias = bias
  }

  private var outputs: Int { weight.shape[0] }
  private var inputs: Int { weight.shape[1] }

  /// [N, ...] becomes [N, out].
  public func callAsFunction(_ input: NaiveTensor<T>) -> NaiveTensor<T> {
    var output = NaiveTensor<T>(shape: [input.shape[0], outputs])
    for n in 0..<input.shape[0] {
      for o in 0..<outputs {
        var sum = bias.values[o]
        for i in 0..<inputs { sum += weight.values[o * inputs + i] * input.values[n * inputs + i] }
        output.values[n * outputs + o] = sum
      }
    }
    return output
  }

  /// d loss / d input, d weight and d bias from d loss / d output.
  public func gradients(
    _ outputGradient: NaiveTensor<T>, input: NaiveTensor<T>
  ) -> (input: NaiveTensor<T>, weight: NaiveTensor<T>, bias: NaiveTensor<T>) {
    var inputGradient = NaiveTensor<T>(shape: input.shape)
    var weightGradient = NaiveTensor<T>(shape: weight.shape)
    var biasGradient = NaiveTensor<T>(shape: bias.shape)
    for n in 0..<input.shape[0] {
      for o in 0..<outputs {
        let slope = outputGradient.values[n * outputs + o]
        biasGradient.values[o] += slope
        for i in 0..<inputs {
          inputGradient.values[n * inputs + i] += slope * weight.values[o * inputs + i]
          weightGradient.values[o * inputs + i] += slope * input.values[n * inputs + i]
        }
      }
    }
    return (inputGradient, weightGradient, biasGradient)
  }
}
