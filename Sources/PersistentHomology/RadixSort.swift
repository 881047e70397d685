internal import ComputeRuntime

/// Sorts critical cells by the key of their voxel; equal keys stay in the order of the list.
///
/// Least significant digit first, on (key, position) packed in one number; digits that all keys
/// share are skipped. (Knuth, *The Art of Computer Programming* 3, section 5.2.5.)
struct RadixSort<Key: GridKey> {
  private let first: Scratch<Key.Order>
  private let second: Scratch<Key.Order>
  private let histograms: Scratch<UInt32>

  init(budget: MemoryBudget) {
    first = Scratch(budget: budget)
    second = Scratch(budget: budget)
    histograms = Scratch(budget: budget)
  }

  /// The positions `0 ..< count` in ascending order of the keys, packed with these: the position is
  /// the low 32 bits.
  ///
  /// - Parameter voxel: the voxel of the cell at a position.
  func sort(
    count: Int, keys: FencedPointer<Key>, cells: FencedPointer<UInt64>, shift: UInt64,
    interruption: Interruption
  ) throws(ComputeError) -> FencedPointer<Key.Order> {
    if count <= 48 { return try sortFew(count: count, keys: keys, cells: cells, shift: shift) }
    let digitBits = count < 6000 ? 8 : 11
    let digits = (Key.bitWidth + digitBits - 1) / digitBits
    let size = 1 << digitBits
    try first.replace(count)
    try second.replace(count)
    try histograms.replace(digits * size, zeroed: true)
    var (from, to) = (first.cells, second.cells)
    let histograms = histograms.cells
    let mask = Key.Order(truncatingIfNeeded: size &- 1)
    for position in 0..<count {
      let key = keys[Int(truncatingIfNeeded: cells[position] >> shift)]
      let order = Key.order(key, UInt32(truncatingIfNeeded: position))
      from[position] = order
      for digit in 0..<digits {
        let value = Int(
          truncatingIfNeeded: order &>> Key.Order(truncatingIfNeeded: 32 &+ digit &* digitBits) & mask)
        histograms[digit &* size &+ value] &+= 1
      }
    }
    try interruption.check()
    for digit in 0..<digits {
      let base = digit &* size
      var (sum, isShared) = (UInt32(0), false)
      for value in base..<base &+ size {
        let inDigit = histograms[value]
        if inDigit == UInt32(truncatingIfNeeded: count) { isShared = true }
        histograms[value] = sum
        sum &+= inDigit
      }
      if isShared { continue }
      let place = Key.Order(truncatingIfNeeded: 32 &+ digit &* digitBits)
      for position in 0..<count {
        let order = from[position]
        let value = base &+ Int(truncatingIfNeeded: order &>> place & mask)
        let target = histograms[value]
        histograms[value] = target &+ 1
        to[Int(target)] = order
      }
      swap(&from, &to)
      try interruption.check()
    }
    return from
  }

  /// The same by insertion: a few cells are sorted before the histograms were cleared.
  private func sortFew(
    count: Int, keys: FencedPointer<Key>, cells: FencedPointer<UInt64>, shift: UInt64
  ) throws(ComputeError) -> FencedPointer<Key.Order> {
    try first.replace(count)
    let sorted = first.cells
    for position in 0..<count {
      let key = keys[Int(truncatingIfNeeded: cells[position] >> shift)]
      let order = Key.order(key, UInt32(truncatingIfNeeded: position))
      var place = position
      while place > 0 && sorted[place &- 1] > order {
        sorted[place] = sorted[place &- 1]
        place &-= 1
      }
      sorted[place] = order
    }
    return sorted
  }
}
