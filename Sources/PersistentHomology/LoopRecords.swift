// Raw memory, since several threads exchange owners in it.
internal import CProcessor
internal import ComputeRuntime
internal import Synchronization

/// What the reduction keeps of one column, at the critical edge that is its pivot.
///
/// Who wants to read or write a record takes it first, by exchanging its owner for `taken`.
struct LoopRecord: ~Copyable {
  static let free = UInt32.max
  static let taken = UInt32.max - 1

  /// The column that ends the loop begun at this edge: its number among the remaining squares.
  let owner: Atomic<UInt32>
  var kept: KeptColumn
}

/// A column below its pivot: ranks of critical edges, ascending, and a chain of edges
/// (`voxel << 6 | edges`) that nobody has needed to expand yet.
///
/// Up to four ranks without a chain are kept right here; otherwise the first word is an address, and
/// the chain lies there before the ranks.
struct KeptColumn {
  static let inlineRanks = 4
  var rankCount: UInt32 = 0
  var chainCount: UInt32 = 0
  var words: (UInt64, UInt64) = (0, 0)

  /// The column without its highest rank, which is the last.
  func withoutPivot() -> KeptColumn {
    var rest = self
    rest.rankCount &-= 1
    // With so few ranks the words would be taken for the ranks themselves.
    if rest.chainCount == 0 && rest.rankCount == Self.inlineRanks { rest.words = LoopArena.firstWords(self) }
    return rest
  }
}

/// One record for every critical edge that begins a loop.
@safe
struct LoopRecords: @unchecked Sendable {
  private let records: UnsafeMutablePointer<LoopRecord>

  /// - Parameter storage: must outlive the records.
  init(count: Int, storage: Scratch<UInt64>) throws(ComputeError) {
    let words = MemoryLayout<LoopRecord>.stride / MemoryLayout<UInt64>.stride
    try storage.replace(count * words)
    let memory = unsafe UnsafeMutableRawPointer(storage.cells.pointer)
    unsafe records = memory.bindMemory(to: LoopRecord.self, capacity: count)
    for slot in 0..<count {
      unsafe (records + slot).initialize(
        to: LoopRecord(owner: Atomic(LoopRecord.free), kept: KeptColumn()))
    }
  }

  /// The column that owns a slot, after the reduction.
  func owner(ofSlot slot: Int) -> Int {
    Int(unsafe records[slot].owner.load(ordering: .relaxed))
  }

  @inline(__always)
  func prefetch(_ slot: Int) { unsafe cprocessor_prefetch(UnsafeRawPointer(records + slot)) }

  /// Takes a record for this thread; waits while another has it.
  /// - Returns: its owner and what it keeps.
  @inline(__always)
  func take(_ slot: Int) -> (owner: UInt32, kept: KeptColumn) {
    let record = unsafe records + slot
    var owner = unsafe record.pointee.owner.load(ordering: .relaxed)
    while true {
      if owner == LoopRecord.taken {
        owner = unsafe record.pointee.owner.load(ordering: .relaxed)
        continue
      }
      let (isMine, current) = unsafe record.pointee.owner.weakCompareExchange(
        expected: owner, desired: LoopRecord.taken, successOrdering: .acquiring,
        failureOrdering: .relaxed)
      if isMine { return unsafe (owner, record.pointee.kept) }
      owner = current
    }
  }

  /// Gives back a record that was taken, unchanged.
  @inline(__always)
  func giveBack(_ slot: Int, owner: UInt32) {
    unsafe records[slot].owner.store(owner, ordering: .releasing)
  }

  /// Gives back a record that was taken, with what it keeps from now on.
  @inline(__always)
  func giveBack(_ slot: Int, owner: UInt32, keeping kept: KeptColumn) {
    unsafe records[slot].kept = kept
    unsafe records[slot].owner.store(owner, ordering: .releasing)
  }
}

/// Where one thread keeps its columns; what is in use is never moved or freed until the end.
final class LoopArena: @unchecked Sendable {
  private static let blockSize = 1 << 15
  private let budget: MemoryBudget
  private var blocks: [Scratch<UInt64>] = []
  private var block: FencedPointer<UInt64>
  private var used = 0

