internal import CProcessor
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
  private let isCarriedBack: Bool
  /// Sums at the voxels of the original, where several resampled voxels read one.
  private let fullSums: Scratch<Double>
  private let needsFullSums: Bool

  /// - Parameter isCarriedBack: whether the gradient is with respect to the original volume.
  init(_ resampling: Resampling, isCarriedBack: Bool, budget: MemoryBudget) throws(ComputeError) {
    self.resampling = resampling
    self.isCarriedBack = isCarriedBack && !resampling.isIdentity
    sums = try Scratch(count: resampling.voxels, zeroed: true, budget: budget)
    touched = Scratch(budget: budget)
    needsFullSums = self.isCarriedBack && !resampling.hasDisjointSources
    fullSums = try Scratch(
      count: needsFullSums ? resampling.fullVoxels : 0, zeroed: true, budget: budget)
  }

  /// Makes room for `more` derivatives.
  func reserve(_ more: Int) throws(ComputeError) { try touched.reserve(count + more) }

  /// How many derivatives before its own a voxel is asked for: they jump through memory, and most of their time
  /// would be waiting for it.
  static let lookAhead = 16

  /// Asks for the sum of a voxel that comes soon.
  @inline(__always)
  func expect(_ voxel: Int32) {
    unsafe cprocessor_prefetch(UnsafeRawPointer(sums.cells.pointer + Int(voxel)))
  }

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
    let (sums, touched) = (sums.cells, touched.cells)
    // Each voxel once: one that comes again finds 0.
    @inline(__always)
    func forEachSum(_ body: (Int, Double) -> Void) {
      for place in 0..<count {
        expect(touched[min(place + Self.lookAhead, count - 1)])
        let voxel = Int(touched[place])
        let sum = sums[voxel]
        guard sum != 0 else { continue }
        sums[voxel] = 0
        body(voxel, sum)
      }
    }
    let (resampling, isCarriedBack) = (resampling, isCarriedBack)
    if needsFullSums {
      addUp(start, buffer, forEachSum)
    } else {
      buffer.write { set in
        forEachSum { voxel, sum in
          if isCarriedBack {
            resampling.forEachSource(of: voxel) { set(start &+ $0, $1 * sum) }
          } else {
            set(start &+ voxel, sum)
          }
        }
      }
    }
    count = 0
  }

  /// Carries sums back to voxels that may get several.
  private func addUp(
    _ start: Int, _ buffer: GradientBuffer, _ forEachSum: ((Int, Double) -> Void) -> Void
  ) {
    let (resampling, touched, fullSums) = (resampling, touched.cells, fullSums.cells)
    var left = 0
    forEachSum { voxel, sum in
      resampling.forEachSource(of: voxel) { fullSums[$0] += $1 * sum }
      touched[left] = Int32(truncatingIfNeeded: voxel)
      left &+= 1
    }
    buffer.write { set in
      for place in 0..<left {
        resampling.forEachSource(of: Int(touched[place])) { source, _ in
          let sum = fullSums[source]
          if sum != 0 { set(start &+ source, sum) }
          fullSums[source] = 0
        }
      }
    }
  }
}
