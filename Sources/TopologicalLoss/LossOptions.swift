public import ComputeRuntime
public import OptimalTransport
public import PersistentHomology

/// How the homology dimensions of one volume become one number.
public enum DimensionReduction: Sendable {
  /// The sum over dimensions k of weight_k (W_p + Pers_p): equation (3) of the paper.
  case sum
  /// (sum of weight_k W_p^p)^(1/p) + mean of weight_k Pers_p, as SHAPR's reference code computes it.
  case root
}

/// What the topological loss means, and with what means to compute it.
public struct LossOptions: Sendable {
  public var filtration = Filtration.superlevel
  public var construction = Construction.topCells
  /// The homology dimensions that count.
  public var dimensions = HomologyDimensions.h2
  public var essentialClasses = EssentialClasses.extreme
  /// The p of W_p and of total persistence: finite and at least 1.
  public var order = 2.0
  /// Whether the total persistence of the prediction is added.
  public var totalPersistence = true
  public var dimensionReduction = DimensionReduction.sum
  /// The extents that volumes are resampled to, one per axis; `nil`, or more than the extent: the
  /// extent itself. Volumes are never enlarged.
  public var resolution: [Int?] = [16, 16, 16]
  /// Of H0, H1, H2; finite and not negative.
  public var weights = [1.0, 1.0, 1.0]
  /// Points with a smaller |death - birth| are left out; ``DimensionTerms/pruningBound`` bounds what
  /// that changes.
  public var minimumPersistence = 0.0
  /// The gradients are those of `gradientScale * value`.
  public var gradientScale = 1.0
  /// Whether gradients are those with respect to the resampled volumes.
  public var gradientAtResolution = false
  /// Worker threads; the result is the same for any number.
  public var threads = 1
  /// Bytes that one call may hold; `nil` for the machine's physical memory.
  public var maximumMemory: UInt64?
  public var cancellation: Cancellation?

  public init() {}

  /// The extents that volumes of this shape are resampled to.
  package func workingExtents(of shape: VolumeShape) throws(LossError) -> [Int] {
    try TopologicalLoss.workingExtents(of: shape, resolution: resolution)
  }

  func check(rank: Int) throws(LossError) {
    guard order >= 1, order < .infinity else { throw .transport(.invalidOrder(order)) }
    guard threads >= 1 else { throw .persistence(.invalidThreadCount(threads)) }
    let wanted = (0..<rank).filter { dimensions.includes($0) }
    guard !wanted.isEmpty else { throw .noDimensions }
    if dimensions != .all {
      for dimension in rank..<32 where dimensions.includes(dimension) {
        throw .persistence(.dimensionNotInVolume(dimension: dimension, rank: rank))
      }
    }
    guard weights.count == 3, weights.allSatisfy({ $0 >= 0 && $0 < .infinity }) else {
      throw .invalidWeights
    }
    guard minimumPersistence >= 0, minimumPersistence < .infinity else {
      throw .invalidMinimumPersistence(minimumPersistence)
    }
    guard gradientScale.isFinite else { throw .invalidGradientScale(gradientScale) }
  }
}

package func workingExtents(
  of shape: VolumeShape, resolution: [Int?]
) throws(LossError) -> [Int] {
  guard resolution.count >= shape.rank else {
    throw .wrongResolution(axes: shape.rank, got: resolution.count)
  }
  var extents = shape.extents
  for axis in extents.indices {
    guard let wanted = resolution[axis] else { continue }
    guard wanted >= 1 else { throw .resolutionTooSmall(wanted) }
    extents[axis] = min(extents[axis], wanted)
  }
  return extents
}

extension HomologyDimensions {
  func includes(_ dimension: Int) -> Bool { rawValue >> UInt32(dimension) & 1 == 1 }
}

/// What one homology dimension contributes to the loss of one volume, before weights.
public struct DimensionTerms: Equatable, Sendable {
  /// W_p between the diagrams of prediction and target.
  public var wasserstein = 0.0
  /// The prediction's sum of |death - birth|^p.
  public var totalPersistence = 0.0
  /// The most by which leaving out points below the minimum persistence changed `wasserstein`.
  public var pruningBound = 0.0
}
