#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
public import ComputeRuntime
public import NeuralKernels

/// Binary cross entropy, plainly: for a handful of numbers such as a discriminator's verdicts. Volumes go
/// through ``GeometricLoss``.
public enum BinaryCrossEntropy {
  /// The mean of `max(z, 0) - z * y + log(1 + exp(-|z|))` over `count` logits.
  ///
  /// - Parameter gradient: with respect to the logits, times `weight`; overwritten.
  public static func ofLogits(
    _ logits: Floats, target: Float, count: Int, weight: Double = 1, gradient: Floats?
  ) -> Double {
    var sum = 0.0
    for index in 0..<count {
      let (z, y) = (Double(logits[index]), Double(target))
      let decay = exp(-abs(z))
      sum += max(z, 0) - z * y + log1p(decay)
      let probability = z >= 0 ? 1 / (1 + decay) : decay / (1 + decay)
      gradient?[index] = Float(weight * (probability - y) / Double(count))
    }
    return sum / Double(count)
  }

  /// The mean of `-y log p - (1 - y) log(1 - p)`, no logarithm below -100 (as PyTorch limits them, so that
  /// a certain wrong answer costs a finite amount).
  ///
  /// - Parameter gradient: with respect to the probabilities; overwritten.
  public static func ofProbabilities(
    _ probabilities: Floats, targets: Floats, count: Int, gradient: Floats?
  ) -> Double {
    var sum = 0.0
    for index in 0..<count {
      let (p, y) = (Double(probabilities[index]), Double(targets[index]))
      sum -= y * max(-100, log(p)) + (1 - y) * max(-100, log1p(-p))
      gradient?[index] = Float((p - y) / max(1e-12, p * (1 - p)) / Double(count))
    }
    return sum / Double(count)
  }
}
