internal import ComputeRuntime

/// The highest homology of the V-construction: maxima end cavities, critical squares begin them.
///
/// The mirror of ``LowestHomology``: paths of the gradient lead from the two cubes at every
/// critical square up to maxima or out of the volume; Kruskal's algorithm over the critical squares
/// in descending order does the rest. In 2D and 1D, where the grid is looked at as a suspension,
/// cubes and squares stand for the cells of the two highest dimensions.
struct HighestHomology<Key: RowComparable>: Sendable {
  let grid: KeyGrid<Key>
  let farSides: FencedPointer<FarSide>
  let stars: FencedPointer<StarCode>
  let cells: CriticalCells
  let tables: StarTables

  /// The number of the component outside of the volume.
  var outside: Int { cells.maximumCount }

  /// The maximum to which the path from a cube leads, or `outside`.
  ///
  /// - Parameters:
  ///   - voxel: a corner of the cube and of its square `across`.
  ///   - cube: the cube's number as seen from the corner.
  ///   - across: the axis normal to the square, whose cells the corner owns.
  @inline(__always)
  private func maximum(
    from voxel: Int, cube: Int, across: Int, _ memo: PathMemo
  ) throws(ComputeError) -> Int {
    var (voxel, cube, axis) = (voxel, cube, across)
    var cubes = stars[voxel].isMaximum ? 255 : stars[voxel].cubes
    var steps = 0
    while true {
      if cubes &>> cube & 1 == 0 {
        // Another corner owns this cube: the highest of the four on its far side.
        (voxel, cube) = owner(voxel, cube, axis)
        let star = stars[voxel]
        if star.isMaximum {
          if steps > PathMemo.shortPath { memo.settle(star.maximumNumber) }
          return star.maximumNumber
        }
        cubes = star.cubes
        steps &+= 1
        if steps > PathMemo.shortPath, let end = try memo.end(from: voxel, tag: cube) {
          memo.settle(end)
          return end
        }
      }
      let exit = Int(tables.exitOfCube[cubes &* 8 &+ cube])
      if exit & 0x80 != 0 { return stars[voxel].maximumNumber }
      axis = exit & 3
      cube = (exit &>> 2) ^ (1 &<< axis)
    }
  }

  /// The highest corner of a cube on the side of `axis` that is away from `voxel`, and the cube's
  /// number as seen from there.
  @inline(__always)
  private func owner(_ voxel: Int, _ cube: Int, _ axis: Int) -> (voxel: Int, cube: Int) {
    let side = farSides[axis &* 8 &+ cube]
    let corner = voxel &+ Int(side.corner)
    let (second, third) = (Int(side.second), Int(side.third))
    var best = (voxel: corner, key: grid.keys[corner], cube: side.cubes & 7)
    if second != 0 { choose(corner &+ second, side.cubes &>> 8 & 7, over: &best) }
    if third != 0 {
      choose(corner &+ third, side.cubes &>> 16 & 7, over: &best)
      if second != 0 { choose(corner &+ second &+ third, side.cubes &>> 24, over: &best) }
    }
    return (best.voxel, Int(best.cube))
  }

  /// Replaces `best` by a corner that is higher.
  @inline(__always)
  private func choose(
    _ corner: Int, _ cube: UInt32, over best: inout (voxel: Int, key: Key, cube: UInt32)
  ) {
    let key = grid.keys[corner]
    let isHigher = key > best.key || (key == best.key && corner > best.voxel)
    best.voxel = isHigher ? corner : best.voxel
    best.cube = isHigher ? cube : best.cube
    best.key = isHigher ? key : best.key
  }

  /// Finds the maxima on both sides of the critical squares in `range`, packed in 32 bits each.
  func walk(
    _ range: Range<Int>, into ends: FencedPointer<UInt64>, memo: PathMemo, interruption: Interruption
  ) throws(ComputeError) {
    let squares = cells.squares.cells
    for index in range {
      let voxel = Int(truncatingIfNeeded: squares[index] >> 4)
      let square = Int(truncatingIfNeeded: squares[index] & 15)
      let normal = square &>> 2
      let (first, second) = (normal == 2 ? 0 : normal &+ 1, normal == 0 ? 2 : normal &- 1)
      let low = (square &>> 1 & 1) &<< first | (square & 1) &<< second
      let one = try maximum(from: voxel, cube: low, across: normal, memo)
      let other = try maximum(from: voxel, cube: low | 1 &<< normal, across: normal, memo)
      ends[index] = UInt64(truncatingIfNeeded: one) << 32 | UInt64(truncatingIfNeeded: other)
      if index & 4095 == 0 { try interruption.check() }
    }
  }

  /// Joins the components along the sorted critical squares, from the highest down.
  ///
  /// - Parameters:
  ///   - remaining: receives the positions of squares that begin no cavity, in descending order.
  ///   - found: called with the voxel that begins a cavity, its key, and the maximum that ends it,
  ///     and its key.
  /// - Returns: how many squares remain, and the maximum that all others have joined (of no meaning
  ///   where they joined the outside).
  @inline(__always)
  func join(
    sorted: FencedPointer<Key.Order>, ends: FencedPointer<UInt64>,
    storage: FencedPointer<ComponentForest<Key>.Node>, remaining: FencedPointer<UInt32>?,
    interruption: Interruption, found: (UInt32, Key, UInt32, Key) -> Void
  ) throws(ComputeError) -> (left: Int, eldest: UInt32) {
    let (squares, maxima) = (cells.squares.cells, cells.maxima.cells)
    let forest = ComponentForest(
      births: maxima, count: cells.maximumCount, keys: grid.keys, last: Key.aboveAll, storage: storage)
    var left = 0
    var position = cells.squareCount
    while position > 0 {
      position &-= 1
      if position >= 16 {
        let soon = Int(UInt32(truncatingIfNeeded: sorted[position &- 16]))
        ends.prefetch(soon)
        squares.prefetch(soon)
        let sooner = ends[Int(UInt32(truncatingIfNeeded: sorted[position &- 8]))]
        forest.prefetch(Int(truncatingIfNeeded: sooner >> 32))
        forest.prefetch(Int(truncatingIfNeeded: sooner & 0xffff_ffff))
      }
      let order = sorted[position]
      let index = Int(UInt32(truncatingIfNeeded: order))
      let one = forest.representative(of: Int(truncatingIfNeeded: ends[index] >> 32))
      let other = forest.representative(of: Int(truncatingIfNeeded: ends[index] & 0xffff_ffff))
      if one.component == other.component {
        remaining?[left] = UInt32(truncatingIfNeeded: index)
        left &+= 1
        continue
      }
      // The elder has the higher (key, index); the outside has the highest key of all.
      let isOneElder = one.key > other.key || (one.key == other.key && one.component > other.component)
      let (elder, younger) = isOneElder ? (one, other) : (other, one)
      forest.join(younger.component, to: elder.component)
      found(
        UInt32(truncatingIfNeeded: squares[index] >> 4), Key.key(order), maxima[younger.component],
        younger.key)
      if position & 4095 == 0 { try interruption.check() }
    }
    let last = cells.maximumCount == 0 ? 0 : forest.representative(of: 0).component
    return (left, last < cells.maximumCount ? maxima[last] : 0)
  }
}