  init(budget: MemoryBudget) throws(ComputeError) {
    self.budget = budget
    blocks = [try Scratch(count: 1024, budget: budget)]
    block = blocks[0].cells
  }

  /// Empties a working column into one to be kept.
  @inline(__always)
  func keep<Key>(_ working: inout WorkingColumn<Key>) throws(ComputeError) -> KeptColumn {
    let rankCount = working.ranks.count
    let words = working.pending.queuedCount + (rankCount + 1) / 2
    if used + words > block.count { try addBlock(words) }
    let room = block.suffix(from: used)
    let chainCount = working.pending.takeAll(into: room)
    working.ranks.takeAll(into: unsafe Self.ranks(behind: chainCount, in: room))
    var kept = KeptColumn()
    kept.rankCount = UInt32(truncatingIfNeeded: rankCount)
    kept.chainCount = UInt32(truncatingIfNeeded: chainCount)
    if chainCount == 0 && rankCount <= KeptColumn.inlineRanks {
      if rankCount > 0 { kept.words.0 = room[0] }
      if rankCount > 2 { kept.words.1 = room[1] }
    } else {
      kept.words.0 = unsafe UInt64(UInt(bitPattern: room.pointer))
      used += chainCount + (rankCount + 1) / 2
    }
    return kept
  }

  /// The highest rank of a kept column that has any.
  @inline(__always)
  static func highestRank(_ kept: KeptColumn) -> UInt32 {
    let last = Int(kept.rankCount) - 1
    if kept.chainCount == 0 && kept.rankCount <= KeptColumn.inlineRanks {
      let word = last < 2 ? kept.words.0 : kept.words.1
      return UInt32(truncatingIfNeeded: word >> (last & 1 == 0 ? 0 : 32))
    }
    return unsafe ranks(behind: Int(kept.chainCount), in: room(kept))[last]
  }

  /// The first four ranks of a kept column without a chain that lies in an arena.
  static func firstWords(_ kept: KeptColumn) -> (UInt64, UInt64) {
    let room = room(kept)
    return (room[0], room[1])
  }

  /// Where a column lies that is not kept in its record.
  @inline(__always)
  private static func room(_ kept: KeptColumn) -> FencedPointer<UInt64> {
    // An arena put it there, and outlives this.
    let address = unsafe UnsafeMutablePointer<UInt64>(bitPattern: UInt(truncatingIfNeeded: kept.words.0))
      .unsafelyUnwrapped
    let count = Int(kept.chainCount) + (Int(kept.rankCount) + 1) / 2
    return unsafe FencedPointer(base: address, count: count)
  }

  /// Calls `body` with the chain and the ranks of a kept column.
  @inline(__always)
  static func read<Value>(
    _ kept: KeptColumn,
    _ body: (FencedPointer<UInt64>, FencedPointer<UInt32>) throws(ComputeError) -> Value
  ) throws(ComputeError) -> Value {
    let (chainCount, rankCount) = (Int(kept.chainCount), Int(kept.rankCount))
    if chainCount == 0 && rankCount <= KeptColumn.inlineRanks {
      var words = kept.words
      return try unsafe withUnsafeMutablePointer(to: &words) { pointer throws(ComputeError) in
        let first = unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt64.self)
        let room = unsafe FencedPointer(base: first, count: 2)
        return try body(room.prefix(0), unsafe ranks(behind: 0, in: room))
      }
    }
    let room = room(kept)
    return try body(room.prefix(chainCount), unsafe ranks(behind: chainCount, in: room))
  }

  @unsafe @inline(__always)
  private static func ranks(behind chainCount: Int, in room: FencedPointer<UInt64>) -> FencedPointer<UInt32> {
    let rest = room.suffix(from: chainCount)
    return unsafe FencedPointer(
      base: UnsafeMutableRawPointer(rest.pointer).assumingMemoryBound(to: UInt32.self),
      count: 2 * rest.count)
  }

  private func addBlock(_ count: Int) throws(ComputeError) {
    let new = try Scratch<UInt64>(count: max(count, Self.blockSize), budget: budget)
    blocks.append(new)
    block = new.cells
    used = 0
  }
}
