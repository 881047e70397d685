internal import ComputeRuntime

/// A column that may be a good candidate of a row.
struct Hit: BitwiseCopyable {
  var reducedCost: Double
  var tie: UInt32
  var place: Int32

  /// - Note: `place` makes the order strict.
  @inline(__always)
  static func < (one: Hit, other: Hit) -> Bool {
    if one.reducedCost != other.reducedCost { return one.reducedCost < other.reducedCost }
    return one.tie != other.tie ? one.tie < other.tie : one.place < other.place
  }

  /// Breaks ties so that copies of a point do not all choose the same partners.
  @inline(__always)
  static func tie(_ one: Int, _ other: Int) -> UInt32 {
    var hash =
      UInt32(truncatingIfNeeded: one) &* 0x9e37_79b1 ^ UInt32(truncatingIfNeeded: other) &* 0x85eb_ca6b
    hash ^= hash &>> 15
    hash = hash &* 0x2c1b_3c6d
    return hash ^ hash &>> 13
  }
}

extension TransportSolver {
  /// Looks at every pair; right for small diagrams.
  func addAllPairs() throws(ComputeError) {
    let (rows, columns, cost) = (rows.view, columns.view, cost)
    for row in 0..<rows.count {
      try interruption.check()
      let (x, y, exit) = (rows.x[row], rows.y[row], rows.exit[row])
      let room = try graph.reserve(columns.count)
      var found = 0
      for column in 0..<columns.count {
        let move = cost.ofMove(x - columns.x[column], y - columns.y[column])
        // Written always and counted only if it stays: no branch to guess.
        room[found] = CandidatePair(
          cost: move, row: Int32(truncatingIfNeeded: row), column: Int32(truncatingIfNeeded: column))
        found &+= move < exit + columns.exit[column] ? 1 : 0
      }
      graph.extend(by: found)
    }
  }

  /// Chooses candidates with the tree.
  /// - Returns: whether all pairs that can be matched are candidates.
  func addCandidates() throws(ComputeError) -> Bool {
    let (rows, columns) = (rows.view, columns.view)
    let most = TransportTuning.mostCandidatesPerPoint * (rows.count + columns.count)
    if try estimatedPairs() <= most {
      for row in 0..<rows.count {
        if row & 255 == 0 { try interruption.check() }
        try forEachAdmissible(row) { (column, move) throws(ComputeError) in
          try graph.append(
            CandidatePair(
              cost: move, row: Int32(truncatingIfNeeded: row),
              column: Int32(truncatingIfNeeded: column)))
        }
      }
      return true
    }
    columns.potential.fill(0..<columns.count, with: 0)
    if rows.count > TransportTuning.leastRowsForScout { try askScout() }
    try addCheapestPairs()
    return false
  }

  /// How many pairs can be matched, judged from 64 rows.
  private func estimatedPairs() throws(ComputeError) -> Int {
    let count = rows.view.count
    let step = max(1, count / 64)
    var (found, asked) = (0, 0)
    for row in stride(from: 0, to: count, by: step) {
      try interruption.check()
      try forEachAdmissible(row) { (_, _) throws(ComputeError) in found += 1 }
      asked += 1
    }
    return Int(Double(found) * Double(count) / Double(asked))
  }

  /// Visits the columns that can be matched with a row, with the cost of the pair.
  @inline(__always)
  private func forEachAdmissible(
    _ row: Int, _ body: (Int, Double) throws(ComputeError) -> Void
  ) throws(ComputeError) {
    let (rows, columns, cost) = (rows.view, columns.view, cost)
    let (x, y, exit) = (rows.x[row], rows.y[row], rows.exit[row])
    try columns.forEachLeaf(near: x, y, cost, stack: buffers.nodes.cells) {
      $0 < exit + $1.exit
    } body: { (places) throws(ComputeError) in
      for column in places {
        let move = cost.ofMove(x - columns.x[column], y - columns.y[column])
        if move < exit + columns.exit[column] { try body(column, move) }
      }
    }
  }

  /// Solves a quarter of the points and extends their potentials to the columns: good candidates are
  /// not the nearest points, but those with the least cost minus potential.
  private func askScout() throws(ComputeError) {
    let (rows, columns, cost) = (rows.view, columns.view, cost)
    let scout = self.scout ?? TransportSolver(cost, budget, interruption)
    self.scout = scout
    func sample(_ view: CloudView) -> (Int) -> IndexedPoint {
      { IndexedPoint(x: view.x[4 * $0 + 2], y: view.y[4 * $0 + 2], index: Int32(truncatingIfNeeded: $0)) }
    }
    try scout.solve(
      (rows.count + 1) / 4, (columns.count + 1) / 4, isScout: true, first: sample(rows),
      second: sample(columns))
    let sampledRows = scout.rows.view
    sampledRows.refreshPotentials()
    let stack = buffers.nodes.cells
    for column in 0..<columns.count {
      if column & 1023 == 0 { try interruption.check() }
      let (x, y) = (columns.x[column], columns.y[column])
      var least = columns.exit[column]
      try sampledRows.forEachLeaf(near: x, y, cost, stack: stack) {
        $0 - $1.potential < least
      } body: { (places) throws(ComputeError) in
        for row in places {
          least = smaller(
            least,
            cost.ofMove(sampledRows.x[row] - x, sampledRows.y[row] - y) - sampledRows.potential[row])
        }
      }
      columns.potential[column] = least
    }
  }

