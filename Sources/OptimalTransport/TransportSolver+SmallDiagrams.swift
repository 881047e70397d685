internal import ComputeRuntime

extension TransportSolver {
  /// Matches two small diagrams with the whole cost matrix at hand: no tree, no lists, no heap.
  ///
  /// Columns start with the highest potentials, their exits. So a free column is always at its exit, and
  /// only rows need searches, each a shortest augmenting path by rows of the matrix (Jonker &
  /// Volgenant 1987).
  func matchDensely() throws(ComputeError) {
    let (rows, columns, cost) = (rows.view, columns.view, cost)
    let width = columns.count
    try buffers.matrix.reserve(rows.count * width)
    let matrix = buffers.matrix.cells
    columns.potential.copy(columns.exit, count: width, to: 0)
    let search = DenseSearch(rows: rows, columns: columns, matrix: matrix, buffers: buffers)
    for row in 0..<rows.count {
      let (x, y, start) = (rows.x[row], rows.y[row], row &* width)
      var (least, best) = (rows.exit[row], CloudView.none)
      for column in 0..<width {
        let move = cost.ofMove(x - columns.x[column], y - columns.y[column])
        matrix[start &+ column] = move
        let reduced = move - columns.potential[column]
        search.distances[column] = reduced
        if reduced < least { (least, best) = (reduced, Int32(truncatingIfNeeded: column)) }
      }
      if best == CloudView.none {
        rows.potential[row] = least
      } else if columns.partner[Int(best)] == CloudView.none {
        rows.potential[row] = least
        rows.partner[row] = best
        columns.partner[Int(best)] = Int32(truncatingIfNeeded: row)
      } else {
        search.augment(from: row, nearest: Int(best))
      }
    }
    search.distances.fill(0..<width, with: .infinity)
    // Rounding errors out, so that the potentials are feasible to the last bit.
    for row in 0..<rows.count {
      var most = smaller(rows.potential[row], rows.exit[row])
      for column in 0..<width {
        most = smaller(most, matrix[row &* width &+ column] - columns.potential[column])
      }
      rows.potential[row] = most
    }
  }
}

/// The search for the shortest augmenting path from one row of a cost matrix.
private struct DenseSearch {
  let rows: CloudView
  let columns: CloudView
  let matrix: FencedPointer<Double>
  /// Of each column from the source; when a search begins, the source's reduced costs.
  let distances: FencedPointer<Double>
  let predecessors: FencedPointer<Int32>
  /// The columns: those that are finished first, in their order.
  let order: FencedPointer<Int32>

  init(
    rows: CloudView, columns: CloudView, matrix: FencedPointer<Double>, buffers: TransportBuffers
  ) {
    self.rows = rows
    self.columns = columns
    self.matrix = matrix
    distances = buffers.distances.cells
    predecessors = buffers.predecessors.cells
    order = buffers.tree.cells
  }

  /// - Parameter nearest: the column at the least distance, which is below the source's exit.
  func augment(from source: Int, nearest: Int) {
    let width = columns.count
    for column in 0..<width {
      predecessors[column] = Int32(truncatingIfNeeded: source)
      order[column] = Int32(truncatingIfNeeded: column)
    }
    // The best end so far: a free column, or the exit of a row that is reached.
    var (best, leaver, free) = (rows.exit[source], source, CloudView.none)
    var (finished, place, distance) = (0, nearest, distances[nearest])
    while distance < best {
      let column = order[place]
      let partner = columns.partner[Int(column)]
      guard partner != CloudView.none else {
        (best, free) = (distance, column)
        break
      }
      order[place] = order[finished]
      order[finished] = column
      finished &+= 1
      let row = Int(partner)
      let leaving = distance + rows.exit[row] - rows.potential[row]
      if leaving < best { (best, leaver) = (leaving, row) }
      let base = distance - rows.potential[row]
      let costs = matrix.suffix(from: row &* width)
      let reachedFrom = distance
      distance = .infinity
      for next in finished..<width {
        let other = Int(order[next])
        var known = distances[other]
        let reached = larger(base + costs[other] - columns.potential[other], reachedFrom)
        if reached < known {
          known = reached
          distances[other] = reached
          predecessors[other] = partner
        }
        if known < distance { (place, distance) = (next, known) }
      }
    }
    rows.potential[source] = best
    for place in 0..<finished {
      let column = Int(order[place])
      let change = best - distances[column]
      columns.potential[column] -= change
      rows.potential[Int(columns.partner[column])] += change
    }
    var target = free
    if free == CloudView.none {
      rows.potential[leaver] = rows.exit[leaver]
      guard leaver != source else { return }
      target = rows.partner[leaver]
      rows.partner[leaver] = CloudView.none
    }
    while true {
      let row = Int(predecessors[Int(target)])
      let previous = rows.partner[row]
      rows.partner[row] = target
      columns.partner[Int(target)] = Int32(truncatingIfNeeded: row)
      if row == source { return }
      target = previous
    }
  }
}
