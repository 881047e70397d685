internal import ComputeRuntime

/// Moves chains of edges down the gradient until critical edges are left.
///
/// A chain is kept as the edges that each voxel owns (``PendingStars``). The star's matching moves
/// the edges of the highest voxel on: through squares of its star to edges of lower voxels, or to the
/// star's critical edges, or to the edge that is paired with the voxel, where the way ends.
struct ChainExpansion<Key: RowComparable>: Sendable {
  let grid: KeyGrid<Key>
  let steps: FencedPointer<Int>
  let stars: FencedPointer<StarCode>
  let tables: StarTables
  let slots: LoopSlots

  /// Moves the edges `chain` of `voxel` on.
  ///
  /// - Parameters:
  ///   - crossed: squares of the star whose two edges at the voxel are in `chain` and whose other
  ///     two are still to be added.
  ///   - found: called with the rank of every critical edge in the chain that begins a loop, from
  ///     high to low.
  @inline(__always)
  func expand(
    _ chain: UInt32, through crossed: UInt32, at voxel: Int, into pending: inout PendingStars<Key>,
    found: (UInt32) -> Void
  ) throws(ComputeError) {
    let star = stars[voxel]
    let place = ((star.isMaximum ? tables.fullForest : star.forest) &* 6 &+ star.root) &* 8
    var (rest, moved, ends) = (chain, crossed, UInt32(0))
    while rest != 0 {
      let path = UInt32(tables.paths[place &+ rest.trailingZeroBitCount])
      rest &= rest &- 1
      moved ^= path & 4095
      ends ^= 1 &<< (path &>> 12)
    }
    ends &= ~(1 &<< UInt32(truncatingIfNeeded: star.root))  // paired with the voxel: the way ends
    while moved != 0 {
      try cross(moved.trailingZeroBitCount, voxel, &pending)
      moved &= moved &- 1
    }
    while ends != 0 {
      let edge = 31 &- ends.leadingZeroBitCount
      ends &= ~(1 &<< UInt32(edge))
      let slot = slots.slot(voxel, edge)
      if slot != LoopSlots.none { found(slot) }
    }
  }

  /// Starts a chain with the boundary of a critical square.
  @inline(__always)
  func begin(
    square cell: UInt64, into pending: inout PendingStars<Key>, found: (UInt32) -> Void
  ) throws(ComputeError) {
    let square = Int(truncatingIfNeeded: cell & 15)
    let (one, other) = Self.edges(ofSquare: square)
    try expand(
      1 &<< UInt32(truncatingIfNeeded: one) | 1 &<< UInt32(truncatingIfNeeded: other),
      through: 1 &<< UInt32(truncatingIfNeeded: square), at: Int(truncatingIfNeeded: cell >> 4),
      into: &pending, found: found)
  }

  /// Adds the two edges of a square that lower voxels own.
  @inline(__always)
  private func cross(
    _ square: Int, _ voxel: Int, _ pending: inout PendingStars<Key>
  ) throws(ComputeError) {
    let (one, other) = Self.edges(ofSquare: square)
    let first = voxel &+ steps[one]
    let second = voxel &+ steps[other]
    let corner = first &+ steps[other]
    let cornerKey = grid.keys[corner]
    try addEdge(first, grid.keys[first], corner, cornerKey, direction: other, &pending)
    try addEdge(second, grid.keys[second], corner, cornerKey, direction: one, &pending)
  }

  /// Adds the edge from `near` to `far`, which lies in `direction`, at the higher of the two.
  @inline(__always)
  private func addEdge(
    _ near: Int, _ nearKey: Key, _ far: Int, _ farKey: Key, direction: Int,
    _ pending: inout PendingStars<Key>
  ) throws(ComputeError) {
    let isFar = farKey > nearKey || (farKey == nearKey && direction & 1 == 1)
    let key = isFar ? farKey : nearKey
    if key == Key.belowAll { return }  // within a low border
    let edge = isFar ? direction ^ 1 : direction
    let owner = isFar ? far : near
    // The edge that is paired with its voxel: the way ends there before it begins.
    if stars[owner].root == edge { return }
    try pending.add(1 &<< UInt8(truncatingIfNeeded: edge), at: owner, key: key)
  }

  @inline(__always)
  private static func edges(ofSquare square: Int) -> (Int, Int) {
    let normal = square &>> 2
    let (first, second) = (normal == 2 ? 0 : normal &+ 1, normal == 0 ? 2 : normal &- 1)
    return (2 &* first &+ (square &>> 1 & 1), 2 &* second &+ (square & 1))
  }
}
