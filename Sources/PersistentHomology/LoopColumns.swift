internal import ComputeRuntime
internal import Synchronization

/// H1 in 3D: which of the remaining critical squares ends which loop.
///
/// The boundary matrix of the Morse complex is reduced column by column. Its rows are the critical
/// edges that begin a loop; a row's rank is its place in the filtration. First every column is expanded
/// from the boundary of its square (``ChainExpansion``), in the order of the squares in memory, until
/// the first rank comes to light, which is the highest, and for some steps more. Then the columns are
/// reduced, in the order of the filtration. The rest of a column is expanded only when it is needed:
/// when all its known ranks are cancelled, or when it is added to another column.
///
/// Columns may come in any order and from several threads: at a taken pivot an older column is
/// added, and a younger one gives up its place and is carried on with. The pairs are the same for
/// every order. (Morozov & Nigmetov, *Towards lockfree persistent homology*, 2020.)
struct LoopColumns<Key: RowComparable>: Sendable {
  let expansion: ChainExpansion<Key>
  /// The voxel of the critical edge of each rank.
  let voxels: FencedPointer<UInt32>
  /// `voxel << 4 | square` of every critical square.
  let squares: FencedPointer<UInt64>
  let squareCount: Int
  /// Positions of the remaining squares, from high to low.
  let remaining: FencedPointer<UInt32>
  /// For every critical square its column, or ``LoopSlots/none``.
  let columnOfSquare: FencedPointer<UInt32>
  /// As many columns as there are ranks.
  let count: Int
  /// The columns before they are reduced, their pivots still in place.
  let columns: FencedPointer<KeptColumn>
  let records: LoopRecords

  /// The number of columns that a thread takes at a time.
  private static var batch: Int { 512 }

  init(
    expansion: ChainExpansion<Key>, cells: CriticalCells, remaining count: Int, buffers: LoopBuffers
  ) throws(ComputeError) {
    self.expansion = expansion
    self.count = count
    voxels = buffers.voxels.cells
    squares = cells.squares.cells
    squareCount = cells.squareCount
    remaining = buffers.remaining.cells
    try buffers.columnOfSquare.replace(squareCount)
    columnOfSquare = buffers.columnOfSquare.cells
    try buffers.columns.replace(count)
    columns = buffers.columns.cells
    records = try LoopRecords(count: count, storage: buffers.records)
    columnOfSquare.fill(0..<squareCount, with: LoopSlots.none)
    for column in 0..<count {
      columnOfSquare[Int(remaining[count &- 1 &- column])] = UInt32(truncatingIfNeeded: column)
    }
  }

  /// Reduces all columns; ``LoopRecords/owner(ofSlot:)`` has the answer.
  /// - Returns: false when a column has no pivot, which cannot be.
  func reduce(
    threads: Int, budget: MemoryBudget, interruption: Interruption
  ) throws(ComputeError) -> Bool {
    var all: [LoopArena] = []
    for _ in 0..<threads { all.append(try LoopArena(budget: budget)) }
    let arenas = all
    // Threads read each other's columns, so that all arenas must live until all threads are done.
    defer { withExtendedLifetime(arenas) {} }
    let nextBlock = Atomic<Int>(0)
    let nextColumn = Atomic<Int>(0)
    let isComplete = Atomic<Bool>(true)
    try runWorkers(threads, interruption: interruption) { (index) throws(ComputeError) in
      var reduction = try LoopReduction(
        columns: self, arena: arenas[index], budget: budget, interruption: interruption)
      try Self.takeTurns(nextBlock, of: squareCount, interruption) { (positions) throws(ComputeError) in
        for position in positions where columnOfSquare[position] != LoopSlots.none {
          try reduction.expandFirst(squareAt: position)
        }
      }
    }
    try runWorkers(threads, interruption: interruption) { (index) throws(ComputeError) in
      var reduction = try LoopReduction(
        columns: self, arena: arenas[index], budget: budget, interruption: interruption)
      try Self.takeTurns(nextColumn, of: count, interruption) { (columns) throws(ComputeError) in
        for column in columns {
          prefetch(column &+ 12)
          if try !reduction.reduce(column: column) {
            isComplete.store(false, ordering: .relaxed)
          }
        }
      }
    }
    return isComplete.load(ordering: .relaxed)
  }

  /// Calls `body` with batches of `0 ..< count` until none is left.
  @inline(__always)
  private static func takeTurns(
    _ next: borrowing Atomic<Int>, of count: Int, _ interruption: Interruption,
    _ body: (Range<Int>) throws(ComputeError) -> Void
  ) throws(ComputeError) {
    while true {
      let first = next.add(batch, ordering: .relaxed).oldValue
      guard first < count else { return }
      try body(first..<min(first + batch, count))
      try interruption.check()
    }
  }

  /// Asks for the record that a column will look at first.
  @inline(__always)
  private func prefetch(_ column: Int) {
    guard column < count else { return }
    let kept = columns[column]
    if kept.rankCount > 0 { records.prefetch(Int(LoopArena.highestRank(kept))) }
  }

  /// The remaining square that is the `column`-th from low to high.
  @inline(__always)
  func square(ofColumn column: Int) -> UInt64 {
    squares[Int(remaining[count &- 1 &- column])]
  }

  /// When the voxel of a rank enters.
  @inline(__always)
  func order(ofRank rank: UInt32) -> Key.Order {
    let voxel = voxels[Int(rank)]
    return Key.order(expansion.grid.keys[Int(voxel)], voxel)
  }
}
