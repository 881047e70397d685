internal import ComputeRuntime

/// One thread's work on the columns: see ``LoopColumns``.
struct LoopReduction<Key: RowComparable> {
  private let columns: LoopColumns<Key>
  private var pending: PendingStars<Key>
  private let arena: LoopArena
  /// The slot of the highest critical edge that the last expansion found.
  private var slot = LoopSlots.none
  private var expansions = 0

  init(columns: LoopColumns<Key>, pending: consuming PendingStars<Key>, arena: LoopArena) {
    self.columns = columns
    self.pending = pending
    self.arena = arena
  }

  /// Reduces one column until it finds a free pivot.
  /// - Returns: false when the column has no pivot, which cannot be.
  mutating func reduce(column: Int, interruption: Interruption) throws(ComputeError) -> Bool {
    var column = UInt32(truncatingIfNeeded: column)
    let cell = columns.square(ofColumn: Int(column))
    var voxel = Int(truncatingIfNeeded: cell >> 4)
    let square = Int(truncatingIfNeeded: cell & 15)
    let (one, other) = Self.edges(ofSquare: square)
    var critical = try expand(1 &<< UInt32(one) | 1 &<< UInt32(other), through: 1 &<< UInt32(square), at: voxel)
    while true {
      while critical == 0 {
        guard let (next, chain) = pending.takeHighest() else { return false }
        voxel = next
        critical = try expand(UInt32(chain), through: 0, at: voxel)
        expansions &+= 1
        if expansions & 4095 == 0 { try interruption.check() }
      }
      let pivot = 31 &- critical.leadingZeroBitCount
      critical &= ~(1 &<< UInt32(pivot))
      let place = Int(slot == LoopSlots.none ? columns.slots.slot(voxel, pivot) : slot)
      slot = LoopSlots.none
      let (owner, kept) = columns.records.take(place)
      if owner < column {
        columns.records.giveBack(place, owner: owner)
        critical ^= try add(kept, unless: voxel)
        continue
      }
      // The pivot is free, or the place of a younger column.
      do {
        if critical != 0 { try pending.add(UInt8(truncatingIfNeeded: critical), at: voxel) }
        let mine = try arena.keep(&pending)
        columns.records.giveBack(place, owner: column, keeping: mine)
      } catch {
        columns.records.giveBack(place, owner: owner)
        throw error
      }
      if owner == LoopRecord.free { return true }
      column = owner
      critical = 0
      _ = try add(kept, unless: -1)
    }
  }

  /// Adds a kept chain to the pending one.
  ///
  /// - Returns: its edges at `voxel`, which are not added: they are critical.
  @inline(__always)
  private mutating func add(_ kept: KeptChain, unless voxel: Int) throws(ComputeError) -> UInt32 {
    var atVoxel: UInt32 = 0
    if kept.count > KeptChain.inlineEntries {
      let address = UInt(truncatingIfNeeded: kept.entries.0)
      // An arena put it there, and outlives this.
      let entries = unsafe UnsafePointer<UInt64>(bitPattern: address).unsafelyUnwrapped
      for index in 0..<Int(kept.count) { atVoxel ^= try add(unsafe entries[index], unless: voxel) }
      return atVoxel
    }
    if kept.count > 0 { atVoxel ^= try add(kept.entries.0, unless: voxel) }
    if kept.count > 1 { atVoxel ^= try add(kept.entries.1, unless: voxel) }
    if kept.count > 2 { atVoxel ^= try add(kept.entries.2, unless: voxel) }
    return atVoxel
  }

  @inline(__always)
  private mutating func add(_ entry: UInt64, unless voxel: Int) throws(ComputeError) -> UInt32 {
    let owner = Int(truncatingIfNeeded: entry >> 6)
    if owner == voxel { return UInt32(truncatingIfNeeded: entry & 63) }
    try pending.add(UInt8(truncatingIfNeeded: entry & 63), at: owner)
    return 0
  }

  /// Moves a voxel's part of the chain on to lower voxels.
  ///
  /// - Parameters:
  ///   - chain: edges of the star.
  ///   - crossed: squares of the star whose two edges at the voxel are in `chain` and whose other
  ///     two are still to be added.
  /// - Returns: the critical edges in the chain that begin a loop.
  @inline(__always)
  private mutating func expand(
    _ chain: UInt32, through crossed: UInt32, at voxel: Int
  ) throws(ComputeError) -> UInt32 {
    let star = columns.stars[voxel]
    let forest = (star.isMaximum ? columns.tables.fullForest : star.forest) &* 8
    let paths = columns.tables.paths
    let rootPath = UInt32(paths[forest &+ star.root])
    var (rest, moved, ends) = (chain, crossed, UInt32(0))
    while rest != 0 {
      let path = UInt32(paths[forest &+ rest.trailingZeroBitCount])
      rest &= rest &- 1
      if path >> 12 == rootPath >> 12 {
        moved ^= (path ^ rootPath) & 4095  // up to the edge that is paired with the voxel
      } else {
        moved ^= path & 4095
        ends ^= 1 &<< (path >> 12)
      }
    }
    while moved != 0 {
      try cross(moved.trailingZeroBitCount, voxel)
      moved &= moved &- 1
    }
    return ends == 0 ? 0 : beginningLoops(ends, voxel)
  }

  /// Adds the two edges of a square that lower voxels own.
  @inline(__always)
  private mutating func cross(_ square: Int, _ voxel: Int) throws(ComputeError) {
    let (one, other) = Self.edges(ofSquare: square)
    let first = voxel &+ columns.steps[one]
    let second = voxel &+ columns.steps[other]
    let corner = first &+ columns.steps[other]
    let keys = columns.grid.keys
    let cornerKey = keys[corner]
    try addEdge(first, keys[first], corner, cornerKey, direction: other)
    try addEdge(second, keys[second], corner, cornerKey, direction: one)
  }

  /// Adds the edge from `near` to `far`, which lies in `direction`, at the higher of the two.
  @inline(__always)
  private mutating func addEdge(
    _ near: Int, _ nearKey: Key, _ far: Int, _ farKey: Key, direction: Int
  ) throws(ComputeError) {
    let isFar = farKey > nearKey || (farKey == nearKey && direction & 1 == 1)
    if (isFar ? farKey : nearKey) == Key.belowAll { return }  // within a low border
    let edge = isFar ? direction ^ 1 : direction
    try pending.add(1 &<< UInt8(truncatingIfNeeded: edge), at: isFar ? far : near)
  }

  /// The edges among `ends` that do not end a component; notes the slot of the highest.
  @inline(__always)
  private mutating func beginningLoops(_ ends: UInt32, _ voxel: Int) -> UInt32 {
    var (rest, result) = (ends, UInt32(0))
    while rest != 0 {
      let edge = 31 &- rest.leadingZeroBitCount
      rest &= ~(1 &<< UInt32(edge))
      let found = columns.slots.slot(voxel, edge)
      if found == LoopSlots.none { continue }
      if result == 0 { slot = found }
      result |= 1 &<< UInt32(edge)
    }
    return result
  }

  @inline(__always)
  private static func edges(ofSquare square: Int) -> (Int, Int) {
    let normal = square &>> 2
    let (first, second) = (normal == 2 ? 0 : normal &+ 1, normal == 0 ? 2 : normal &- 1)
    return (2 &* first &+ (square &>> 1 & 1), 2 &* second &+ (square & 1))
  }
}
