// Hands resampled volumes on as raw memory.
internal import ComputeRuntime
internal import PersistentHomology

/// The volume that diagrams are computed of: a caller's volume, or its resampled copy.
///
/// A copy has the caller's type if that is floating-point, else Double. Remembers its buffers.
final class WorkingVolume {
  private let resampling: Resampling
  private let extents: [Int]
  private let interruption: Interruption
  private let doubles: Scratch<Double>
  private let floats: Scratch<Float>
  private let halves: Scratch<UInt16>

  init(
    _ resampling: Resampling, extents: [Int], budget: MemoryBudget, interruption: Interruption
  ) {
    self.resampling = resampling
    self.extents = extents
    self.interruption = interruption
    doubles = Scratch(budget: budget)
    floats = Scratch(budget: budget)
    halves = Scratch(budget: budget)
  }

  /// The type of the working volume of such a volume.
  static func type(of volumes: StridedVolumes, _ resampling: Resampling) -> ScalarType {
    resampling.isIdentity || volumes.scalarType.isFloatingPoint ? volumes.scalarType : .float64
  }

  /// Volume `index`, as volume number `.index` of `.volumes`; valid until the next call.
  func make(
    _ volumes: StridedVolumes, _ index: Int
  ) throws(LossError) -> (volumes: StridedVolumes, index: Int) {
    if resampling.isIdentity { return (volumes, index) }
    let count = resampling.voxels
    try translatingErrors { () throws(ComputeError) in
      try doubles.reserve(count)
      switch volumes.scalarType {
      case .float16: try halves.reserve(count)
      case .float32: try floats.reserve(count)
      default: break
      }
    }
    let values = doubles.cells
    try resampling.resample(volumes, index, to: values, interruption)
    let base: UnsafeMutableRawPointer
    switch volumes.scalarType {
    case .float16:
      let rounded = halves.cells
      for voxel in 0..<count { rounded[voxel] = halfBits(values[voxel]) }
      unsafe base = UnsafeMutableRawPointer(rounded.pointer)
    case .float32:
      let rounded = floats.cells
      for voxel in 0..<count { rounded[voxel] = Float(values[voxel]) }
      unsafe base = UnsafeMutableRawPointer(rounded.pointer)
    default:
      unsafe base = UnsafeMutableRawPointer(values.pointer)
    }
    let copy = try asLossError { () throws(PersistenceError) in
      try unsafe StridedVolumes(
        base: UnsafeRawPointer(base), scalarType: Self.type(of: volumes, resampling),
        extents: extents, rank: extents.count)
    }
    return (copy, 0)
  }
}
