import Glibc

/// The losses of the trainer, over all values of a batch at once. Targets are in 0...1, grey ones too.
///
/// Everything is computed in Double and rounded to `T` at the end, so that sums over a million voxels are right.
public enum NaiveNetworkLoss: CaseIterable, Sendable {
  /// 1 - F1 of soft precision and recall, (sum y p + 1) / (sum p + 1) and (sum y p + 1) / (sum y + 1).
  case dice
  /// The mean of -(y log p + (1 - y) log(1 - p)).
  case crossEntropy
  /// The reference hands BCEWithLogits its arguments in the wrong order, the target for the logits and the
  /// prediction for the target: the mean of max(y, 0) - y p + log(1 + exp(-|y|)).
  case swappedCrossEntropy
  /// (2 Dice + cross entropy) / 2.
  case combined
  /// (2 Dice + swapped cross entropy) / 2: what the reference trains with.
  case swappedCombined

  public struct Outcome<T: BinaryFloatingPoint> {
    public var value: T
    /// With respect to the probabilities or to the logits, whichever were given.
    public var gradient: NaiveTensor<T>
  }

  /// Of a prediction in 0...1.
  public func callAsFunction<T>(prediction: NaiveTensor<T>, target: NaiveTensor<T>) -> Outcome<T> {
    outcome(of: prediction, target, by: ofProbabilities)
  }

  /// Of what a sigmoid turns into probabilities; holds for logits of any size.
  public func callAsFunction<T>(logits: NaiveTensor<T>, target: NaiveTensor<T>) -> Outcome<T> {
    outcome(of: logits, target, by: ofLogits)
  }

  private typealias Loss = (value: Double, gradient: [Double])

  @specialized(where T == Float)
  @specialized(where T == Double)
  private func outcome<T>(
    of input: NaiveTensor<T>, _ target: NaiveTensor<T>, by function: ([Double], [Double]) -> Loss
  ) -> Outcome<T> {
    precondition(input.shape == target.shape, "\(input.shape) against \(target.shape)")
    let loss = function(NaiveTensor<Double>(input).values, NaiveTensor<Double>(target).values)
    return Outcome(
      value: T(loss.value),
      gradient: NaiveTensor<T>(NaiveTensor<Double>(shape: input.shape, values: loss.gradient)))
  }

  private func ofProbabilities(_ p: [Double], _ y: [Double]) -> Loss {
    let count = Double(p.count)
    switch self {
    case .dice: return Self.diceLoss(p, y)
    case .crossEntropy:
      // Logarithms below -100 count as -100, and the denominator is at least 1e-12: PyTorch's BCELoss.
      let terms = zip(p, y).map { p, y in -y * max(log(p), -100) - (1 - y) * max(log1p(-p), -100) }
      return (terms.reduce(0, +) / count, zip(p, y).map { ($0 - $1) / max($0 * (1 - $0), 1e-12) / count })
    case .swappedCrossEntropy:
      return (zip(p, y).reduce(0) { $0 + Self.logisticLoss($1.1, $1.0) } / count, y.map { -$0 / count })
    case .combined:
      return Self.halfOf(Self.dice.ofProbabilities(p, y), Self.crossEntropy.ofProbabilities(p, y))
    case .swappedCombined:
      return Self.halfOf(Self.dice.ofProbabilities(p, y), Self.swappedCrossEntropy.ofProbabilities(p, y))
    }
  }

  private func ofLogits(_ z: [Double], _ y: [Double]) -> Loss {
    switch self {
    case .dice, .swappedCrossEntropy:
      let p = z.map(sigmoid)
      let loss = ofProbabilities(p, y)
      return (loss.value, zip(loss.gradient, p).map { $0 * $1 * (1 - $1) })
    case .crossEntropy:
      let count = Double(z.count)
      return (
        zip(z, y).reduce(0) { $0 + Self.logisticLoss($1.0, $1.1) } / count,
        zip(z, y).map { (sigmoid($0) - $1) / count }
      )
    case .combined: return Self.halfOf(Self.dice.ofLogits(z, y), Self.crossEntropy.ofLogits(z, y))
    case .swappedCombined:
      return Self.halfOf(Self.dice.ofLogits(z, y), Self.swappedCrossEntropy.ofLogits(z, y))
    }
  }

  private static func diceLoss(_ p: [Double], _ y: [Double]) -> Loss {
    let hit = zip(p, y).reduce(1) { $0 + $1.0 * $1.1 }
    let (predicted, there) = (p.reduce(1, +), y.reduce(1, +))
    let (precision, recall) = (hit / predicted, hit / there)
    let sum = precision + recall
    // By the quotient rule d F1 = 2 (recall^2 d precision + precision^2 d recall) / sum^2, where
    // d precision / d p = (y - precision) / predicted and d recall / d p = y / there.
    let gradient = y.map { y in
      -2 * (recall * recall * (y - precision) / predicted + precision * precision * y / there) / (sum * sum)
    }
    return (1 - 2 * precision * recall / sum, gradient)
  }

  private static func halfOf(_ dice: Loss, _ crossEntropy: Loss) -> Loss {
    (
      (2 * dice.value + crossEntropy.value) / 2,
      zip(dice.gradient, crossEntropy.gradient).map { (2 * $0 + $1) / 2 }
    )
  }

  /// -(y log p + (1 - y) log(1 - p)) of p = sigmoid(z), in a form where no exponential overflows and no
  /// logarithm comes near 0.
  private static func logisticLoss(_ z: Double, _ y: Double) -> Double {
    max(z, 0) - z * y + log1p(exp(-abs(z)))
  }
}
