// Raw addresses: the kernels want them.
public import ComputeRuntime

/// Voxel by voxel: activations, losses, the optimiser. Long arrays are shared out in blocks of a fixed
/// length, and sums are formed block by block, so that no result depends on the number of threads.
extension KernelWorkspace {
  static let blockLength = 16_384

  private func shareBlocks(
    of count: Int, team: WorkTeam, _ body: (_ block: Int, _ range: Range<Int>) -> Void
  ) {
    let blocks = (count + Self.blockLength - 1) / Self.blockLength
    team.share(blocks) { _, block in
      let start = block * Self.blockLength
      body(block, start..<min(count, start + Self.blockLength))
    }
  }

  /// `output = 1 / (1 + exp(-input))`
  public func sigmoid(_ input: Floats, count: Int, to output: Floats, team: WorkTeam) {
    shareBlocks(of: count, team: team) { _, range in
      unsafe kernels.sigmoid(
        input.suffix(from: range.lowerBound).pointer, count: range.count,
        output: output.suffix(from: range.lowerBound).pointer)
    }
  }

  /// `result = gradient * output * (1 - output)`
  public func sigmoidBackward(
    _ gradient: Floats, output: Floats, count: Int, to result: Floats, team: WorkTeam
  ) {
    shareBlocks(of: count, team: team) { _, range in
      unsafe kernels.sigmoidBackward(
        gradient.suffix(from: range.lowerBound).pointer,
        output: output.suffix(from: range.lowerBound).pointer, count: range.count,
        result: result.suffix(from: range.lowerBound).pointer)
    }
  }

  /// What the geometric losses need of all voxels.
  public struct LossSums: Sendable {
    /// Sum of prediction times target.
    public var product = 0.0
    public var prediction = 0.0
    public var target = 0.0
    /// Sum of the voxels' cross entropies.
    public var crossEntropy = 0.0
  }

  /// - Parameter partial: room for four numbers per block: see ``lossPartialCount(_:)``.
  public func lossSums(
    logits: Floats, probabilities: Floats, target: Floats, count: Int, partial: Floats,
    team: WorkTeam
  ) -> LossSums {
    shareBlocks(of: count, team: team) { block, range in
      let place = partial.suffix(from: block * 4)
      place.fill(0..<4, with: 0)
      unsafe kernels.lossSums(
        logits: logits.suffix(from: range.lowerBound).pointer,
        probabilities: probabilities.suffix(from: range.lowerBound).pointer,
        target: target.suffix(from: range.lowerBound).pointer, count: range.count,
        sums: place.pointer)
    }
    var sums = LossSums()
    for block in 0..<Self.lossPartialCount(count) / 4 {
      sums.product += Double(partial[block * 4])
      sums.prediction += Double(partial[block * 4 + 1])
      sums.target += Double(partial[block * 4 + 2])
      sums.crossEntropy += Double(partial[block * 4 + 3])
    }
    return sums
  }

  public static func lossPartialCount(_ count: Int) -> Int {
    (count + blockLength - 1) / blockLength * 4
  }

  /// The gradient with respect to the logits:
  /// `(slope * target + offset + extra) * p * (1 - p) + entropy * (p - target)`.
  public func lossGradient(
    probabilities: Floats, target: Floats, extra: Floats?, count: Int, slope: Float,
    offset: Float, entropy: Float, to result: Floats, team: WorkTeam
  ) {
    shareBlocks(of: count, team: team) { _, range in
      unsafe kernels.lossGradient(
        probabilities: probabilities.suffix(from: range.lowerBound).pointer,
        target: target.suffix(from: range.lowerBound).pointer,
        extra: extra.map { unsafe UnsafePointer($0.suffix(from: range.lowerBound).pointer) },
        count: range.count, slope: slope, offset: offset, entropy: entropy,
        result: result.suffix(from: range.lowerBound).pointer)
    }
  }

  /// The numbers of one step of Adam.
  public struct AdamNumbers: Sendable {
    public var beta1: Double
    public var beta2: Double
    /// rate / (1 - beta1^t)
    public var stepSize: Float
    /// 1 / sqrt(1 - beta2^t)
    public var rootCorrection: Float
    public var epsilon: Float
    public var weightDecay: Float
    /// What every gradient is multiplied with before it is used.
    public var gradientScale: Float

    public init(
      beta1: Double, beta2: Double, stepSize: Float, rootCorrection: Float, epsilon: Float,
      weightDecay: Float, gradientScale: Float
    ) {
      (self.beta1, self.beta2, self.stepSize) = (beta1, beta2, stepSize)
      (self.rootCorrection, self.epsilon) = (rootCorrection, epsilon)
      (self.weightDecay, self.gradientScale) = (weightDecay, gradientScale)
    }
  }

  public func adamStep(
    weights: Floats, gradient: Floats, first: Floats, second: Floats, count: Int,
    numbers: AdamNumbers, team: WorkTeam
  ) {
    shareBlocks(of: count, team: team) { _, range in
      let start = range.lowerBound
      unsafe kernels.adamStep(
        weights: weights.suffix(from: start).pointer,
        gradient: gradient.suffix(from: start).pointer,
        first: first.suffix(from: start).pointer, second: second.suffix(from: start).pointer,
        count: range.count, beta1: Float(numbers.beta1), beta2: Float(numbers.beta2),
        complement1: Float(1 - numbers.beta1), complement2: Float(1 - numbers.beta2),
        stepSize: numbers.stepSize, rootCorrection: numbers.rootCorrection,
        epsilon: numbers.epsilon, decay: numbers.weightDecay,
        gradientScale: numbers.gradientScale)
    }
  }

  /// `target += source`
  public func add(_ source: Floats, to target: Floats, count: Int, team: WorkTeam) {
    shareBlocks(of: count, team: team) { _, range in
      unsafe kernels.addValues(
        source.suffix(from: range.lowerBound).pointer,
        to: target.suffix(from: range.lowerBound).pointer, count: range.count)
    }
  }

  public func sumOfSquares(_ values: Floats, count: Int) -> Double {
    unsafe kernels.sumOfSquares(values.pointer, count: count)
  }
}
