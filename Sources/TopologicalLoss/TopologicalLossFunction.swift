internal import ComputeRuntime
public import PersistentHomology

/// What ``topologicalLoss(prediction:target:shape:rank:options:)`` computes.
public struct LossResult<Element: Sendable>: Sendable {
  /// One per volume, batch axes counted in row-major order.
  public let values: [Double]
  /// For each volume what H0, H1 and H2 contribute; zeros for a dimension that does not count.
  public let terms: [[DimensionTerms]]
  /// Derivatives of the sum of the values with respect to the prediction's elements, and to the
  /// target's; or to those of the resampled volumes.
  public let gradient: [Element]
  public let targetGradient: [Element]
}

/// The topological loss of predicted volumes and its gradients.
///
/// For each volume, over the wanted dimensions k:
///
///     sum of weight_k (W_p(D_k(prediction), D_k(target)) + Pers_p(D_k(prediction)))
///
/// (Waibel, Atwell, Meier, Marr, Rieck, *Capturing Shape Information with Multi-Scale Topological Loss
/// Terms for 3D Reconstruction*, MICCAI 2022, equation 3.)
///
/// - Parameters:
///   - prediction: row-major; all batch axes first. Finite.
///   - target: of the same shape.
///   - shape: the extents of all axes.
///   - rank: how many of the last axes are a volume.
///   - options: what the loss means, and with what means to compute it.
public func topologicalLoss<Element: VolumeElement & BinaryFloatingPoint & Sendable>(
  prediction: [Element], target: [Element], shape: [Int], rank: Int,
  options: LossOptions = LossOptions()
) throws(LossError) -> LossResult<Element> {
  try withVolumes(of: prediction, shape: shape, rank: rank, failing: LossError.persistence) {
    prediction throws(LossError) in
    try withVolumes(of: target, shape: shape, rank: rank, failing: LossError.persistence) {
      target throws(LossError) in
      try loss(prediction, target, options)
    }
  }
}

private func loss<Element: VolumeElement & BinaryFloatingPoint & Sendable>(
  _ prediction: StridedVolumes, _ target: StridedVolumes, _ options: LossOptions
) throws(LossError) -> LossResult<Element> {
  let count = prediction.count
  let extents =
    options.gradientAtResolution
    ? try options.workingExtents(of: prediction.shape) : prediction.shape.extents
  let elements = extents.reduce(count, *)
  let budget = MemoryBudget(limit: options.maximumMemory)
  let (numbers, gradients) = try translatingErrors { () throws(ComputeError) in
    (
      try Scratch<Double>(count: 10 * count, budget: budget),
      try Scratch<Element>(count: 2 * elements, budget: budget)
    )
  }
  let (values, terms) = (numbers.cells.prefix(count), numbers.cells.suffix(from: count))
  let gradient = gradients.cells.prefix(elements)
  let targetGradient = gradients.cells.suffix(from: elements)
  var outputs = LossOutputs()
  outputs.values = values
  outputs.terms = terms
  outputs.gradient = GradientBuffer(gradient)
  outputs.targetGradient = GradientBuffer(targetGradient)
  try computeLoss(
    prediction: prediction, target: .volumes(target), options: options, outputs: outputs,
    interruption: Interruption(token: options.cancellation))
  let result = LossResult(
    values: array(values),
    terms: (0..<count).map { volume in
      (0..<3).map { dimension in
        let term = terms.suffix(from: 9 * volume + 3 * dimension)
        return DimensionTerms(
          wasserstein: term[0], totalPersistence: term[1], pruningBound: term[2])
      }
    },
    gradient: array(gradient), targetGradient: array(targetGradient))
  withExtendedLifetime((numbers, gradients)) {}
  return result
}

/// Volumes resampled as the loss does it: linear interpolation with aligned corners.
///
/// - Parameters:
///   - values: row-major; all batch axes first.
///   - shape: the extents of all axes.
///   - rank: how many of the last axes are a volume.
///   - resolution: the wanted extents, read as ``LossOptions/resolution``.
/// - Returns: the resampled volumes, row-major.
public func resample<Element: VolumeElement & BinaryFloatingPoint & Sendable>(
  _ values: [Element], shape: [Int], rank: Int, resolution: [Int?]
) throws(LossError) -> [Element] {
  try withVolumes(of: values, shape: shape, rank: rank, failing: LossError.persistence) {
    volumes throws(LossError) in
    let extents = try workingExtents(of: volumes.shape, resolution: resolution)
    let result = try translatingErrors { () throws(ComputeError) in
      try Scratch<Element>(count: extents.reduce(volumes.count, *), budget: MemoryBudget())
    }
    try resampleVolumes(volumes, to: extents, result: GradientBuffer(result.cells))
    return array(result.cells)
  }
}

/// The adjoint of ``resample(_:shape:rank:resolution:)``: carries gradients at resampled voxels back.
///
/// - Parameters:
///   - gradient: row-major; all batch axes first.
///   - shape: of the gradient: batch axes, then the resampled extents.
///   - rank: how many of the last axes are a volume.
///   - extents: of the volumes that were resampled.
public func resampleAdjoint<Element: VolumeElement & BinaryFloatingPoint & Sendable>(
  _ gradient: [Element], shape: [Int], rank: Int, extents: [Int]
) throws(LossError) -> [Element] {
  try withVolumes(of: gradient, shape: shape, rank: rank, failing: LossError.persistence) {
    volumes throws(LossError) in
    let full = try asLossError { () throws(PersistenceError) in try VolumeShape(extents) }
    let (count, overflow) = full.voxels.multipliedReportingOverflow(by: volumes.count)
    guard !overflow else { throw .persistence(.tooManyVoxels(limit: VolumeShape.maximumVoxels)) }
    let result = try translatingErrors { () throws(ComputeError) in
      try Scratch<Element>(count: count, budget: MemoryBudget())
    }
    try carryBack(volumes, to: full, factors: nil, result: GradientBuffer(result.cells))
    return array(result.cells)
  }
}

private func array<Element>(_ cells: FencedPointer<Element>) -> [Element] {
  (0..<cells.count).map { cells[$0] }
}

extension GradientBuffer {
  /// - Precondition: the memory of `cells` lives while this value is used.
  fileprivate init<Element: VolumeElement & BinaryFloatingPoint>(_ cells: FencedPointer<Element>) {
    unsafe self.init(base: cells.pointer, scalarType: Element.scalarType, isZero: false)
  }
}
