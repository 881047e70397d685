internal import ComputeRuntime

/// The chain of one column in the reduction, star by star: which of its edges each voxel owns.
///
/// Remembers six bits per voxel and the queue of voxels that have any. Voxels come out from high to
/// low. While the queue is short it is a sorted stack, whose end is cheap to take; when it grows it
/// becomes a binary heap.
struct PendingStars<Key: GridKey> {
  private static var longestStack: Int { 48 }
  private static var queued: UInt8 { 64 }

  private let keys: FencedPointer<Key>
  private let chains: Scratch<UInt8>
  private let queue: Scratch<Key.Order>
  private var marks: FencedPointer<UInt8>
  private var entries: FencedPointer<Key.Order>
  private var count = 0
  private var isHeap = false

  init(keys: FencedPointer<Key>, budget: MemoryBudget) throws(ComputeError) {
    self.keys = keys
    chains = try Scratch(count: keys.count, zeroed: true, budget: budget)
    queue = try Scratch(count: 1024, budget: budget)
    marks = chains.cells
    entries = queue.cells
  }

  /// Adds, modulo 2, the edges in `chain` at `voxel`.
  @inline(__always)
  mutating func add(_ chain: UInt8, at voxel: Int) throws(ComputeError) {
    try add(chain, at: voxel, key: keys[voxel])
  }

  /// - Parameter key: of the voxel.
  @inline(__always)
  mutating func add(_ chain: UInt8, at voxel: Int, key: Key) throws(ComputeError) {
    let known = marks[voxel]
    marks[voxel] = (known ^ chain) | Self.queued
    if known & Self.queued == 0 {
      try push(Key.order(key, UInt32(truncatingIfNeeded: voxel)))
    }
  }

  /// Takes the highest voxel that has edges; `nil` when none is left, or only lower than `floor`.
  @inline(__always)
  mutating func takeHighest(notBelow floor: Key.Order) -> (voxel: Int, chain: UInt8)? {
    while count > 0 && (isHeap ? entries[0] : entries[count &- 1]) >= floor {
      let voxel = Int(UInt32(truncatingIfNeeded: isHeap ? popHeap() : popStack()))
      let chain = marks[voxel] & 63
      marks[voxel] = 0
      if chain != 0 { return (voxel, chain) }
    }
    return nil
  }

  /// Adds a kept chain.
  @inline(__always)
  mutating func add(_ chain: FencedPointer<UInt64>) throws(ComputeError) {
    for index in 0..<chain.count {
      let entry = chain[index]
      try add(UInt8(truncatingIfNeeded: entry & 63), at: Int(truncatingIfNeeded: entry >> 6))
    }
  }

  @inline(__always)
  var isEmpty: Bool { count == 0 }

  /// An upper bound of what ``takeAll(into:)`` writes.
  var queuedCount: Int { count }

  /// Empties the chain into `target`, packed as `voxel << 6 | edges`, in no special order.
  /// - Returns: the number of entries.
  mutating func takeAll(into target: FencedPointer<UInt64>) -> Int {
    var written = 0
    for index in 0..<count {
      let voxel = Int(UInt32(truncatingIfNeeded: entries[index]))
      let chain = marks[voxel] & 63
      marks[voxel] = 0
      if chain != 0 {
        target[written] = UInt64(voxel) << 6 | UInt64(chain)
        written &+= 1
      }
    }
    count = 0
    isHeap = false
    return written
  }

  @inline(__always)
  private mutating func push(_ order: Key.Order) throws(ComputeError) {
    if count == entries.count {
      try queue.reserve(2 * count)
      entries = queue.cells
    }
    if !isHeap && count >= Self.longestStack { becomeHeap() }
    if isHeap { return pushHeap(order) }
    var place = count
    while place > 0 && entries[place &- 1] > order {
      entries[place] = entries[place &- 1]
      place &-= 1
    }
    entries[place] = order
    count &+= 1
  }

  @inline(__always)
  private mutating func popStack() -> Key.Order {
    count &-= 1
    return entries[count]
  }

  /// An ascending stack, reversed, is a heap with its highest entry in front.
  private mutating func becomeHeap() {
    var (low, high) = (0, count - 1)
    while low < high {
      let entry = entries[low]
      entries[low] = entries[high]
      entries[high] = entry
      low += 1
      high -= 1
    }
    isHeap = true
  }

  private mutating func pushHeap(_ order: Key.Order) {
    var place = count
    count &+= 1
    while place > 0 {
      let parent = (place &- 1) / 2
      if entries[parent] >= order { break }
      entries[place] = entries[parent]
      place = parent
    }
    entries[place] = order
  }

  private mutating func popHeap() -> Key.Order {
    let top = entries[0]
    count &-= 1
    if count == 0 {
      isHeap = false
      return top
    }
    let last = entries[count]
    var place = 0
    while true {
      var child = 2 &* place &+ 1
      if child >= count { break }
      if child &+ 1 < count && entries[child &+ 1] > entries[child] { child &+= 1 }
      if entries[child] <= last { break }
      entries[place] = entries[child]
      place = child
    }
    entries[place] = last
    return top
  }
}
