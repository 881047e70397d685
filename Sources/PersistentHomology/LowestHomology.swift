internal import ComputeRuntime

/// H0 of the V-construction: minima are born, critical edges join their components.
///
/// Paths of the gradient lead from the two ends of every critical edge to minima; Kruskal's
/// algorithm over the critical edges in ascending order does the rest.
struct LowestHomology<Key: RowComparable>: Sendable {
  let grid: KeyGrid<Key>
  let steps: InlineArray<6, Int>
  let stars: FencedPointer<StarCode>
  let cells: CriticalCells
  /// The border is lower than everything: one more component, the eldest.
  let hasLowBorder: Bool

  /// The number of the component that the border is in.
  var border: Int { cells.minimumCount }

  /// The minimum below a voxel, or `border`.
  @inline(__always)
  private func minimum(below voxel: Int) -> Int {
    var voxel = voxel
    while true {
      let star = stars[voxel]
      if star.isMinimum { return star.minimumNumber }
      voxel &+= steps[star.root]
    }
  }

  /// Finds the minima at both ends of the critical edges in `range`, packed in 32 bits each.
  func walk(
    _ range: Range<Int>, into ends: FencedPointer<UInt64>, interruption: Interruption
  ) throws(ComputeError) {
    let edges = cells.edges.cells
    for index in range {
      let voxel = Int(truncatingIfNeeded: edges[index] >> 3)
      let edge = Int(truncatingIfNeeded: edges[index] & 7)
      let (one, other) = (minimum(below: voxel), minimum(below: voxel &+ steps[edge]))
      ends[index] = UInt64(truncatingIfNeeded: one) << 32 | UInt64(truncatingIfNeeded: other)
      if index & 4095 == 0 { try interruption.check() }
    }
  }

  /// Joins the components along the sorted critical edges.
  ///
  /// - Parameters:
  ///   - ends: what ``walk(_:into:interruption:)`` found.
  ///   - slots: for each critical edge that begins a loop instead, its number among these in
  ///     ascending order; for the others ``LoopSlots/none``. `nil` where nobody needs it.
  ///   - loopVoxels: for each of these numbers the voxel of the edge.
  ///   - found: called with the voxel that is born and the voxel at which its component ends.
  /// - Returns: the number of edges that begin a loop.
  func join(
    sorted: FencedPointer<Key.Order>, ends: FencedPointer<UInt64>,
    storage: FencedPointer<UInt32>, slots: FencedPointer<UInt32>?,
    loopVoxels: FencedPointer<UInt32>?, interruption: Interruption,
    found: (UInt32, UInt32) throws(ComputeError) -> Void
  ) throws(ComputeError) -> Int {
    let forest = ComponentForest(count: cells.minimumCount + 1, storage: storage)
    let (edges, minima, keys) = (cells.edges.cells, cells.minima.cells, grid.keys)
    var loops = 0
    for position in 0..<cells.edgeCount {
      if position &+ 16 < cells.edgeCount {
        let soon = Int(UInt32(truncatingIfNeeded: sorted[position &+ 16]))
        ends.prefetch(soon)
        edges.prefetch(soon)
        let sooner = ends[Int(UInt32(truncatingIfNeeded: sorted[position &+ 8]))]
        forest.prefetch(Int(truncatingIfNeeded: sooner >> 32))
        forest.prefetch(Int(truncatingIfNeeded: sooner & 0xffff_ffff))
      }
      let index = Int(UInt32(truncatingIfNeeded: sorted[position]))
      var one = Int(truncatingIfNeeded: ends[index] >> 32)
      var other = Int(truncatingIfNeeded: ends[index] & 0xffff_ffff)
      if one != other {
        one = forest.representative(of: one)
        other = forest.representative(of: other)
      }
      if one == other {
        slots?[index] = UInt32(truncatingIfNeeded: loops)
        loopVoxels?[loops] = UInt32(truncatingIfNeeded: edges[index] >> 3)
        loops &+= 1
        continue
      }
      slots?[index] = LoopSlots.none
      // The elder: the border, or the lower (key, index).
      var (elder, younger) = (one, other)
      if elder != border {
        if younger == border {
          swap(&elder, &younger)
        } else {
          let (oneKey, otherKey) = (keys[Int(minima[one])], keys[Int(minima[other])])
          if otherKey < oneKey || (otherKey == oneKey && other < one) { swap(&elder, &younger) }
        }
      }
      forest.join(younger, to: elder)
      try found(minima[younger], UInt32(truncatingIfNeeded: edges[index] >> 3))
      if position & 4095 == 0 { try interruption.check() }
    }
    return loops
  }

  /// The voxel of the component that never ends. The border must not be low.
  func eldest() -> UInt32 {
    let (minima, keys) = (cells.minima.cells, grid.keys)
    var best = minima[0]
    for index in 0..<cells.minimumCount where keys[Int(minima[index])] < keys[Int(best)] {
      best = minima[index]
    }
    return best
  }
}
