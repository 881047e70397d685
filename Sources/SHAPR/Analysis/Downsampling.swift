public import ComputeRuntime
public import NeuralKernels

/// What a volume's diagrams lose when it is resampled to M voxels per axis.
public struct DownsamplingLoss: Equatable, Sendable {
  /// M.
  public let resolution: Int
  public let dimension: Int
  /// W_2 between the diagrams at full size and at M. Classes that never end are matched.
  public let distance: Double
  /// What W_2 would be if every feature that ends were lost: the distance to the diagonal.
  public let distanceWithoutFeatures: Double
  /// Features at full size,
  public let fullFeatures: Int
  /// at M,
  public let features: Int
  /// and those at full size that the matching pairs with one at M.
  public let kept: Int
  /// Processor time that the diagrams at M took, in all dimensions together.
  public let milliseconds: Double
}

/// The diagrams of one volume at several sizes.
///
/// For choosing the resolution M of the topological loss: W_2 obeys the triangle inequality, so the
/// distance that the loss sees at M is at most the sum of both volumes' losses away from the distance at
/// full size.
public struct Downsampling: Sendable {
  public let file: String
  /// Processor time that the diagrams took at full size, in all dimensions together.
  public let fullMilliseconds: Double
  /// By resolution as they were given, then by dimension.
  public let losses: [DownsamplingLoss]

  /// - Parameters:
  ///   - file: how tables call the volume.
  ///   - options: their resolution does not count.
  ///   - clock: gives the seconds that the calling thread has computed.
  public init(
    _ file: String, of values: Floats, extents: [Int], resolutions: [Int], options: DiagramOptions,
    budget: MemoryBudget, clock: () -> Double
  ) throws(EvaluationError) {
    var options = options
    func timed(_ resolution: Int?) throws(EvaluationError) -> (VolumeDiagrams, Double) {
      options.resolution = resolution
      let start = clock()
      let diagrams = try VolumeDiagrams(
        of: values, extents: extents, options: options, budget: budget)
      return (diagrams, 1000 * (clock() - start))
    }
    self.file = file
    let (full, fullMilliseconds) = try timed(nil)
    self.fullMilliseconds = fullMilliseconds
    var losses: [DownsamplingLoss] = []
    for resolution in resolutions {
      let (small, milliseconds) = try timed(resolution)
      for distance in try full.distances(to: small) {
        losses.append(
          DownsamplingLoss(
            resolution: resolution, dimension: distance.dimension, distance: distance.distance,
            // The diagonal is half the persistence away.
            distanceWithoutFeatures: full.totalPersistence(of: distance.dimension).squareRoot() / 2,
            fullFeatures: full.features(of: distance.dimension).count,
            features: small.features(of: distance.dimension).count, kept: distance.matched,
            milliseconds: milliseconds))
      }
    }
    self.losses = losses
  }
}
