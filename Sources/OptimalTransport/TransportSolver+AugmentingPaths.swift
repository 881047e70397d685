internal import ComputeRuntime

/// A point that a search has reached but not finished.
struct HeapEntry: BitwiseCopyable {
  var distance: Double
  var point: Int32
}

extension TransportSolver {
  /// Searches from every point of `side` whose potential says that it should be matched.
  func augment(_ side: CloudView, _ other: CloudView, _ graph: Adjacency) throws(ComputeError) {
    var search = PathSearch(side: side, other: other, graph: graph, buffers: buffers)
    for point in 0..<side.count
    where side.partner[point] == CloudView.none && side.potential[point] < side.exit[point] {
      try search.augment(from: point, interruption)
    }
  }
}

/// The search for the shortest augmenting path from one point (Dijkstra on reduced costs).
///
/// A path ends at a free point of the other side, or at the exit of any point of this side that it
/// has reached; so it is short where points are near the diagonal.
private struct PathSearch {
  let side: CloudView
  let other: CloudView
  let graph: Adjacency
  let distances: FencedPointer<Double>
  let predecessors: FencedPointer<Int32>
  let tree: FencedPointer<Int32>
  let touched: FencedPointer<Int32>
  let heap: FencedPointer<HeapEntry>
  var pending = 0
  var untilCheck = 0

  init(side: CloudView, other: CloudView, graph: Adjacency, buffers: TransportBuffers) {
    self.side = side
    self.other = other
    self.graph = graph
    distances = buffers.distances.cells
    predecessors = buffers.predecessors.cells
    tree = buffers.tree.cells
    touched = buffers.touched.cells
    heap = buffers.heap.cells
  }

  mutating func augment(from source: Int, _ interruption: Interruption) throws(ComputeError) {
    var (treeCount, touchedCount) = (0, 0)
    pending = 0
    // The best end so far: its distance, and the free point, or the point that leaves.
    var best = side.exit[source] - side.potential[source]
    var (leaver, free) = (source, CloudView.none)
    var distance = 0.0
    var scanned = source
    while true {
      untilCheck &-= 1
      if untilCheck < 0 {
        untilCheck = 1024
        try interruption.check()
      }
      let base = distance - side.potential[scanned]
      for place in graph.arcs(of: scanned) {
        let arc = graph.arcs[place]
        let target = Int(arc.target)
        let reached = larger(distance, base + arc.cost - other.potential[target])
        let known = distances[target]
        guard reached < best && reached < known else { continue }
        if known == .infinity {
          touched[touchedCount] = arc.target
          touchedCount &+= 1
        }
        distances[target] = reached
        predecessors[target] = Int32(truncatingIfNeeded: scanned)
        if other.partner[target] == CloudView.none {
          (best, free) = (reached, arc.target)
        } else {
          push(HeapEntry(distance: reached, point: arc.target))
        }
      }
      guard let next = pop(scanned), next.distance < best else { break }
      distance = next.distance
      tree[treeCount] = next.point
      treeCount &+= 1
      scanned = Int(other.partner[Int(next.point)])
      let leaving = distance + side.exit[scanned] - side.potential[scanned]
      if leaving < best { (best, leaver, free) = (leaving, scanned, CloudView.none) }
    }
    side.potential[source] += best
    for place in 0..<treeCount {
      let point = Int(tree[place])
      let change = best - distances[point]
      guard change > 0 else { continue }
      other.potential[point] -= change
      side.potential[Int(other.partner[point])] += change
    }
    flip(from: source, leaver: leaver, free: free)
    for place in 0..<touchedCount { distances[Int(touched[place])] = .infinity }
  }

  /// Moves every point on the path to its next partner.
  private func flip(from source: Int, leaver: Int, free: Int32) {
    var target = free
    if free == CloudView.none {
      side.potential[leaver] = side.exit[leaver]
      guard leaver != source else { return }
      target = side.partner[leaver]
      side.partner[leaver] = CloudView.none
    }
    while true {
      let point = Int(predecessors[Int(target)])
      let previous = side.partner[point]
      other.partner[Int(target)] = Int32(truncatingIfNeeded: point)
      side.partner[point] = target
      if point == source { return }
      target = previous
    }
  }

  // MARK: A binary heap, least distance first; equal distances by index

  @inline(__always)
  private func isBefore(_ one: HeapEntry, _ other: HeapEntry) -> Bool {
    one.distance != other.distance ? one.distance < other.distance : one.point < other.point
  }

  @inline(__always)
  private mutating func push(_ entry: HeapEntry) {
    var place = pending
    pending &+= 1
    while place > 0 {
      let above = (place &- 1) &>> 1
      guard isBefore(entry, heap[above]) else { break }
      heap[place] = heap[above]
      place = above
    }
    heap[place] = entry
  }

  /// The nearest pending point, entries that were overtaken and the scanned point's own partner
  /// left out; `nil` when there is none.
  @inline(__always)
  private mutating func pop(_ scanned: Int) -> HeapEntry? {
    while pending > 0 {
      let top = heap[0]
      pending &-= 1
      let last = heap[pending]
      var place = 0
      while true {
        var below = 2 &* place &+ 1
        guard below < pending else { break }
        if below &+ 1 < pending && isBefore(heap[below &+ 1], heap[below]) { below &+= 1 }
        guard isBefore(heap[below], last) else { break }
        heap[place] = heap[below]
        place = below
      }
      heap[place] = last
      let point = Int(top.point)
      if top.distance == distances[point] && Int(other.partner[point]) != scanned { return top }
    }
    return nil
  }
}
