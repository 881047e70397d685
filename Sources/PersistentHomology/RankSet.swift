internal import ComputeRuntime

/// A set of ranks that are added modulo 2: rows of a column of the boundary matrix.
///
/// Remembers its ranks in ascending order while they are few, and as a tree of bits when they are
/// many; most columns of the reduction have fewer than ten.
struct RankSet {
  private static var mostSorted: Int { 96 }

  private let storage: Scratch<UInt32>
  private let bits: BitTree
  /// The ranks, and room to merge others in: the two change places.
  private var ranks: FencedPointer<UInt32>
  private var merged: FencedPointer<UInt32>
  private var sortedCount = 0
  private var isTree = false

  /// - Parameter rowCount: ranks are below this.
  init(rowCount: Int, budget: MemoryBudget) throws(ComputeError) {
    storage = try Scratch(count: 4 * Self.mostSorted, budget: budget)
    ranks = storage.cells.prefix(2 * Self.mostSorted)
    merged = storage.cells.suffix(from: 2 * Self.mostSorted)
    bits = try BitTree(count: rowCount, budget: budget)
  }

  /// The highest rank; `nil` when the set is empty.
  @inline(__always)
  var highest: UInt32? {
    if isTree { return bits.highest.map { UInt32(truncatingIfNeeded: $0) } }
    return sortedCount > 0 ? ranks[sortedCount &- 1] : nil
  }

  @inline(__always)
  mutating func removeHighest() {
    if isTree {
      if let highest = bits.highest { bits.flip(highest) }
    } else {
      sortedCount &-= 1
    }
  }

  /// Adds one rank.
  @inline(__always)
  mutating func flip(_ rank: UInt32) {
    if isTree { return bits.flip(Int(rank)) }
    if sortedCount >= Self.mostSorted {
      becomeTree()
      return bits.flip(Int(rank))
    }
    var place = sortedCount
    while place > 0 && ranks[place &- 1] > rank { place &-= 1 }
    if place > 0 && ranks[place &- 1] == rank {
      for index in place..<sortedCount { ranks[index &- 1] = ranks[index] }
      sortedCount &-= 1
      return
    }
    var index = sortedCount
    while index > place {
      ranks[index] = ranks[index &- 1]
      index &-= 1
    }
    ranks[place] = rank
    sortedCount &+= 1
  }

  /// Adds a column whose ranks are ascending.
  @inline(__always)
  mutating func add(_ column: FencedPointer<UInt32>, count: Int) {
    if !isTree && sortedCount + count > Self.mostSorted { becomeTree() }
    if isTree {
      for index in 0..<count { bits.flip(Int(column[index])) }
      return
    }
    var (mine, theirs, out) = (0, 0, 0)
    while mine < sortedCount && theirs < count {
      let (one, other) = (ranks[mine], column[theirs])
      // Equal ranks cancel: both sides move on and nothing is kept.
      merged[out] = min(one, other)
      out &+= one == other ? 0 : 1
      mine &+= one <= other ? 1 : 0
      theirs &+= other <= one ? 1 : 0
    }
    while mine < sortedCount {
      merged[out] = ranks[mine]
      (mine, out) = (mine &+ 1, out &+ 1)
    }
    while theirs < count {
      merged[out] = column[theirs]
      (theirs, out) = (theirs &+ 1, out &+ 1)
    }
    swap(&ranks, &merged)
    sortedCount = out
  }

  var count: Int { isTree ? bits.members : sortedCount }

  /// Empties the set into `target`, ascending.
  mutating func takeAll(into target: FencedPointer<UInt32>) {
    if isTree {
      var index = bits.members
      while let highest = bits.highest {
        index &-= 1
        target[index] = UInt32(truncatingIfNeeded: highest)
        bits.flip(highest)
      }
      isTree = false
    } else {
      // A loop, since there are two or three of them: a block copy takes longer to begin.
      for index in 0..<sortedCount { target[index] = ranks[index] }
    }
    sortedCount = 0
  }

  private mutating func becomeTree() {
    for index in 0..<sortedCount { bits.flip(Int(ranks[index])) }
    sortedCount = 0
    isTree = true
  }
}

/// A set of integers below a bound, as bits, with a summary bit for every 64 bits, and so on upwards.
///
/// (A van Emde Boas tree of fixed fan-out; adding and finding the highest take one step per level.)
final class BitTree {
  private let words: Scratch<UInt64>
  private let tree: FencedPointer<UInt64>
  private let levelStarts: InlineArray<6, Int>
  private let levels: Int
  private(set) var members = 0

  init(count: Int, budget: MemoryBudget) throws(ComputeError) {
    var starts = InlineArray<6, Int>(repeating: 0)
    var (size, total, level) = (max(count, 1), 0, 0)
    repeat {
      size = (size + 63) / 64
      starts[level] = total
      total += size
      level += 1
    } while size > 1
    levelStarts = starts
    levels = level
    words = try Scratch(count: total, zeroed: true, budget: budget)
    tree = words.cells
  }

  /// Adds a member that is not there, removes one that is.
  func flip(_ member: Int) {
    var index = member
    for level in 0..<levels {
      let place = levelStarts[level] &+ index >> 6
      let before = tree[place]
      let after = before ^ 1 &<< UInt64(truncatingIfNeeded: index & 63)
      tree[place] = after
      if level == 0 { members &+= after > before ? 1 : -1 }
      if before != 0 && after != 0 { return }
      index >>= 6
    }
  }

  var highest: Int? {
    guard members > 0 else { return nil }
    var index = 0
    for level in (0..<levels).reversed() {
      index = index << 6 | (63 &- tree[levelStarts[level] &+ index].leadingZeroBitCount)
    }
    return index
  }
}
