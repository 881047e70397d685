internal import ComputeRuntime

/// Reorders `range` so that the element at `position` is the one a sort would put there, with none
/// after it before it. Expected time linear in the range; the same input gives the same order.
///
/// - Precondition: `isBefore` is a strict order in which no two elements are equal.
@inline(__always)
func select<Element: BitwiseCopyable>(
  _ cells: FencedPointer<Element>, _ range: Range<Int>, position: Int,
  isBefore: (Element, Element) -> Bool
) {
  var (low, high) = (range.lowerBound, range.upperBound &- 1)
  var seed = UInt32(truncatingIfNeeded: range.count)
  while low < high {
    // A pivot that no input can foresee to be bad, yet the same in every run.
    seed = seed &* 1_664_525 &+ 1_013_904_223
    let pivot = cells[low &+ Int(seed >> 8) % (high &- low &+ 1)]
    let (left, right) = partition(cells, from: low, to: high, around: pivot, isBefore)
    if position <= right { high = right } else if position >= left { low = left } else { return }
  }
}

/// Moves elements that are not after `pivot`, one of them, to the front of `cells[low...high]`, and the others
/// behind.
///
/// - Returns: where the latter begin, and where the former end. What is between them is equal to the pivot.
@inline(__always)
private func partition<Element: BitwiseCopyable>(
  _ cells: FencedPointer<Element>, from low: Int, to high: Int, around pivot: Element,
  _ isBefore: (Element, Element) -> Bool
) -> (left: Int, right: Int) {
  var (left, right) = (low, high)
  while left <= right {
    while isBefore(cells[left], pivot) { left &+= 1 }
    while isBefore(pivot, cells[right]) { right &-= 1 }
    if left <= right {
      let moved = cells[left]
      cells[left] = cells[right]
      cells[right] = moved
      left &+= 1
      right &-= 1
    }
  }
  return (left, right)
}

/// Sorts numbers, none of them NaN.
func sortValues(_ cells: FencedPointer<Double>) { sortInPlace(cells) { $0 < $1 } }

/// Sorts the indices of points by a value of theirs, equal values by index.
func sortIndices(_ indices: FencedPointer<Int32>, by value: (Int) -> (Double, Double)) {
  sortInPlace(indices) {
    let (one, other) = (value(Int($0)), value(Int($1)))
    return one != other ? one < other : $0 < $1
  }
}

/// Quicksort, with insertion for the short ends. The language's own sort asks for memory, half as much as it sorts,
/// and does not survive a refusal.
@inline(__always)
private func sortInPlace<Element: BitwiseCopyable>(
  _ cells: FencedPointer<Element>, _ isBefore: (Element, Element) -> Bool
) {
  var pending = [(low: 0, high: cells.count &- 1)]
  var seed = UInt32(truncatingIfNeeded: cells.count)
  while var (low, high) = pending.popLast() {
    while high &- low >= 16 {
      seed = seed &* 1_664_525 &+ 1_013_904_223
      let pivot = cells[low &+ Int(seed >> 8) % (high &- low &+ 1)]
      let (left, right) = partition(cells, from: low, to: high, around: pivot, isBefore)
      // The longer part waits, so no more than one for each power of two does.
      if right &- low < high &- left {
        pending.append((left, high))
        high = right
      } else {
        pending.append((low, right))
        low = left
      }
    }
    insert(cells, from: low, to: high, isBefore)
  }
}

/// Sorts a few elements.
@inline(__always)
private func insert<Element: BitwiseCopyable>(
  _ cells: FencedPointer<Element>, from low: Int, to high: Int, _ isBefore: (Element, Element) -> Bool
) {
  guard low < high else { return }
  for next in low &+ 1...high {
    let element = cells[next]
    var place = next
    while place > low, isBefore(element, cells[place &- 1]) {
      cells[place] = cells[place &- 1]
      place &-= 1
    }
    cells[place] = element
  }
}
