/// Batch normalisation as PyTorch's BatchNorm3d defines it: in every channel
///
///     output = weight * (input - mean) / sqrt(variance + epsilon) + bias
///
/// In training mean and variance are those of the batch (the biased variance, divided by the number of
/// values), in evaluation the running ones. (Ioffe, Szegedy, "Batch Normalization", 2015.)
public struct NaiveBatchNorm<T: BinaryFloatingPoint> {
  // Each has one value per channel.
  public var weight: NaiveTensor<T>
  public var bias: NaiveTensor<T>
  public var runningMean: NaiveTensor<T>
  public var runningVariance: NaiveTensor<T>
  /// The part that the newest batch has in the running statistics.
  public var momentum: T = 0.1
  public var epsilon: T = 1e-5

  public init(
    weight: NaiveTensor<T>, bias: NaiveTensor<T>, runningMean: NaiveTensor<T>, runningVariance: NaiveTensor<T>
  ) {
    self.weight = weight
    self.bias = bias
    self.runningMean = runningMean
    self.runningVariance = runningVariance
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  public func callAsFunction(_ input: NaiveTensor<T>, training: Bool) -> NaiveTensor<T> {
    let (mean, variance) = statistics(of: input, training: training)
    var output = input
    for n in 0..<input.shape[0] {
      for c in 0..<input.shape[1] {
        let deviation = (variance[c] + epsilon).squareRoot()
        for index in input.channel(n, c) {
          output.values[index] =
            weight.values[c] * (input.values[index] - mean[c]) / deviation + bias.values[c]
        }
      }
    }
    return output
  }

  /// What a training step leaves in the running statistics: the variance that goes there is the unbiased one
  /// (divided by the number of values less one).
  public mutating func updateRunningStatistics(with input: NaiveTensor<T>) {
    let (mean, variance) = statistics(of: input, training: true)
    let count = T(input.shape[0] * input.voxelCount)
    for c in 0..<input.shape[1] {
      let unbiased = variance[c] * count / (count - 1)
      runningMean.values[c] += momentum * (mean[c] - runningMean.values[c])
      runningVariance.values[c] += momentum * (unbiased - runningVariance.values[c])
    }
  }

  /// d loss / d input, d weight and d bias from d loss / d output.
  ///
  /// With z = (input - mean) / deviation and g = d loss / d output: d weight = sum g z, d bias = sum g, and
  /// d input = weight / deviation * (g - mean of g - z * mean of g z). The two means are what moves through
  /// the statistics of the batch; in evaluation these are constant, and the means are left out.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func gradients(
    _ outputGradient: NaiveTensor<T>, input: NaiveTensor<T>, training: Bool
  ) -> (input: NaiveTensor<T>, weight: NaiveTensor<T>, bias: NaiveTensor<T>) {
    let (mean, variance) = statistics(of: input, training: training)
    var normalised = input
    var products = outputGradient
    for n in 0..<input.shape[0] {
      for c in 0..<input.shape[1] {
        let deviation = (variance[c] + epsilon).squareRoot()
        for index in input.channel(n, c) {
          normalised.values[index] = (input.values[index] - mean[c]) / deviation
          products.values[index] = outputGradient.values[index] * normalised.values[index]
        }
      }
    }
    let (weightGradient, biasGradient) = (channelSums(products), channelSums(outputGradient))
    let count = T(input.shape[0] * input.voxelCount)
    var inputGradient = outputGradient
    for n in 0..<input.shape[0] {
      for c in 0..<input.shape[1] {
        let scale = weight.values[c] / (variance[c] + epsilon).squareRoot()
        let (meanGradient, meanProduct) = (biasGradient.values[c] / count, weightGradient.values[c] / count)
        for index in input.channel(n, c) {
          let moved = training ? meanGradient + normalised.values[index] * meanProduct : 0
          inputGradient.values[index] = scale * (outputGradient.values[index] - moved)
        }
      }
    }
    return (inputGradient, weightGradient, biasGradient)
  }

  /// Mean and biased variance of every channel.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func statistics(of input: NaiveTensor<T>, training: Bool) -> (mean: [T], variance: [T]) {
    guard training else { return (runningMean.values, runningVariance.values) }
    let count = T(input.shape[0] * input.voxelCount)
    let mean = channelSums(input).values.map { $0 / count }
    var squares = input
    for n in 0..<input.shape[0] {
      for c in 0..<input.shape[1] {
        for index in input.channel(n, c) {
          let distance = input.values[index] - mean[c]
          squares.values[index] = distance * distance
        }
      }
    }
    return (mean, channelSums(squares).values.map { $0 / count })
  }
}
