internal import ComputeRuntime

/// A pair of points that may be matched.
struct CandidatePair: BitwiseCopyable {
  var cost: Double
  var row: Int32
  var column: Int32
}

/// A candidate pair as one of its points sees it.
struct Arc: BitwiseCopyable {
  var cost: Double
  var target: Int32
}

/// The candidate pairs of one side, sorted by point.
struct Adjacency: BitwiseCopyable {
  let offsets: FencedPointer<Int>
  let arcs: FencedPointer<Arc>

  @inline(__always)
  func arcs(of point: Int) -> Range<Int> {
    unsafe Range(uncheckedBounds: (offsets[point], offsets[point &+ 1]))
  }
}

/// The pairs that the solver considers, seen from both diagrams.
///
/// Remembers a growing list of pairs; ``sort(rows:columns:)`` brings both views up to date.
final class CandidateGraph {
  private let list: Scratch<CandidatePair>
  private let rowOffsets: Scratch<Int>
  private let columnOffsets: Scratch<Int>
  private let rowArcs: Scratch<Arc>
  private let columnArcs: Scratch<Arc>
  private(set) var count = 0
  private let interruption: Interruption

  init(budget: MemoryBudget, interruption: Interruption) {
    self.interruption = interruption
    list = Scratch(budget: budget)
    rowOffsets = Scratch(budget: budget)
    columnOffsets = Scratch(budget: budget)
    rowArcs = Scratch(budget: budget)
    columnArcs = Scratch(budget: budget)
  }

  var rows: Adjacency { Adjacency(offsets: rowOffsets.cells, arcs: rowArcs.cells) }
  var columns: Adjacency { Adjacency(offsets: columnOffsets.cells, arcs: columnArcs.cells) }

  func removeAll() { count = 0 }

  /// Room for `more` pairs behind those that are there; ``extend(by:)`` counts them.
  func reserve(_ more: Int) throws(ComputeError) -> FencedPointer<CandidatePair> {
    try list.reserve(count + more)
    return list.cells.suffix(from: count)
  }

  func extend(by more: Int) { count += more }

  func append(_ pair: CandidatePair) throws(ComputeError) {
    if count == list.capacity { try list.reserve(count + 1) }
    list.cells[count] = pair
    count += 1
  }

  /// Sorts the pairs by row and by column, each stably.
  func sort(rows: Int, columns: Int) throws(ComputeError) {
    try rowOffsets.reserve(rows + 1)
    try columnOffsets.reserve(columns + 1)
    try rowArcs.reserve(count)
    try columnArcs.reserve(count)
    let pairs = list.cells.prefix(count)
    let (rowOffsets, columnOffsets) = (rowOffsets.cells, columnOffsets.cells)
    let (rowArcs, columnArcs) = (rowArcs.cells, columnArcs.cells)
    rowOffsets.fill(0..<rows + 1, with: 0)
    columnOffsets.fill(0..<columns + 1, with: 0)
    for place in 0..<count {
      if place & 0xffff == 0 { try interruption.check() }
      let pair = pairs[place]
      rowOffsets[Int(pair.row) &+ 1] &+= 1
      columnOffsets[Int(pair.column) &+ 1] &+= 1
    }
    for row in 0..<rows { rowOffsets[row &+ 1] &+= rowOffsets[row] }
    for column in 0..<columns { columnOffsets[column &+ 1] &+= columnOffsets[column] }
    // Filling moves each offset to the end of its point, which is where the next one begins.
    for place in 0..<count {
      if place & 0xffff == 0 { try interruption.check() }
      let pair = pairs[place]
      let (row, column) = (Int(pair.row), Int(pair.column))
      rowArcs[rowOffsets[row]] = Arc(cost: pair.cost, target: pair.column)
      rowOffsets[row] &+= 1
      columnArcs[columnOffsets[column]] = Arc(cost: pair.cost, target: pair.row)
      columnOffsets[column] &+= 1
    }
    for row in stride(from: rows, to: 0, by: -1) { rowOffsets[row] = rowOffsets[row &- 1] }
    for column in stride(from: columns, to: 0, by: -1) {
      columnOffsets[column] = columnOffsets[column &- 1]
    }
    rowOffsets[0] = 0
    columnOffsets[0] = 0
  }
}
