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
    if position <= right { high = right } else if position >= left { low = left } else { return }
  }
}

/// Sorts numbers, none of them NaN.
func sortValues(_ cells: FencedPointer<Double>) {
  var buffer = unsafe UnsafeMutableBufferPointer(start: cells.pointer, count: cells.count)
  unsafe buffer.sort()
}

/// Sorts the indices of points by a value of theirs, equal values by index.
func sortIndices(_ indices: FencedPointer<Int32>, by value: (Int) -> (Double, Double)) {
  guard indices.count > 1 else { return }
  var buffer = unsafe UnsafeMutableBufferPointer(start: indices.pointer, count: indices.count)
  unsafe buffer.sort {
    let (one, other) = (value(Int($0)), value(Int($1)))
    return one != other ? one < other : $0 < $1
  }
}
