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
  let (budget, interruption) = (MemoryBudget(), Interruption())
  let (identity, values, accumulator) = try translatingErrors { () throws(ComputeError) in
    let resampling = try Resampling(from: full.extents, to: extents, budget: budget)
    return (
      try Resampling(from: extents, to: extents, budget: budget),
      try Scratch<Double>(count: resampling.voxels, budget: budget),
      try GradientAccumulator(resampling, isCarriedBack: true, budget: budget)
    )
  }
  let voxels = values.capacity
  for index in 0..<gradient.count {
    try identity.resample(gradient, index, to: values.cells, interruption)
    let factor = factors?[index] ?? 1
    try translatingErrors { () throws(ComputeError) in try accumulator.reserve(voxels) }
    for voxel in 0..<voxels {
      let value = factor * values.cells[voxel]
      if value != 0 { accumulator.add(Int32(truncatingIfNeeded: voxel), value) }
    }
    accumulator.write(index, to: result)
  }
}
