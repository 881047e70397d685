internal import ComputeRuntime

/// Adds up derivatives with respect to the voxels of one volume, and writes them out.
///
/// Sums are Doubles, in the order in which they come. Remembers its buffers, which hold zeros
/// between two volumes.
final class GradientAccumulator {
  private let sums: Scratch<Double>
  private let touched: Scratch<Int32>
  private var count = 0
  private let resampling: Resampling
  /// Sums at the voxels of the original, when the gradient is carried back to it.
  private let fullSums: Scratch<Double>
  private let isCarriedBack: Bool

  /// - Parameter isCarriedBack: whether the gradient is with respect to the original volume.
  init(_ resampling: Resampling, isCarriedBack: Bool, budget: MemoryBudget) throws(ComputeError) {
    self.resampling = resampling
    self.isCarriedBack = isCarriedBack && !resampling.isIdentity
    sums = try Scratch(count: resampling.voxels, zeroed: true, budget: budget)
    touched = Scratch(budget: budget)
    fullSums = try Scratch(
      count: self.isCarriedBack ? resampling.fullVoxels : 0, zeroed: true, budget: budget)
  }

  /// Makes room for `more` derivatives.
  func reserve(_ more: Int) throws(ComputeError) { try touched.reserve(count + more) }

  @inline(__always)
  func add(_ voxel: Int32, _ value: Double) {
    sums.cells[Int(voxel)] += value
    touched.cells[count] = voxel
    count &+= 1
  }

  /// Writes the gradient of volume `index`.
  func write(_ index: Int, to buffer: GradientBuffer) {
    let voxels = isCarriedBack ? resampling.fullVoxels : resampling.voxels
    let start = index * voxels
    buffer.clear(start, count: voxels)
    let (sums, touched, fullSums) = (sums.cells, touched.cells, fullSums.cells)
    var left = 0
    for place in 0..<count {
      let voxel = Int(touched[place])
      // A voxel that comes again finds 0.
      let sum = sums[voxel]
      guard sum != 0 else { continue }
      if isCarriedBack {
        sums[voxel] = 0
        resampling.forEachSource(of: voxel) { fullSums[$0] += $1 * sum }
      }
      touched[left] = touched[place]
      left &+= 1
    }
    buffer.write { set in
      for place in 0..<left {
        let voxel = Int(touched[place])
        if isCarriedBack {
          resampling.forEachSource(of: voxel) { source, _ in
            let sum = fullSums[source]
            if sum != 0 { set(start &+ source, sum) }
            fullSums[source] = 0
          }
        } else {
          let sum = sums[voxel]
          if sum != 0 { set(start &+ voxel, sum) }
          sums[voxel] = 0
        }
      }
    }
    count = 0
  }
}
