// Reads raw memory: a caller's gradient.
package import ComputeRuntime
package import PersistentHomology

/// Writes resampled volumes of `extents` to `result`.
package func resampleVolumes(
  _ volumes: StridedVolumes, to extents: [Int], result: GradientBuffer
) throws(LossError) {
  let (budget, interruption) = (MemoryBudget(), Interruption())
  let (resampling, values) = try translatingErrors { () throws(ComputeError) in
    let resampling = try Resampling(from: volumes.shape.extents, to: extents, budget: budget)
    return (resampling, try Scratch<Double>(count: resampling.voxels, budget: budget))
  }
  for index in 0..<volumes.count {
    try volumes.checkValues(ofVolume: index, .volume, interruption)
    try resampling.resample(volumes, index, to: values.cells, interruption)
    result.write { set in
      for voxel in 0..<resampling.voxels { set(index * resampling.voxels + voxel, values.cells[voxel]) }
    }
  }
}

/// Writes gradients at resampled voxels, carried back to volumes of shape `full`, to `result`.
///
/// - Parameter factors: what each volume's gradient is multiplied by.
package func carryBack(
  _ gradient: StridedVolumes, to full: VolumeShape, factors: FencedPointer<Double>?,
  result: GradientBuffer
) throws(LossError) {
  let extents = gradient.shape.extents
  guard full.rank == extents.count else { throw .wrongResolution(axes: full.rank, got: extents.count) }
  guard zip(extents, full.extents).allSatisfy({ $0 <= $1 }) else { throw .shapesDiffer }
  let accumulator = try translatingErrors { () throws(ComputeError) in
    let budget = MemoryBudget()
    return try GradientAccumulator(
      try Resampling(from: full.extents, to: extents, budget: budget), isCarriedBack: true,
      budget: budget)
  }
  try gradient.scalarType.perform(
    CarryBack(
      gradient: gradient, isIdentity: extents == full.extents, factors: factors, result: result,
      accumulator: accumulator))
}

private struct CarryBack: ElementPass {
  let gradient: StridedVolumes
  let isIdentity: Bool
  let factors: FencedPointer<Double>?
  let result: GradientBuffer
  let accumulator: GradientAccumulator

  func run<Format: ElementFormat>(_ format: Format.Type) throws(LossError) {
    let voxels = gradient.shape.voxels
    for index in 0..<gradient.count {
      let factor = factors?[index] ?? 1
      if isIdentity {
        result.write { set in
          forEachVoxel(format, index) { set(index &* voxels &+ $0, factor * $1) }
        }
        continue
      }
      try translatingErrors { () throws(ComputeError) in try accumulator.reserve(voxels) }
      forEachVoxel(format, index) { voxel, value in
        if value != 0 { accumulator.add(Int32(truncatingIfNeeded: voxel), factor * value) }
      }
      accumulator.write(index, to: result)
    }
  }

  @inline(__always)
  private func forEachVoxel<Format: ElementFormat>(
    _ format: Format.Type, _ index: Int, _ body: (Int, Double) -> Void
  ) {
    let ((depth, height, width), strides) = gradient.planes
    let start = unsafe gradient.volume(index)
    let swapped = gradient.isByteSwapped
    var voxel = 0
    for z in 0..<depth {
      for y in 0..<height {
        let row = unsafe start + (z &* strides.0 &+ y &* strides.1)
        for x in 0..<width {
          let bits = unsafe row.loadUnaligned(fromByteOffset: x &* strides.2, as: Format.Bits.self)
          body(voxel, format.value(swapped ? bits.byteSwapped : bits))
          voxel &+= 1
        }
      }
    }
  }
}
