internal import ComputeRuntime
internal import OptimalTransport
internal import PersistentHomology

/// Computes the loss of one volume after the other; one per thread.
final class LossWorker {
  private let call: LossCall
  private let working: WorkingVolume
  private let predictionComputation: PersistenceComputation
  private let targetComputation: PersistenceComputation?
  private let matcher: DiagramMatcher
  private let partnersOfTarget: Scratch<Int32>
  /// By homology dimension.
  private let predictionFeatures: [FeatureList]
  private let targetFeatures: [FeatureList]
  private let predictionSlopes: [MatchingSlopes]
  private let targetSlopes: [MatchingSlopes]
  private let predictionGradient: GradientAccumulator?
  private let targetGradient: GradientAccumulator?

  init(_ call: LossCall) throws(LossError) {
    self.call = call
    let (budget, resampling, options) = (call.budget, call.resampling, call.options)
    working = WorkingVolume(
      resampling, extents: call.extents, budget: budget, interruption: call.interruption)
    let type = WorkingVolume.type(of: call.prediction, resampling)
    predictionComputation = call.preparation.makeComputation(type)
    targetComputation =
      if case .volumes(let volumes) = call.target {
        WorkingVolume.type(of: volumes, resampling) == type
          ? predictionComputation
          : call.preparation.makeComputation(WorkingVolume.type(of: volumes, resampling))
      } else { nil }
    let transport = TransportOptions(order: options.order, essentialClasses: options.essentialClasses)
    matcher = try asLossError { () throws(TransportError) in
      try DiagramMatcher(options: transport, budget: budget, interruption: call.interruption)
    }
    partnersOfTarget = Scratch(budget: budget)
    predictionFeatures = (0..<3).map { _ in FeatureList(budget: budget) }
    targetFeatures = (0..<3).map { _ in FeatureList(budget: budget) }
    predictionSlopes = (0..<3).map { _ in MatchingSlopes(budget: budget) }
    targetSlopes = (0..<3).map { _ in MatchingSlopes(budget: budget) }
    func accumulator(_ buffer: GradientBuffer?) throws(LossError) -> GradientAccumulator? {
      if buffer == nil { return nil }
      return try translatingErrors { () throws(ComputeError) in
        try GradientAccumulator(
          resampling, isCarriedBack: !options.gradientAtResolution, budget: budget)
      }
    }
    predictionGradient = try accumulator(call.outputs.gradient)
    targetGradient = try accumulator(call.outputs.targetGradient)
  }

  /// Computes value, terms and gradients of volume `index`.
  func compute(_ index: Int) throws(LossError) {
    try readPrediction(index)
    try readTarget(index)
    var terms = [DimensionTerms](repeating: DimensionTerms(), count: 3)
    for dimension in call.dimensions { terms[dimension] = try compare(dimension) }
    let reduction = LossReduction(terms, call)
    call.outputs.values?[index] = reduction.value
    if let target = call.outputs.terms {
      for dimension in 0..<3 {
        let (place, term) = (9 * index + 3 * dimension, terms[dimension])
        target[place] = term.wasserstein
        target[place + 1] = term.totalPersistence
        target[place + 2] = term.pruningBound
      }
    }
    try writeGradients(index, reduction)
  }

  private func readPrediction(_ index: Int) throws(LossError) {
    try call.prediction.checkValues(ofVolume: index, .prediction, call.interruption)
    let diagrams = try diagrams(call.prediction, index, predictionComputation)
    try read(diagrams, into: predictionFeatures)
  }

  private func readTarget(_ index: Int) throws(LossError) {
    switch (call.target, targetComputation) {
    case (.volumes(let volumes), let computation?):
      try volumes.checkValues(ofVolume: index, .target, call.interruption)
      try read(try diagrams(volumes, index, computation), into: targetFeatures)
    case (.diagrams(let target), _):
      for (place, dimension) in call.dimensions.enumerated() {
        try targetFeatures[dimension].read(
          target.points[index * call.dimensions.count + place], last: target.lastValues?[index],
          call.options)
      }
    case (.volumes, nil): preconditionFailure("volumes have a computation")
    }
  }

  private func diagrams(
    _ volumes: StridedVolumes, _ index: Int, _ computation: PersistenceComputation
  ) throws(LossError) -> [Diagram] {
    let (volumes, index) = try working.make(volumes, index)
    return try asLossError { () throws(PersistenceError) in
      try computation.diagrams(ofVolume: index, in: volumes)
    }
  }

  private func read(_ diagrams: [Diagram], into features: [FeatureList]) throws(LossError) {
    try translatingErrors { () throws(ComputeError) in
      for diagram in diagrams {
        try call.interruption.check()
        try features[diagram.dimension].read(diagram, call.options)
      }
    }
  }

