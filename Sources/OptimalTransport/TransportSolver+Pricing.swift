internal import ComputeRuntime

extension TransportSolver {
  /// Finds all pairs whose potentials exceed their cost, and makes the worst of each row candidates.
  ///
  /// Lowers the potentials of their rows, so that afterwards all potentials are feasible, and takes
  /// these rows' partners away.
  ///
  /// - Returns: the number of such rows.
  func addViolatedPairs() throws(ComputeError) -> Int {
    let (rows, columns, cost, stack) = (rows.view, columns.view, cost, buffers.nodes.cells)
    columns.refreshPotentials()
    rounds += 1
    let slack = roundingSlack()
    var violatedRows = 0
    for row in 0..<rows.count {
      if row & 255 == 0 { try interruption.check() }
      let (x, y, potential) = (rows.x[row], rows.y[row], rows.potential[row])
      var found = 0
      var least = Double.infinity
      let hits = buffers.hits
      try columns.forEachLeaf(near: x, y, cost, stack: stack) {
        $0 < potential + $1.potential
      } body: { (places) throws(ComputeError) in
        for column in places {
          let move = cost.ofMove(x - columns.x[column], y - columns.y[column])
          guard move < potential + columns.potential[column] else { continue }
          if found == hits.capacity { try hits.reserve(found + 1) }
          let reduced = move - columns.potential[column]
          least = smaller(least, reduced)
          hits.cells[found] = Hit(
            reducedCost: reduced, tie: Hit.tie(row, column), place: Int32(truncatingIfNeeded: column))
          found += 1
        }
      }
      guard found > 0 else { continue }
      rows.potential[row] = least
      // Only rounding: the match may stay.
      if least >= potential - slack { continue }
      violatedRows += 1
      let kept = min(found, TransportTuning.newCandidates)
      if found > kept { select(hits.cells, 0..<found, position: kept - 1) { $0 < $1 } }
      let room = try graph.reserve(kept)
      for place in 0..<kept {
        let column = Int(hits.cells[place].place)
        room[place] = CandidatePair(
          cost: cost.ofMove(x - columns.x[column], y - columns.y[column]),
          row: Int32(truncatingIfNeeded: row), column: hits.cells[place].place)
      }
      graph.extend(by: kept)
      let partner = rows.partner[row]
      if partner != CloudView.none {
        columns.partner[Int(partner)] = CloudView.none
        rows.partner[row] = CloudView.none
      }
    }
    return violatedRows
  }

  /// How much rounding may have added to a potential by now.
  private func roundingSlack() -> Double {
    larger(rows.view.boxes[1].exit, columns.view.boxes[1].exit) * 1e-15 * Double(rounds)
  }
}
