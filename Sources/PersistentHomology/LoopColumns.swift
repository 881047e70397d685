internal import ComputeRuntime
internal import Synchronization

/// H1 in 3D: which of the remaining critical squares ends which loop.
///
/// The boundary matrix of the Morse complex is reduced column by column, but the columns are never
/// written out. A column is a chain of edges, kept as the edges that each voxel owns; edges of lower
/// voxels stay as they are until they come to the top. Then the star's matching either moves them
/// on, through squares of the star to edges of lower voxels, or shows the critical edges among them:
/// the highest that begins a loop is the column's pivot. A column whose pivot is free is kept as it
/// is at that moment, most of it never expanded.
///
/// Columns may come in any order and from several threads: at a taken pivot an older column is
/// added, and a younger one gives up its place and is carried on with. The pairs are the same for
/// every order. (Morozov & Nigmetov, *Towards lockfree persistent homology*, 2020.)
struct LoopColumns<Key: RowComparable>: @unchecked Sendable {
  let grid: KeyGrid<Key>
  let steps: InlineArray<6, Int>
  let stars: FencedPointer<StarCode>
  let tables: StarTables
  let slots: LoopSlots
  /// `voxel << 4 | square` of every critical square.
  let squares: FencedPointer<UInt64>
  /// Positions of the remaining squares, from high to low.
  let remaining: FencedPointer<UInt32>
  let remainingCount: Int
  let records: LoopRecords

  /// The number of columns that a thread takes at a time.
  private static var batch: Int { 512 }

  /// Reduces all columns; ``LoopRecords/owner(ofSlot:)`` has the answer.
  /// - Returns: false when a column has no pivot, which cannot be.
  func reduce(
    threads: Int, budget: MemoryBudget, interruption: Interruption
  ) throws(ComputeError) -> Bool {
    let next = Atomic<Int>(0)
    let isComplete = Atomic<Bool>(true)
    // The arenas must live until all threads are done: they read each other's columns.
    var arenas: [LoopArena] = []
    for _ in 0..<threads { arenas.append(try LoopArena(budget: budget)) }
    let workers = UncheckedSendable(arenas)
    try withExtendedLifetime(arenas) { () throws(ComputeError) in
      try runWorkers(threads, interruption: interruption) { (index) throws(ComputeError) in
        var reduction = LoopReduction(
          columns: self, pending: try PendingStars(keys: grid.keys, budget: budget),
          arena: workers.value[index])
        while true {
          let first = next.add(Self.batch, ordering: .relaxed).oldValue
          guard first < remainingCount else { return }
          for column in first..<min(first + Self.batch, remainingCount) {
            if try !reduction.reduce(column: column, interruption: interruption) {
              isComplete.store(false, ordering: .relaxed)
              return
            }
          }
          try interruption.check()
        }
      }
    }
    return isComplete.load(ordering: .relaxed)
  }

  /// The remaining square that is the `column`-th from low to high.
  @inline(__always)
  func square(ofColumn column: Int) -> UInt64 {
    squares[Int(remaining[remainingCount &- 1 &- column])]
  }
}

/// Lets each thread have its own one of several objects.
private struct UncheckedSendable<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
