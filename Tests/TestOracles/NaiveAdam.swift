import Glibc

/// Adam as PyTorch's torch.optim.Adam takes a step. Remembers the moments of each parameter by its name.
///
///     g = gradient + weightDecay * parameter
///     m = beta1 m + (1 - beta1) g              v = beta2 v + (1 - beta2) g^2
///     parameter -= learningRate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// at step t = 1, 2, ... (Kingma, Ba, "Adam", 2015; epsilon stands outside the root.)
public struct NaiveAdam<T: BinaryFloatingPoint> {
  // Double for every T, as in PyTorch, where they are Python's numbers: 1 - beta2 in Float is wrong by 1e-5.
  public var learningRate = 1e-3
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  /// The classic kind: part of the gradient, not AdamW's.
  public var weightDecay = 0.0

  public private(set) var stepCount = 0
  private var firstMoments: [String: [T]] = [:]
  private var secondMoments: [String: [T]] = [:]

  public init() {}

  /// Moves every parameter that has a gradient.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public mutating func step(
    _ parameters: inout [String: NaiveTensor<T>], along gradients: [String: NaiveTensor<T>]
  ) {
    stepCount += 1
    let stepSize = T(learningRate / (1 - pow(beta1, Double(stepCount))))
    let root = T((1 - pow(beta2, Double(stepCount))).squareRoot())
    for (name, gradient) in gradients {
      guard var parameter = parameters[name] else {
        preconditionFailure("a gradient for the unknown \(name)")
      }
      let zeros = [T](repeating: 0, count: parameter.values.count)
      var (m, v) = (firstMoments[name] ?? zeros, secondMoments[name] ?? zeros)
      for i in parameter.values.indices {
        let g = gradient.values[i] + T(weightDecay) * parameter.values[i]
        m[i] = T(beta1) * m[i] + T(1 - beta1) * g
        v[i] = T(beta2) * v[i] + T(1 - beta2) * g * g
        parameter.values[i] -= stepSize * m[i] / (v[i].squareRoot() / root + T(epsilon))
      }
      (firstMoments[name], secondMoments[name], parameters[name]) = (m, v, parameter)
    }
  }
}
