internal import ComputeRuntime

/// One thread's work on the columns: see ``LoopColumns``.
struct LoopReduction<Key: RowComparable> {
  /// How many voxels of a column are expanded at least, if it has so many. More are expanded faster
  /// now, while their neighbours are at hand, but perhaps in vain.
  private static var eagerExpansions: Int { 20 }

  private let columns: LoopColumns<Key>
  private let expansion: ChainExpansion<Key>
  private let arena: LoopArena
  private var working: WorkingColumn<Key>
  /// For expanding a kept column while the working one waits.
  private var other: WorkingColumn<Key>
  private let interruption: Interruption
  private var polls = 0

  init(
    columns: LoopColumns<Key>, arena: LoopArena, budget: MemoryBudget, interruption: Interruption
  ) throws(ComputeError) {
    self.interruption = interruption
    self.columns = columns
    expansion = columns.expansion
    self.arena = arena
    working = try WorkingColumn(rowCount: columns.count, keys: expansion.grid.keys, budget: budget)
    other = try WorkingColumn(rowCount: columns.count, keys: expansion.grid.keys, budget: budget)
  }

  /// Expands a column until its first rank comes to light, and a little more.
  mutating func expandFirst(squareAt position: Int) throws(ComputeError) {
    try expansion.begin(square: columns.squares[position], into: &working.pending) {
      working.ranks.flip($0)
    }
    var expansions = 0
    while expansions < Self.eagerExpansions || working.ranks.highest == nil {
      guard let (voxel, chain) = working.pending.takeHighest(notBelow: 0) else { break }
      try expansion.expand(UInt32(chain), through: 0, at: voxel, into: &working.pending) {
        working.ranks.flip($0)
      }
      expansions &+= 1
      try poll()
    }
    columns.columns[Int(columns.columnOfSquare[position])] = try arena.keep(&working)
  }

  /// Reduces one column until it finds a free pivot.
  /// - Returns: false when the column has no pivot, which cannot be.
  mutating func reduce(column: Int) throws(ComputeError) -> Bool {
    var column = UInt32(truncatingIfNeeded: column)
    let first = columns.columns[Int(column)]
    guard first.rankCount > 0 else { return false }
    var pivot = LoopArena.highestRank(first)
    var isLoaded = false  // whether the working column holds the rest of the column
    var additions = 0
    while true {
      let slot = Int(pivot)
      let (owner, kept) = columns.records.take(slot)
      if owner < column {
        columns.records.giveBack(slot, owner: owner)
        if !isLoaded { try load(first.withoutPivot()) }
        isLoaded = true
        try load(kept.chainCount > 0 ? try expandKept(kept, slot: slot, owner: owner) : kept)
        additions &+= 1
        if additions & 1023 == 0 { try interruption.check() }
      } else {
        // The pivot is free, or the place of a younger column.
        do {
          let mine = isLoaded ? try arena.keep(&working) : first.withoutPivot()
          columns.records.giveBack(slot, owner: column, keeping: mine)
        } catch {
          columns.records.giveBack(slot, owner: owner)
          throw error
        }
        if owner == LoopRecord.free { return true }
        // The younger column has the same pivot still: the next round adds the older one to it.
        column = owner
        isLoaded = true
        try load(kept)
        continue
      }
      try expandToPivot()
      guard let next = working.ranks.highest else { return false }
      working.ranks.removeHighest()
      pivot = next
    }
  }

  /// Expands the chain as far as it may still hold a rank above the highest known one.
  @inline(__always)
  private mutating func expandToPivot() throws(ComputeError) {
    if working.pending.isEmpty { return }
    var highest = working.ranks.highest
    var floor = highest.map { columns.order(ofRank: $0) } ?? 0
    while let (voxel, chain) = working.pending.takeHighest(notBelow: floor) {
      try expansion.expand(UInt32(chain), through: 0, at: voxel, into: &working.pending) {
        working.ranks.flip($0)
      }
      try poll()
      if working.ranks.highest != highest {
        highest = working.ranks.highest
        floor = highest.map { columns.order(ofRank: $0) } ?? 0
      }
    }
  }

  /// One column may take long on hostile volumes, longer than a caller wants to wait for a stop.
  @inline(__always)
  private mutating func poll() throws(ComputeError) {
    polls &+= 1
    if polls & 8191 == 0 { try interruption.check() }
  }

  /// Adds a kept column to the working one.
  @inline(__always)
  private mutating func load(_ kept: KeptColumn) throws(ComputeError) {
    try LoopArena.read(kept) { (chain, ranks) throws(ComputeError) in
      working.ranks.add(ranks, count: Int(kept.rankCount))
      try working.pending.add(chain)
    }
  }

  /// Expands a kept column to the end, and keeps it like that from now on.
  private mutating func expandKept(
    _ kept: KeptColumn, slot: Int, owner: UInt32
  ) throws(ComputeError) -> KeptColumn {
    try LoopArena.read(kept) { (chain, ranks) throws(ComputeError) in
      other.ranks.add(ranks, count: Int(kept.rankCount))
      try other.pending.add(chain)
    }
    while let (voxel, chain) = other.pending.takeHighest(notBelow: 0) {
      try expansion.expand(UInt32(chain), through: 0, at: voxel, into: &other.pending) {
        other.ranks.flip($0)
      }
      try poll()
    }
    let expanded = try arena.keep(&other)
    // Another thread may have put an older column there meanwhile.
    let (current, currentlyKept) = columns.records.take(slot)
    columns.records.giveBack(slot, owner: current, keeping: current == owner ? expanded : currentlyKept)
    return expanded
  }
}

/// A column while it is worked on: ranks that are known, and a chain that is not expanded yet.
struct WorkingColumn<Key: RowComparable> {
  var ranks: RankSet
  var pending: PendingStars<Key>

  init(rowCount: Int, keys: FencedPointer<Key>, budget: MemoryBudget) throws(ComputeError) {
    ranks = try RankSet(rowCount: rowCount, budget: budget)
    pending = try PendingStars(keys: keys, budget: budget)
  }
}