  /// Gives every row and every column its candidates of least reduced cost, and first potentials.
  private func addCheapestPairs() throws(ComputeError) {
    let (rows, columns, cost, graph) = (rows.view, columns.view, cost, graph)
    let perRow = TransportTuning.rowCandidates
    // Until the potentials of the rows are known, the distances' buffer holds each row's radius.
    let radius = buffers.distances.cells
    var total = 0.0
    columns.refreshPotentials()
    try forEachRow(rows, cheapest: perRow, of: columns) { (row, hits) throws(ComputeError) in
      var (least, most) = (Double.infinity, -Double.infinity)
      let room = try graph.reserve(hits.count)
      var found = 0
      for place in 0..<hits.count {
        let hit = hits[place]
        let column = Int(hit.place)
        least = smaller(least, hit.reducedCost)
        most = larger(most, hit.reducedCost)
        let move = cost.ofMove(rows.x[row] - columns.x[column], rows.y[row] - columns.y[column])
        if move < rows.exit[row] + columns.exit[column] {
          room[found] = CandidatePair(
            cost: move, row: Int32(truncatingIfNeeded: row), column: hit.place)
          found += 1
        }
      }
      graph.extend(by: found)
      radius[row] = hits.count == perRow ? most : .infinity
      if hits.count > 1 { total += (most - least) / Double(hits.count) }
      rows.potential[row] = smaller(least, rows.exit[row])
    }
    spread = total / Double(rows.count)
    rows.refreshPotentials()
    try forEachRow(columns, cheapest: TransportTuning.columnCandidates, of: rows) {
      (column, hits) throws(ComputeError) in
      let room = try graph.reserve(hits.count)
      var found = 0
      for place in 0..<hits.count {
        let row = Int(hits[place].place)
        let move = cost.ofMove(rows.x[row] - columns.x[column], rows.y[row] - columns.y[column])
        // Inside its row's radius the pair is there already; on it, a second copy does no harm.
        if move - columns.potential[column] >= radius[row],
          move < rows.exit[row] + columns.exit[column]
        {
          room[found] = CandidatePair(
            cost: move, row: hits[place].place, column: Int32(truncatingIfNeeded: column))
          found += 1
        }
      }
      graph.extend(by: found)
    }
    radius.fill(0..<rows.count, with: .infinity)
  }

  /// For every point of `cloud`, the `wanted` points of `others` with the least cost minus potential.
  ///
  /// Neighbours follow each other, so the last answer bounds the next one.
  private func forEachRow(
    _ cloud: CloudView, cheapest wanted: Int, of others: CloudView,
    _ body: (Int, FencedPointer<Hit>) throws(ComputeError) -> Void
  ) throws(ComputeError) {
    let (cost, stack) = (cost, buffers.nodes.cells)
    try buffers.hits.reserve(4 * wanted + PointBox.leafCapacity)
    let hits = buffers.hits.cells
    var found = 0
    for point in 0..<cloud.count {
      if point & 255 == 0 { try interruption.check() }
      let (x, y, exit) = (cloud.x[point], cloud.y[point], cloud.exit[point])
      var bound = Double.infinity
      if found >= wanted {
        bound = -.infinity
        for place in 0..<found {
          let other = Int(hits[place].place)
          let move = cost.ofMove(x - others.x[other], y - others.y[other])
          bound = larger(bound, move - others.potential[other])
        }
      }
      found = 0
      try others.forEachLeaf(near: x, y, cost, stack: stack) {
        $0 - $1.potential <= bound && $0 < exit + $1.exit
      } body: { (places) throws(ComputeError) in
        for other in places {
          let reduced =
            cost.ofMove(x - others.x[other], y - others.y[other]) - others.potential[other]
          guard reduced <= bound else { continue }
          hits[found] = Hit(
            reducedCost: reduced, tie: Hit.tie(point, other), place: Int32(truncatingIfNeeded: other))
          found &+= 1
        }
        if found > 3 &* wanted {
          select(hits, 0..<found, position: wanted &- 1) { $0 < $1 }
          found = wanted
          bound = smaller(bound, hits[wanted &- 1].reducedCost)
        }
      }
      if found > wanted {
        select(hits, 0..<found, position: wanted - 1) { $0 < $1 }
        found = wanted
      }
      try body(point, hits.prefix(found))
    }
  }
}
