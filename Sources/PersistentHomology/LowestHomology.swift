internal import ComputeRuntime

/// H0 of the V-construction: minima are born, critical edges join their components.
///
/// Paths of the gradient lead from the two ends of every critical edge to minima; Kruskal's
/// algorithm over the critical edges in ascending order does the rest.
struct LowestHomology<Key: RowComparable>: Sendable {
  let grid: KeyGrid<Key>
  let steps: FencedPointer<Int>
  let stars: FencedPointer<StarCode>
  let cells: CriticalCells

  /// The minimum below a voxel; one more than there are where the path ends in a low border.
  @inline(__always)
  private func minimum(below voxel: Int, _ memo: PathMemo) throws(ComputeError) -> Int {
    var voxel = voxel
    for _ in 0..<PathMemo.shortPath {
      let star = stars[voxel]
      if star.isMinimum { return star.minimumNumber }
      voxel &+= steps[star.root]
    }
    return try minimumFar(below: voxel, memo)
  }

  private func minimumFar(below voxel: Int, _ memo: PathMemo) throws(ComputeError) -> Int {
    var voxel = voxel
    while true {
      let star = stars[voxel]
      let end = try star.isMinimum ? star.minimumNumber : memo.end(from: voxel)
      if let end {
        memo.settle(end)
        return end
      }
      voxel &+= steps[star.root]
    }
  }

  /// Finds the minima at both ends of the critical edges in `range`, packed in 32 bits each.
  func walk(
    _ range: Range<Int>, into ends: FencedPointer<UInt64>, memo: PathMemo, interruption: Interruption
  ) throws(ComputeError) {
    let edges = cells.edges.cells
    for index in range {
      let voxel = Int(truncatingIfNeeded: edges[index] >> 3)
      let edge = Int(truncatingIfNeeded: edges[index] & 7)
      let one = try minimum(below: voxel, memo)
      let other = try minimum(below: voxel &+ steps[edge], memo)
      ends[index] = UInt64(truncatingIfNeeded: one) << 32 | UInt64(truncatingIfNeeded: other)
      if index & 4095 == 0 { try interruption.check() }
    }
  }

  /// Joins the components along the sorted critical edges.
  ///
  /// - Parameters:
  ///   - ends: what ``walk(_:into:memo:interruption:)`` found.
  ///   - slots: for each critical edge that begins a loop instead, its number among these in
  ///     ascending order; for the others ``LoopSlots/none``. `nil` where nobody needs it.
  ///   - loopVoxels: for each of these numbers the voxel of the edge.
  ///   - found: called with the minimum at which a component is born, its key, and the voxel at which
  ///     the component ends, and its key.
  /// - Returns: the number of edges that begin a loop, and the voxel of the component that never
  ///   ends (of no meaning where the border is low).
  @inline(__always)
  func join(
    sorted: FencedPointer<Key.Order>, ends: FencedPointer<UInt64>,
    storage: FencedPointer<ComponentForest<Key>.Node>, slots: FencedPointer<UInt32>?,
    loopVoxels: FencedPointer<UInt32>?, interruption: Interruption,
    found: (UInt32, Key, UInt32, Key) -> Void
  ) throws(ComputeError) -> (loops: Int, eldest: UInt32) {
    let (edges, minima, count) = (cells.edges.cells, cells.minima.cells, cells.edgeCount)
    let forest = ComponentForest(
      births: minima, count: cells.minimumCount, keys: grid.keys, last: Key.belowAll, storage: storage)
    var loops = 0
    for position in 0..<count {
      if position &+ 16 < count {
        let soon = Int(UInt32(truncatingIfNeeded: sorted[position &+ 16]))
        ends.prefetch(soon)
        edges.prefetch(soon)
        let sooner = ends[Int(UInt32(truncatingIfNeeded: sorted[position &+ 8]))]
        forest.prefetch(Int(truncatingIfNeeded: sooner >> 32))
        forest.prefetch(Int(truncatingIfNeeded: sooner & 0xffff_ffff))
      }
      let order = sorted[position]
      let index = Int(UInt32(truncatingIfNeeded: order))
      let one = forest.representative(of: Int(truncatingIfNeeded: ends[index] >> 32))
      let other = forest.representative(of: Int(truncatingIfNeeded: ends[index] & 0xffff_ffff))
      let voxel = UInt32(truncatingIfNeeded: edges[index] >> 3)
      if one.component == other.component {
        slots?[index] = UInt32(truncatingIfNeeded: loops)
        loopVoxels?[loops] = voxel
        loops &+= 1
        continue
      }
      slots?[index] = LoopSlots.none
      // The elder has the lower (key, index); the low border has the lowest key of all.
      let isOneElder = one.key < other.key || (one.key == other.key && one.component < other.component)
      let (elder, younger) = isOneElder ? (one, other) : (other, one)
      forest.join(younger.component, to: elder.component)
      found(minima[younger.component], younger.key, voxel, Key.key(order))
      if position & 4095 == 0 { try interruption.check() }
    }
    let last = cells.minimumCount == 0 ? 0 : forest.representative(of: 0).component
    return (loops, last < cells.minimumCount ? minima[last] : 0)
  }
}
