public import ComputeRuntime
public import NeuralKernels

/// How far predicted volumes are from the true ones, voxel by voxel: (2 Dice + BCE) / 2.
///
/// Dice is 1 - F1 of soft precision and recall, with 1 added to each count; BCE is the mean binary cross
/// entropy, computed from the logits so that it neither overflows nor loses digits. (Waibel et al. 2022;
/// docs/decisions/0010-geometric-loss.md)
public struct GeometricLoss: Sendable {
  public enum CrossEntropy: Sendable {
    /// Between target and prediction.
    case ordinary
    /// As the published code has it, with the arguments exchanged and the prediction, already a
    /// probability, taken for a logit's target: only to compare with that code.
    case swappedArguments
  }
  public enum Dice: Sendable {
    /// Precision and recall of the whole batch.
    case batch
    /// The mean of the samples' own.
    case perSample
  }

  public var crossEntropy = CrossEntropy.ordinary
  public var dice = Dice.batch

  public init(crossEntropy: CrossEntropy = .ordinary, dice: Dice = .batch) {
    (self.crossEntropy, self.dice) = (crossEntropy, dice)
  }

  public struct Value: Equatable, Sendable {
    public var dice: Double
    public var crossEntropy: Double
    public var combined: Double { dice + crossEntropy / 2 }
  }

  /// One group's counts: the whole batch, or one sample.
  private struct Counts {
    var product: Double
    var sizes: Double
    /// 2 (product + 1) / (sizes + 2) is F1 with 1 added to each count.
    var dice: Double { 1 - 2 * (product + 1) / (sizes + 2) }
    /// d dice / d prediction = slope * target + offset.
    var slope: Double { -2 / (sizes + 2) }
    var offset: Double { 2 * (product + 1) / ((sizes + 2) * (sizes + 2)) }
  }

  /// Elements of scratch memory that ``callAsFunction`` needs for a batch of this shape.
  public static func scratchCount(_ shape: TensorShape) -> Int {
    KernelWorkspace.lossPartialCount(shape.count / max(1, shape.batch))
  }

  /// The loss of a batch, and its gradient with respect to the logits.
  ///
  /// - Parameters:
  ///   - logits, probabilities, target: `shape`; the probabilities are the logits' sigmoids.
  ///   - weight: what the gradient is multiplied with.
  ///   - extraGradient: a gradient with respect to the probabilities that is added, such as that of the
  ///     topological loss; not multiplied with `weight`.
  ///   - gradient: overwritten; nil computes the value only.
  ///   - scratch: ``scratchCount(_:)`` elements.
  public func callAsFunction(
    logits: Floats, probabilities: Floats, target: Floats, shape: TensorShape, weight: Double = 1,
    extraGradient: Floats? = nil, gradient: Floats?, scratch: Floats, workspace: KernelWorkspace,
    team: WorkTeam
  ) -> Value {
    let voxels = shape.count / max(1, shape.batch)
    var entropy = 0.0
    var counts: [Counts] = []
    for sample in 0..<shape.batch {
      let start = sample * voxels
      let (z, p, y) = (
        logits.suffix(from: start), probabilities.suffix(from: start), target.suffix(from: start)
      )
      let sums = workspace.lossSums(
        logits: z, probabilities: p, target: y, count: voxels, partial: scratch, team: team)
      counts.append(Counts(product: sums.product, sizes: sums.prediction + sums.target))
      switch crossEntropy {
      case .ordinary: entropy += sums.crossEntropy
      case .swappedArguments:
        entropy +=
          workspace.lossSums(
            logits: y, probabilities: p, target: p, count: voxels, partial: scratch, team: team
          ).crossEntropy
      }
    }
    if dice == .batch {
      let all = Counts(
        product: counts.reduce(0) { $0 + $1.product }, sizes: counts.reduce(0) { $0 + $1.sizes })
      counts = counts.map { _ in all }
    }
    let value = Value(
      dice: counts.reduce(0) { $0 + $1.dice } / Double(counts.count),
      crossEntropy: entropy / Double(shape.count))
    if let gradient {
      let share = dice == .batch ? weight : weight / Double(counts.count)
      let perVoxel = weight / 2 / Double(shape.count)
      for (sample, count) in counts.enumerated() {
        let start = sample * voxels
        let isSwapped = crossEntropy == .swappedArguments
        workspace.lossGradient(
          probabilities: probabilities.suffix(from: start), target: target.suffix(from: start),
          extra: extraGradient?.suffix(from: start), count: voxels,
          slope: Float(share * count.slope - (isSwapped ? perVoxel : 0)),
          offset: Float(share * count.offset), entropy: Float(isSwapped ? 0 : perVoxel),
          to: gradient.suffix(from: start), team: team)
      }
    }
    return value
  }
}
