/// One entry from every row and every column of a square matrix, with the smallest sum.
///
/// Rows enter one after the other; each brings the cheapest augmenting path, found by Dijkstra's
/// algorithm on the reduced costs of the whole matrix. (Kuhn, "The Hungarian method for the assignment
/// problem", 1955; Edmonds and Karp, 1972.)
public struct NaiveAssignment: Sendable {
  public let columnOfRow: [Int]
  /// Every entry is at least `rowPotentials[row] + columnPotentials[column]`, with equality
  /// for the entries that are taken: the proof that no other choice is cheaper.
  public let rowPotentials: [Double]
  public let columnPotentials: [Double]
  public let cost: Double

  /// - Parameter costs: finite.
  /// - Complexity: O(n^3) time.
  public init(costs: [[Double]]) {
    let count = costs.count
    precondition(costs.allSatisfy { $0.count == count }, "the matrix is square")
    var rowPotentials = [Double](repeating: 0, count: count)
    var columnPotentials = [Double](repeating: 0, count: count)
    var rowOfColumn = [Int?](repeating: nil, count: count)
    for start in 0..<count {
      let tree = ShortestPaths(
        from: start, costs: costs, rowPotentials: rowPotentials, columnPotentials: columnPotentials,
        rowOfColumn: rowOfColumn)
      // Potentials change so that every edge of the shortest path becomes tight and none becomes negative.
      for column in 0..<count where tree.isScanned[column] {
        let slack = tree.length - tree.distance[column]
        columnPotentials[column] -= slack
        if let row = rowOfColumn[column] { rowPotentials[row] += slack }
      }
      rowPotentials[start] += tree.length
      var column = tree.end
      while true {
        let row = tree.rowBefore[column]
        rowOfColumn[column] = row
        guard row != start, let next = tree.columnBefore[row] else { break }
        column = next
      }
    }
    var columnOfRow = [Int](repeating: 0, count: count)
    for (column, row) in rowOfColumn.enumerated() { if let row { columnOfRow[row] = column } }
    self.columnOfRow = columnOfRow
    self.rowPotentials = rowPotentials
    self.columnPotentials = columnPotentials
    cost = columnOfRow.enumerated().reduce(0) { $0 + costs[$1.offset][$1.element] }
  }

  /// The smallest sum over all permutations, tried one by one: for matrices of at most 8 rows.
  public static func exhaustiveCost(_ costs: [[Double]]) -> Double {
    precondition(costs.count <= 8, "too many permutations")
    func best(_ row: Int, _ freeColumns: [Int]) -> Double {
      guard row < costs.count else { return 0 }
      return freeColumns.map { column in
        costs[row][column] + best(row + 1, freeColumns.filter { $0 != column })
      }.min() ?? 0
    }
    return best(0, Array(costs.indices))
  }
}

/// Shortest alternating paths from one row to all columns, up to the first column without a row.
private struct ShortestPaths {
  var distance: [Double]
  var isScanned: [Bool]
  /// The row from which a column is reached, and the column from which a row is.
  var rowBefore: [Int]
  var columnBefore: [Int?]
  var end = 0
  var length = 0.0

  init(
    from start: Int, costs: [[Double]], rowPotentials: [Double], columnPotentials: [Double],
    rowOfColumn: [Int?]
  ) {
    let count = costs.count
    distance = Array(repeating: .infinity, count: count)
    isScanned = Array(repeating: false, count: count)
    rowBefore = Array(repeating: start, count: count)
    columnBefore = Array(repeating: nil, count: count)
    var row = start
    while true {
      let (line, potential) = (costs[row], rowPotentials[row])
      var nearest = -1
      for column in 0..<count where !isScanned[column] {
        // Rounding may leave a reduced cost a little below zero.
        let reduced = max(line[column] - potential - columnPotentials[column], 0)
        if length + reduced < distance[column] {
          distance[column] = length + reduced
          rowBefore[column] = row
        }
        if nearest < 0 || distance[column] < distance[nearest] { nearest = column }
      }
      length = distance[nearest]
      guard let next = rowOfColumn[nearest] else {
        end = nearest
        return
      }
      isScanned[nearest] = true
      columnBefore[next] = nearest
      row = next
    }
  }
}
