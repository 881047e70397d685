internal import ComputeRuntime
internal import Synchronization

/// What the reduction keeps of one column, at the critical edge that is its pivot.
///
/// A short column is kept right here, a long one behind an address. Who wants to read or write a
/// record takes it first, by exchanging its owner for `taken`.
struct LoopRecord: ~Copyable {
  static let free = UInt32.max
  static let taken = UInt32.max - 1
  static let inlineEntries = 3

  /// The column that ends the loop begun at this edge: its number among the remaining squares.
  let owner: Atomic<UInt32>
  var count: UInt32
  /// Entries `voxel << 6 | edges`; or in the first, the address of the entries.
  var entries: (UInt64, UInt64, UInt64)
}

/// H1 in 3D: which of the remaining critical squares ends which loop.
///
/// The boundary matrix of the Morse complex is reduced column by column, but the columns are never
/// written out. A column is a chain of edges, kept as the edges that each voxel owns; edges of lower
/// voxels stay as they are until they come to the top. Then the star's matching either moves them
/// on, through squares of the star to edges of lower voxels, or shows the critical edges among them:
/// the highest that begins a loop is the column's pivot. A column whose pivot is free is kept as it
/// is at that moment, most of it never expanded.
///
/// Columns may come in any order and from several threads: at a taken pivot the older column is
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
  /// One per slot, as many as there are remaining squares.
  let records: UnsafeMutablePointer<LoopRecord>

  /// The number of columns that a thread takes at a time.
  private static var batch: Int { 512 }

  /// Reduces columns, batch by batch, until none is left.
  func reduce(
    next: borrowing Atomic<Int>, budget: MemoryBudget, arena: LoopArena, interruption: Interruption
  ) throws(ComputeError) -> Bool {
    var worker = Worker(columns: self, pending: try PendingStars(keys: grid.keys, budget: budget), arena: arena)
    while true {
      let first = next.add(Self.batch, ordering: .relaxed).oldValue
      guard first < remainingCount else { return true }
      for column in first..<min(first + Self.batch, remainingCount) {
        guard try worker.reduce(column: column, interruption: interruption) else { return false }
        if column & 63 == 0 { try interruption.check() }
      }
    }
  }

  /// The remaining square that is the `column`-th from low to high.
  @inline(__always)
  func square(ofColumn column: Int) -> UInt64 {
    squares[Int(remaining[remainingCount &- 1 &- column])]
  }

  /// The column that owns a slot, after the reduction.
  func owner(ofSlot slot: Int) -> Int {
    Int(unsafe records[slot].owner.load(ordering: .relaxed))
  }

  /// One thread's work.
  private struct Worker {
    let columns: LoopColumns
    var pending: PendingStars<Key>
    let arena: LoopArena
    /// The slot of the highest critical edge that the last expansion found.
    var slot = LoopSlots.none
    var stepsSinceCheck = 0

    /// - Returns: false when the column has no pivot, which cannot be.
    mutating func reduce(column: Int, interruption: Interruption) throws(ComputeError) -> Bool {
      var column = UInt32(truncatingIfNeeded: column)
      let cell = columns.square(ofColumn: Int(column))
      var voxel = Int(truncatingIfNeeded: cell >> 4)
      let square = Int(truncatingIfNeeded: cell & 15)
      let (one, other) = Self.edges(ofSquare: square)
      var critical = try expand(1 << one | 1 << other, through: 1 << UInt32(square), at: voxel)
      while true {
        while critical == 0 {
          guard let (next, chain) = pending.takeHighest() else { return false }
          voxel = next
          critical = try expand(UInt32(chain), through: 0, at: voxel)
          stepsSinceCheck &+= 1
          if stepsSinceCheck >= 8192 {
            stepsSinceCheck = 0
            try interruption.check()
          }
        }
        let pivot = 31 - critical.leadingZeroBitCount
        critical &= ~(1 << UInt32(pivot))
        if slot == LoopSlots.none { slot = columns.slots.slot(voxel, pivot) }
        let record = unsafe columns.records + Int(slot)
        slot = LoopSlots.none
        let owner = unsafe take(record)
        if owner > column {  // free, or the place of a younger column
          let old = unsafe (record.pointee.count, record.pointee.entries)
          if critical != 0 { try pending.add(UInt8(critical), at: voxel) }
          do {
            try unsafe keep(in: record)
          } catch {
            unsafe record.pointee.owner.store(LoopRecord.free, ordering: .releasing)
            throw error
          }
          unsafe record.pointee.owner.store(column, ordering: .releasing)
          if owner == LoopRecord.free { return true }
          column = owner
          critical = 0
          _ = try unsafe addEntries(old.0, old.1, at: -1)
        } else {
          let old = unsafe (record.pointee.count, record.pointee.entries)
          unsafe record.pointee.owner.store(owner, ordering: .releasing)
          critical ^= try unsafe addEntries(old.0, old.1, at: voxel)
        }
      }
    }

    private func take(_ record: UnsafeMutablePointer<LoopRecord>) -> UInt32 {
      var owner = unsafe record.pointee.owner.load(ordering: .relaxed)
      while true {
        if owner != LoopRecord.taken {
          let (isMine, current) = unsafe record.pointee.owner.weakCompareExchange(
            expected: owner, desired: LoopRecord.taken, successOrdering: .acquiring,
            failureOrdering: .relaxed)
          if isMine { return owner }
          owner = current
        } else {
          owner = unsafe record.pointee.owner.load(ordering: .relaxed)
        }
      }
    }

    /// Keeps the pending chain in a record that this thread has taken.
    private mutating func keep(in record: UnsafeMutablePointer<LoopRecord>) throws(ComputeError) {
      let room = try arena.room(pending.queuedCount)
      let count = pending.takeAll(into: room)
      unsafe record.pointee.count = UInt32(truncatingIfNeeded: count)
      if count <= LoopRecord.inlineEntries {
        unsafe record.pointee.entries = (
          count > 0 ? room[0] : 0, count > 1 ? room[1] : 0, count > 2 ? room[2] : 0
        )
      } else {
        arena.use(count)
        unsafe record.pointee.entries.0 = UInt64(UInt(bitPattern: room.pointer))
      }
    }

    /// Adds a kept column to the pending chain.
    ///
    /// - Returns: its edges at `voxel`, which are not added: they are critical.
    private mutating func addEntries(
      _ count: UInt32, _ entries: (UInt64, UInt64, UInt64), at voxel: Int
    ) throws(ComputeError) -> UInt32 {
      var atVoxel: UInt32 = 0
      if count > LoopRecord.inlineEntries {
        let address = UInt(truncatingIfNeeded: entries.0)
        let kept = unsafe UnsafePointer<UInt64>(bitPattern: address).unsafelyUnwrapped
        for index in 0..<Int(count) {
          let entry = unsafe kept[index]
          atVoxel ^= try add(entry, unless: voxel)
        }
        return atVoxel
      }
      if count > 0 { atVoxel ^= try add(entries.0, unless: voxel) }
      if count > 1 { atVoxel ^= try add(entries.1, unless: voxel) }
      if count > 2 { atVoxel ^= try add(entries.2, unless: voxel) }
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
    ///   - crossed: squares of the star whose boundary is in the chain already, but for their two
    ///     edges at lower voxels.
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
          moved ^= (path ^ rootPath) & 4095  // ends at the edge that is paired with the voxel
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
      let (firstKey, secondKey, cornerKey) = (keys[first], keys[second], keys[corner])
      try addEdge(first, firstKey, corner, cornerKey, direction: other)
      try addEdge(second, secondKey, corner, cornerKey, direction: one)
    }

    /// Adds the edge from `near` to `far`, at the higher of the two.
    @inline(__always)
    private mutating func addEdge(
      _ near: Int, _ nearKey: Key, _ far: Int, _ farKey: Key, direction: Int
    ) throws(ComputeError) {
      let isFar = farKey > nearKey || (farKey == nearKey && direction & 1 == 1)
      if (isFar ? farKey : nearKey) == Key.belowAll { return }  // within a low border
      try pending.add(1 &<< UInt8(truncatingIfNeeded: isFar ? direction ^ 1 : direction), at: isFar ? far : near)
    }

    /// The edges among `ends` that do not end a component; notes the slot of the highest.
    private mutating func beginningLoops(_ ends: UInt32, _ voxel: Int) -> UInt32 {
      var (rest, result) = (ends, UInt32(0))
      while rest != 0 {
        let edge = 31 - rest.leadingZeroBitCount
        rest &= ~(1 << UInt32(edge))
        let found = columns.slots.slot(voxel, edge)
        if found == LoopSlots.none { continue }
        if result == 0 { slot = found }
        result |= 1 << UInt32(edge)
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
}

/// Where one thread keeps its long columns; what is in use is never moved or freed until the end.
final class LoopArena {
  private static let blockSize = 1 << 15
  private let budget: MemoryBudget
  private var blocks: [Scratch<UInt64>] = []
  private var block: FencedPointer<UInt64>?
  private var used = 0

  init(budget: MemoryBudget) { self.budget = budget }

  /// Free room for `count` entries, good until the next call.
  func room(_ count: Int) throws(ComputeError) -> FencedPointer<UInt64> {
    if let block, used + count <= block.count { return block.suffix(from: used) }
    let new = try Scratch<UInt64>(count: max(count, Self.blockSize), budget: budget)
    blocks.append(new)
    block = new.cells
    used = 0
    return new.cells
  }

  /// Keeps the first `count` entries of the last room.
  func use(_ count: Int) { used += count }
}
