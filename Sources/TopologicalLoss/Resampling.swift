internal import ComputeRuntime
internal import PersistentHomology

/// Where the voxels of a resampled volume lie in the original, along every axis.
///
/// Linear interpolation with aligned corners: along an axis of n voxels that becomes m, voxel i lies at
/// i (n - 1) / (m - 1), first on first, last on last; a single voxel lies on the first.
/// Volumes are treated as 3D, with extents of one in front.
struct Resampling: Sendable {
  let fullExtents: (Int, Int, Int)
  let extents: (Int, Int, Int)
  /// For each axis, z first.
  private let places: (Scratch<LinePlace>, Scratch<LinePlace>, Scratch<LinePlace>)

  init(from full: [Int], to extents: [Int], budget: MemoryBudget) throws(ComputeError) {
    let (full, extents) = (padded(full), padded(extents))
    fullExtents = full
    self.extents = extents
    places = (
      try linePlaces(full.0, extents.0, budget), try linePlaces(full.1, extents.1, budget),
      try linePlaces(full.2, extents.2, budget)
    )
  }

  var voxels: Int { extents.0 * extents.1 * extents.2 }
  var fullVoxels: Int { fullExtents.0 * fullExtents.1 * fullExtents.2 }
  /// Whether resampling changes nothing.
  var isIdentity: Bool { fullExtents == extents }

  /// Writes the resampled volume, in C order.
  func resample(
    _ volumes: StridedVolumes, _ index: Int, to target: FencedPointer<Double>,
    _ interruption: Interruption
  ) throws(LossError) {
    try volumes.scalarType.perform(
      Interpolation(
        resampling: self, volumes: volumes, index: index, target: target, interruption: interruption))
  }

  /// Whether no voxel of the original is read by two voxels of the resampled volume: so it is where
  /// an axis keeps its extent or becomes at most half as long.
  var hasDisjointSources: Bool {
    func isDisjoint(_ full: Int, _ extent: Int) -> Bool {
      full == extent || full - 1 >= 2 * (extent - 1)
    }
    return isDisjoint(fullExtents.0, extents.0) && isDisjoint(fullExtents.1, extents.1)
      && isDisjoint(fullExtents.2, extents.2)
  }

  /// Calls `body` with every voxel of the original that `voxel` of the resampled volume reads, and
  /// its weight.
  @inline(__always)
  func forEachSource(of voxel: Int, _ body: (Int, Double) -> Void) {
    let (rest, x) = voxel.quotientAndRemainder(dividingBy: extents.2)
    let (z, y) = rest.quotientAndRemainder(dividingBy: extents.1)
    let (onZ, onY, onX) = (places.0.cells[z], places.1.cells[y], places.2.cells[x])
    for stepZ in 0..<onZ.count {
      for stepY in 0..<onY.count {
        let weight = onZ.weight(stepZ) * onY.weight(stepY)
        let row = ((onZ.place &+ stepZ) &* fullExtents.1 &+ onY.place &+ stepY) &* fullExtents.2
        for stepX in 0..<onX.count {
          body(row &+ onX.place &+ stepX, weight * onX.weight(stepX))
        }
      }
    }
  }

  fileprivate func line(_ axis: Int) -> FencedPointer<LinePlace> {
    switch axis {
    case 0: places.0.cells
    case 1: places.1.cells
    default: places.2.cells
    }
  }
}

/// A place between a voxel and the next one along an axis.
private struct LinePlace: BitwiseCopyable {
  var place: Int
  /// How far towards the next voxel; below 1.
  var fraction: Double

  /// How many voxels are read.
  var count: Int { fraction > 0 ? 2 : 1 }
  /// How far the second voxel is from the first; itself when it is not needed.
  var step: Int { fraction > 0 ? 1 : 0 }

  @inline(__always)
  func weight(_ step: Int) -> Double { step == 0 ? 1 - fraction : fraction }
}

private func padded(_ extents: [Int]) -> (Int, Int, Int) {
  let all = Array(repeating: 1, count: 3 - extents.count) + extents
  return (all[0], all[1], all[2])
}

private func linePlaces(
  _ full: Int, _ extent: Int, _ budget: MemoryBudget
) throws(ComputeError) -> Scratch<LinePlace> {
  let places = try Scratch<LinePlace>(count: extent, budget: budget)
  for index in 0..<extent {
    // In whole numbers, so that a place on a voxel is exactly on it.
    let (place, rest) = (index * (full - 1)).quotientAndRemainder(dividingBy: max(extent - 1, 1))
    places.cells[index] = LinePlace(place: place, fraction: Double(rest) / Double(max(extent - 1, 1)))
  }
  return places
}

private struct Interpolation: ElementPass {
  let resampling: Resampling
  let volumes: StridedVolumes
  let index: Int
  let target: FencedPointer<Double>
  let interruption: Interruption

  func run<Format: ElementFormat>(_ format: Format.Type) throws(LossError) {
    let strides = volumes.planes.strides
    let start = unsafe volumes.volume(index)
    let (depth, height, width) = resampling.extents
    let (lineZ, lineY, lineX) = (resampling.line(0), resampling.line(1), resampling.line(2))
    let swapped = volumes.isByteSwapped
    @inline(__always)
    func value(_ row: UnsafeRawPointer, _ offset: Int) -> Double {
      let bits = unsafe row.loadUnaligned(fromByteOffset: offset, as: Format.Bits.self)
      return format.value(swapped ? bits.byteSwapped : bits)
    }
    var written = 0
    for z in 0..<depth {
      try translatingErrors { () throws(ComputeError) in try interruption.check() }
      let onZ = lineZ[z]
      for y in 0..<height {
        let onY = lineY[y]
        let row = unsafe start + (onZ.place &* strides.0 &+ onY.place &* strides.1)
        let (below, behind) = (onY.step &* strides.1, onZ.step &* strides.0)
        for x in 0..<width {
          let onX = lineX[x]
          let (here, next) = (onX.place &* strides.2, (onX.place &+ onX.step) &* strides.2)
          let corners = unsafe (
            value(row, here), value(row, next), value(row, below &+ here),
            value(row, below &+ next), value(row, behind &+ here), value(row, behind &+ next),
            value(row, behind &+ below &+ here), value(row, behind &+ below &+ next)
          )
          @inline(__always)
          func blended(_ blend: (Double, Double, Double) -> Double) -> Double {
            let near = blend(
              blend(corners.0, corners.1, onX.fraction), blend(corners.2, corners.3, onX.fraction),
              onY.fraction)
            let far = blend(
              blend(corners.4, corners.5, onX.fraction), blend(corners.6, corners.7, onX.fraction),
              onY.fraction)
            return blend(near, far, onZ.fraction)
          }
          // Exactly the voxels' value where they agree.
          var result = blended { $0 + $2 * ($1 - $0) }
          // Differences of the largest numbers overflow.
          if !result.isFinite { result = blended { (1 - $2) * $0 + $2 * $1 } }
          target[written] = result
          written &+= 1
        }
      }
    }
  }
}
