package import ComputeRuntime
package import OptimalTransport
package import PersistentHomology

/// What predictions are compared with.
package enum LossTarget {
  /// Volumes of the predictions' shape.
  case volumes(StridedVolumes)
  /// Diagrams of resampled volumes.
  case diagrams(TargetDiagrams)
}

/// The diagrams of all targets, computed before.
package struct TargetDiagrams {
  let points: [FencedPointer<DiagramPoint>]
  let lastValues: [Double]?

  /// - Parameters:
  ///   - points: for each volume one diagram per wanted dimension, lowest first.
  ///   - lastValues: for each volume, where its filtration ends.
  package init(points: [FencedPointer<DiagramPoint>], lastValues: [Double]?) {
    self.points = points
    self.lastValues = lastValues
  }
}

/// Where the results of a call go.
package struct LossOutputs {
  /// One per volume.
  package var values: FencedPointer<Double>?
  /// Nine per volume: for H0, H1, H2 W_p, total persistence and pruning bound.
  package var terms: FencedPointer<Double>?
  package var gradient: GradientBuffer?
  package var targetGradient: GradientBuffer?

  package init() {}
}

/// Computes the topological loss of all volumes, and their gradients if they are wanted.
package func computeLoss(
  prediction: StridedVolumes, target: LossTarget, options: LossOptions, outputs: LossOutputs,
  interruption: Interruption
) throws(LossError) {
  let call = try LossCall(
    prediction: prediction, target: target, options: options, outputs: outputs,
    interruption: interruption)
  try shareOut(
    prediction.count, threads: options.threads, interruption: interruption
  ) { () throws(LossError) in
    try LossWorker(call)
  } _: { worker, index throws(LossError) in
    try worker.compute(index)
  }
}

/// What the workers of one call share.
struct LossCall: @unchecked Sendable {
  let prediction: StridedVolumes
  let target: LossTarget
  let options: LossOptions
  let outputs: LossOutputs
  let interruption: Interruption
  let budget: MemoryBudget
  let resampling: Resampling
  /// The extents of the resampled volumes.
  let extents: [Int]
  let preparation: PersistencePreparation
  /// The homology dimensions that count, lowest first.
  let dimensions: [Int]

  init(
    prediction: StridedVolumes, target: LossTarget, options: LossOptions, outputs: LossOutputs,
    interruption: Interruption
  ) throws(LossError) {
    let rank = prediction.shape.rank
    try options.check(rank: rank)
    self.prediction = prediction
    self.target = target
    self.options = options
    self.outputs = outputs
    self.interruption = interruption
    dimensions = (0..<rank).filter { options.dimensions.includes($0) }
    switch target {
    case .volumes(let volumes):
      guard volumes.shape == prediction.shape, volumes.batchExtents == prediction.batchExtents else {
        throw .shapesDiffer
      }
      guard outputs.targetGradient == nil || volumes.scalarType.isFloatingPoint else {
        throw .gradientNeedsFloatingPoint(.target)
      }
    case .diagrams(let diagrams):
      precondition(
        diagrams.points.count == prediction.count * dimensions.count, "one diagram per dimension")
      // NaN stands for a last value that nobody needs.
      if let volume = diagrams.lastValues?.firstIndex(where: \.isInfinite) {
        throw .lastValueNotFinite(volume: volume)
      }
    }
    guard outputs.gradient == nil || prediction.scalarType.isFloatingPoint else {
      throw .gradientNeedsFloatingPoint(.prediction)
    }
    let budget = MemoryBudget(limit: options.maximumMemory)
    self.budget = budget
    let extents = try options.workingExtents(of: prediction.shape)
    self.extents = extents
    resampling = try translatingErrors { () throws(ComputeError) in
      try Resampling(from: prediction.shape.extents, to: extents, budget: budget)
    }
    preparation = try asLossError { () throws(PersistenceError) in
      try PersistencePreparation(
        shape: VolumeShape(extents),
        options: PersistenceOptions(
          filtration: options.filtration, construction: options.construction,
          dimensions: options.dimensions),
        // One volume per thread; with more threads than volumes, the volumes share them.
        threads: max(1, options.threads / prediction.count), budget: budget,
        interruption: interruption)
    }
  }
}
