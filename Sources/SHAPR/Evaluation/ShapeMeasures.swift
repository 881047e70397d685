internal import ComputeRuntime
internal import NeuralKernels

/// What the errors of shapes compare, in voxels.
struct ShapeMeasures: Equatable, Sendable {
  /// Voxels of the object.
  var volume = 0
  /// Voxels of the object with background among their 26 neighbours.
  var surface = 0
  /// Voxels where the object and the smoothed object differ: roughness as the reference counts it.
  var roughness = 0
  /// Surface voxels of the smoothed object.
  var smoothedSurface = 0

  /// Roughness in the paper's words: the difference between the surface areas of the object and of the
  /// smoothed object. (An object of few voxels may have less surface than its smoothed self: then it is
  /// negative.)
  var roughnessOfPaper: Int { surface - smoothedSurface }

  init(_ object: BinaryObject, budget: MemoryBudget) throws(ComputeError) {
    let smoothed = try GaussianSmoothing.smooth(object, budget: budget)
    volume = object.count
    surface = try object.surfaceCount(budget: budget)
    roughness = object.difference(from: smoothed)
    smoothedSurface = try smoothed.surfaceCount(budget: budget)
  }
}
