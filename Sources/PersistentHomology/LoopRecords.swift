// Raw memory, since several threads exchange owners in it.
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
  var kept: KeptChain
}

/// A column's chain below its pivot: entries `voxel << 6 | edges`. Up to three are kept right here,
/// more behind the address in the first.
struct KeptChain {
  static let inlineEntries = 3
  var count: UInt32 = 0
  var entries: (UInt64, UInt64, UInt64) = (0, 0, 0)
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
        to: LoopRecord(owner: Atomic(LoopRecord.free), kept: KeptChain()))
    }
  }

  /// The column that owns a slot, after the reduction.
  func owner(ofSlot slot: Int) -> Int {
    Int(unsafe records[slot].owner.load(ordering: .relaxed))
  }

  /// Takes a record for this thread; waits while another has it.
  /// - Returns: its owner and what it keeps.
  @inline(__always)
  func take(_ slot: Int) -> (owner: UInt32, kept: KeptChain) {
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

  /// Gives back a record that was not changed.
  @inline(__always)
  func giveBack(_ slot: Int, owner: UInt32) {
    unsafe records[slot].owner.store(owner, ordering: .releasing)
  }

  /// Gives back a record with a new owner.
  @inline(__always)
  func giveBack(_ slot: Int, owner: UInt32, keeping kept: KeptChain) {
    unsafe records[slot].kept = kept
    unsafe records[slot].owner.store(owner, ordering: .releasing)
  }
}

/// Where one thread keeps its long chains; what is in use is never moved or freed until the end.
final class LoopArena {
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

  /// Empties `pending` into a chain to be kept.
  @inline(__always)
  func keep<Key>(_ pending: inout PendingStars<Key>) throws(ComputeError) -> KeptChain {
    if used + pending.queuedCount > block.count { try addBlock(pending.queuedCount) }
    let room = block.suffix(from: used)
    let count = pending.takeAll(into: room)
    var kept = KeptChain(count: UInt32(truncatingIfNeeded: count))
    if count > KeptChain.inlineEntries {
      kept.entries.0 = unsafe UInt64(UInt(bitPattern: room.pointer))
      used += count
    } else {
      if count > 0 { kept.entries.0 = room[0] }
      if count > 1 { kept.entries.1 = room[1] }
      if count > 2 { kept.entries.2 = room[2] }
    }
    return kept
  }

  private func addBlock(_ count: Int) throws(ComputeError) {
    let new = try Scratch<UInt64>(count: max(count, Self.blockSize), budget: budget)
    blocks.append(new)
    block = new.cells
    used = 0
  }
}