  /// Matches the diagrams of one dimension, and keeps the slopes that the gradients need.
  private func compare(_ dimension: Int) throws(LossError) -> DimensionTerms {
    let (features, others) = (predictionFeatures[dimension], targetFeatures[dimension])
    let order = call.options.order
    let distance = try asLossError { () throws(TransportError) in
      try matcher.match(features.points, others.points)
    }
    try translatingErrors { () throws(ComputeError) in
      let partners = matcher.partnersOfFirst
      if predictionGradient != nil {
        try predictionSlopes[dimension].compute(
          features, to: others, partners: partners, distance: distance, order: order)
      }
      if targetGradient != nil {
        try partnersOfTarget.reserve(others.count)
        partnersOfTarget.cells.fill(0..<others.count, with: -1)
        for index in 0..<features.count where partners[index] >= 0 {
          partnersOfTarget.cells[Int(partners[index])] = Int32(truncatingIfNeeded: index)
        }
        try targetSlopes[dimension].compute(
          others, to: features, partners: partnersOfTarget.cells, distance: distance, order: order)
      }
    }
    return DimensionTerms(
      wasserstein: distance, totalPersistence: features.totalPersistence,
      pruningBound: power(features.prunedCost, 1 / order) + power(others.prunedCost, 1 / order))
  }

  private func writeGradients(_ index: Int, _ reduction: LossReduction) throws(LossError) {
    try translatingErrors { () throws(ComputeError) in
      if let gradient = predictionGradient, let buffer = call.outputs.gradient {
        for dimension in call.dimensions {
          try add(predictionSlopes[dimension], reduction.wassersteinFactors[dimension], to: gradient)
          try addPersistence(dimension, reduction.persistenceFactors[dimension], to: gradient)
        }
        gradient.write(index, to: buffer)
      }
      if let gradient = targetGradient, let buffer = call.outputs.targetGradient {
        for dimension in call.dimensions {
          try add(targetSlopes[dimension], reduction.wassersteinFactors[dimension], to: gradient)
        }
        gradient.write(index, to: buffer)
      }
    }
  }

  private func add(
    _ slopes: MatchingSlopes, _ factor: Double, to gradient: GradientAccumulator
  ) throws(ComputeError) {
    guard factor != 0 else { return }
    let slopes = slopes.slopes
    try gradient.reserve(slopes.count)
    for place in 0..<slopes.count {
      gradient.expect(slopes[min(place + GradientAccumulator.lookAhead, slopes.count - 1)].voxel)
      gradient.add(slopes[place].voxel, factor * slopes[place].value)
    }
  }

  /// Adds the derivative of the total persistence, p |death - birth|^(p - 1) at both ends.
  private func addPersistence(
    _ dimension: Int, _ factor: Double, to gradient: GradientAccumulator
  ) throws(ComputeError) {
    guard factor != 0 else { return }
    let features = predictionFeatures[dimension]
    let (points, voxels, order) = (features.points, features.voxels, call.options.order)
    try gradient.reserve(2 * points.count)
    for index in 0..<points.count where points[index].death.isFinite {
      let soon = voxels[min(index + GradientAccumulator.lookAhead, points.count - 1)]
      gradient.expect(soon.creator)
      gradient.expect(soon.destroyer)
      let persistence = points[index].birth - points[index].death
      let size = factor * order * power(persistence.magnitude, order - 1)
      let slope = persistence < 0 ? -size : size
      gradient.add(voxels[index].creator, slope)
      gradient.add(voxels[index].destroyer, -slope)
    }
  }
}

/// How the terms of one volume become its value, and with which factors their slopes its gradient.
private struct LossReduction {
  private(set) var value = 0.0
  /// By homology dimension.
  private(set) var wassersteinFactors = [0.0, 0, 0]
  private(set) var persistenceFactors = [0.0, 0, 0]

  init(_ terms: [DimensionTerms], _ call: LossCall) {
    let (options, order) = (call.options, call.options.order)
    var root = 0.0
    if options.dimensionReduction == .root {
      // In units of the largest one, so that powers stay within range.
      let most = call.dimensions.reduce(0) { max($0, terms[$1].wasserstein) }
      if most > 0 {
        let total = call.dimensions.reduce(0) {
          $0 + options.weights[$1] * power(terms[$1].wasserstein / most, order)
        }
        root = most * power(total, 1 / order)
      }
      value = root
    }
    for dimension in call.dimensions where options.weights[dimension] > 0 {
      let (weight, term) = (options.weights[dimension], terms[dimension])
      var share = weight
      switch options.dimensionReduction {
      case .sum:
        value += weight * term.wasserstein
        wassersteinFactors[dimension] = weight * options.gradientScale
      case .root:
        share = weight / Double(call.dimensions.count)
        if root > 0 {
          wassersteinFactors[dimension] =
            weight * power(term.wasserstein / root, order - 1) * options.gradientScale
        }
      }
      if options.totalPersistence {
        value += share * term.totalPersistence
        persistenceFactors[dimension] = share * options.gradientScale
      }
    }
  }
}
