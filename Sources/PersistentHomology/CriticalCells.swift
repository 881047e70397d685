internal import ComputeRuntime

/// The critical cells of a range of rows, each list in the order of the owning voxels.
///
/// Each list is filled by one thread, and read by others only after that thread is done.
final class CriticalCells: @unchecked Sendable {
  /// Voxels without lower neighbours.
  let minima: Scratch<UInt32>
  /// Voxels whose neighbours are all lower.
  let maxima: Scratch<UInt32>
  /// `voxel << 3 | edge`
  let edges: Scratch<UInt64>
  /// `voxel << 4 | square`
  let squares: Scratch<UInt64>
  var minimumCount = 0
  var maximumCount = 0
  var edgeCount = 0
  var squareCount = 0

  init(budget: MemoryBudget) {
    minima = Scratch(budget: budget)
    maxima = Scratch(budget: budget)
    edges = Scratch(budget: budget)
    squares = Scratch(budget: budget)
  }

  func removeAll() {
    (minimumCount, maximumCount, edgeCount, squareCount) = (0, 0, 0, 0)
  }

  /// Room for whatever so many more voxels may hold, and one entry too many in each list.
  func reserve(_ voxels: Int, _ wanted: CriticalCellKinds) throws(ComputeError) {
    if wanted.contains(.vertices) {
      try minima.reserve(minimumCount + voxels + 1)
      try edges.reserve(edgeCount + 6 * voxels + 2)
    }
    if wanted.contains(.cubes) {
      try maxima.reserve(maximumCount + voxels + 1)
      try squares.reserve(squareCount + 12 * voxels + 2)
    }
  }

  /// Leaves out the squares of voxels whose critical edges all end a component.
  ///
  /// For images and lines: there a voxel has as many critical squares in the suspension as it has
  /// critical edges, and a square can begin a loop only where an edge does.
  ///
  /// - Parameters:
  ///   - edges: `voxel << 3 | edge`, ascending; what ``LowestHomology`` joined.
  ///   - slots: for each edge ``LoopSlots/none`` if it ends a component.
  func dropSquares(
    unlessLoopsBeginAt edges: FencedPointer<UInt64>, count: Int, slots: FencedPointer<UInt32>
  ) {
    let squares = squares.cells
    var (edge, kept, voxel, beginsLoop) = (0, 0, UInt64.max, false)
    for index in 0..<squareCount {
      let square = squares[index]
      if square >> 4 != voxel {
        voxel = square >> 4
        beginsLoop = false
        while edge < count && edges[edge] >> 3 < voxel { edge &+= 1 }
        while edge < count && edges[edge] >> 3 == voxel {
          beginsLoop = beginsLoop || slots[edge] != LoopSlots.none
          edge &+= 1
        }
      }
      squares[kept] = square
      kept &+= beginsLoop ? 1 : 0
    }
    squareCount = kept
  }

  /// Appends the cells of the next rows; the numbers in their star codes must be moved on as well.
  func append(_ next: CriticalCells) throws(ComputeError) {
    try minima.reserve(minimumCount + next.minimumCount)
    try maxima.reserve(maximumCount + next.maximumCount)
    try edges.reserve(edgeCount + next.edgeCount)
    try squares.reserve(squareCount + next.squareCount)
    minima.cells.copy(next.minima.cells, count: next.minimumCount, to: minimumCount)
    maxima.cells.copy(next.maxima.cells, count: next.maximumCount, to: maximumCount)
    edges.cells.copy(next.edges.cells, count: next.edgeCount, to: edgeCount)
    squares.cells.copy(next.squares.cells, count: next.squareCount, to: squareCount)
    minimumCount += next.minimumCount
    maximumCount += next.maximumCount
    edgeCount += next.edgeCount
    squareCount += next.squareCount
  }
}

/// Which lists of critical cells a computation needs.
struct CriticalCellKinds: OptionSet {
  let rawValue: Int
  /// Minima and edges: for the lowest homology dimension.
  static let vertices = CriticalCellKinds(rawValue: 1)
  /// Maxima and squares: for the highest homology dimension.
  static let cubes = CriticalCellKinds(rawValue: 2)
}
