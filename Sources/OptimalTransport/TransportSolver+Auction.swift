internal import ComputeRuntime

extension TransportSolver {
  /// Sets the columns' potentials by an auction with falling epsilon; the sides take turns in bidding.
  func runAuction(isComplete: Bool) throws(ComputeError) {
    let (rows, columns) = (rows.view, columns.view)
    var epsilon = TransportTuning.firstEpsilon * spread
    if isComplete {
      var total = 0.0
      for column in 0..<columns.count {
        if column & 4095 == 0 { try interruption.check() }
        let least = leastReducedCost(columns, column, graph.columns, nil)
        columns.potential[column] = least
        total += least
      }
      epsilon = TransportTuning.firstEpsilon * total / Double(columns.count)
      rows.potential.fill(0..<rows.count, with: 0)
    }
    let phases =
      isComplete ? TransportTuning.auctionPhasesIfComplete : TransportTuning.auctionPhases
    var (phase, repetitions, rowsBid) = (0, TransportTuning.repeatedPhases, true)
    while phase < phases {
      if rowsBid {
        try bid(rows, columns, graph.rows, epsilon)
      } else {
        try bid(columns, rows, graph.columns, epsilon)
      }
      rowsBid.toggle()
      phase += 1
      if !isComplete {
        for row in 0..<rows.count {
          if row & 4095 == 0 { try interruption.check() }
          rows.potential[row] = leastReducedCost(rows, row, graph.rows, columns.potential)
        }
        let violated = try addViolatedPairs()
        if violated > 0 { try sortGraph() }
        if Double(violated) > TransportTuning.poorCandidates * Double(rows.count), repetitions > 0 {
          repetitions -= 1
          phase -= 1
          continue
        }
      }
      epsilon *= TransportTuning.epsilonDecay
    }
    // Columns bid last: their potentials follow from the rows'.
    if rowsBid {
      for column in 0..<columns.count {
        if column & 4095 == 0 { try interruption.check() }
        columns.potential[column] = leastReducedCost(columns, column, graph.columns, rows.potential)
      }
    }
    rows.partner.fill(0..<rows.count, with: CloudView.none)
    columns.partner.fill(0..<columns.count, with: CloudView.none)
  }

  /// The most that a point's potential may be: its exit, or a candidate's cost minus its potential.
  @inline(__always)
  private func leastReducedCost(
    _ side: CloudView, _ point: Int, _ graph: Adjacency, _ potential: FencedPointer<Double>?
  ) -> Double {
    var least = side.exit[point]
    for place in graph.arcs(of: point) {
      let arc = graph.arcs[place]
      least = smaller(least, arc.cost - (potential?[Int(arc.target)] ?? 0))
    }
    return least
  }

  /// A point's cheapest candidate, if one is cheaper than its exit, with its reduced cost, or the exit's,
  /// and the next one's.
  @inline(__always)
  private func cheapest(
    _ side: CloudView, _ point: Int, _ graph: Adjacency, _ potential: FencedPointer<Double>
  ) -> (least: Double, second: Double, best: Int32) {
    var (least, second, best) = (side.exit[point], Double.infinity, CloudView.none)
    for place in graph.arcs(of: point) {
      let arc = graph.arcs[place]
      let reduced = arc.cost - potential[Int(arc.target)]
      if reduced < least {
        (second, least, best) = (least, reduced, arc.target)
      } else if reduced < second {
        second = reduced
      }
    }
    return (least, second, best)
  }

  /// One phase of the auction: every point of `bidders` bids for its cheapest candidate, or leaves.
  ///
  /// Only potentials are kept. A limit on the number of bids bounds the time; points that are still
  /// waiting then are served by augmenting paths.
  private func bid(
    _ bidders: CloudView, _ goods: CloudView, _ graph: Adjacency, _ epsilon: Double
  ) throws(ComputeError) {
    bidders.partner.fill(0..<bidders.count, with: CloudView.none)
    goods.partner.fill(0..<goods.count, with: CloudView.none)
    let waiting = buffers.touched.cells
    for point in 0..<bidders.count {
      waiting[point] = Int32(truncatingIfNeeded: bidders.count &- 1 &- point)
    }
    var left = bidders.count
    var budget = TransportTuning.bidsPerPoint * bidders.count
    while left > 0 && budget > 0 {
      budget &-= 1
      if budget & 4095 == 0 { try interruption.check() }
      left &-= 1
      let bidder = Int(waiting[left])
      let (least, second, best) = cheapest(bidders, bidder, graph, goods.potential)
      guard best != CloudView.none else {
        bidders.potential[bidder] = least
        continue
      }
      let good = Int(best)
      goods.potential[good] -= second - least + epsilon
      bidders.potential[bidder] = smaller(bidders.exit[bidder], second + epsilon)
      let loser = goods.partner[good]
      goods.partner[good] = Int32(truncatingIfNeeded: bidder)
      bidders.partner[bidder] = best
      if loser != CloudView.none {
        bidders.partner[Int(loser)] = CloudView.none
        waiting[left] = loser
        left &+= 1
      }
    }
  }

  /// Matches rows with their cheapest column where it is free, and moves others by augmenting row
  /// reduction (Jonker & Volgenant 1987); keeps the potentials feasible.
  func matchGreedily() throws(ComputeError) {
    let (rows, columns, graph) = (rows.view, columns.view, graph.rows)
    // Each row is in the queue at most once; a pass writes those it puts off behind its back.
    let queue = buffers.touched.cells
    var count = 0
    for row in 0..<rows.count {
      if row & 4095 == 0 { try interruption.check() }
      let (least, _, best) = cheapest(rows, row, graph, columns.potential)
      rows.potential[row] = least
      guard best != CloudView.none else { continue }
      if columns.partner[Int(best)] == CloudView.none {
        columns.partner[Int(best)] = Int32(truncatingIfNeeded: row)
        rows.partner[row] = best
      } else {
        queue[count] = Int32(truncatingIfNeeded: row)
        count &+= 1
      }
    }
    for _ in 0..<TransportTuning.greedyPasses {
      var (next, postponed, budget, turns) = (0, 0, 4 * count + 16, 0)
      while next < count {
        if turns & 4095 == 0 { try interruption.check() }
        turns &+= 1
        let row = Int(queue[next])
        next &+= 1
        let (least, second, best) = cheapest(rows, row, graph, columns.potential)
        rows.potential[row] = least
        guard best != CloudView.none else { continue }
        let column = Int(best)
        let owner = columns.partner[column]
        if owner != CloudView.none && second <= least {
          queue[postponed] = Int32(truncatingIfNeeded: row)
          postponed &+= 1
          continue
        }
        if second < .infinity && second > least {
          columns.potential[column] -= second - least
          rows.potential[row] = second
        }
        columns.partner[column] = Int32(truncatingIfNeeded: row)
        rows.partner[row] = best
        guard owner != CloudView.none else { continue }
        rows.partner[Int(owner)] = CloudView.none
        if budget > 0 {
          budget &-= 1
          next &-= 1
          queue[next] = owner
        } else {
          queue[postponed] = owner
          postponed &+= 1
        }
      }
      count = postponed
    }
  }
}
