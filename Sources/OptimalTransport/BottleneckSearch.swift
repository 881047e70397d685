internal import ComputeRuntime

/// Looks for the least length that is enough for two diagrams.
struct BottleneckSearch<Cost: GroundCost> {
  private let rows: CloudView
  private let columns: CloudView
  private let coverOfRows: Cover
  private let coverOfColumns: Cover
  private let cost: Cost
  private let interruption: Interruption
  private let layer: Scratch<Int32>
  private let next: Scratch<Int>  // where the search goes on from a point
  private let queue: Scratch<Int32>
  private let lengths: Scratch<Double>
  private let stack: Scratch<PendingNode>

  init(
    _ rows: CloudView, _ columns: CloudView, _ cost: Cost, _ budget: MemoryBudget,
    _ interruption: Interruption
  ) throws(ComputeError) {
    self.rows = rows
    self.columns = columns
    coverOfRows = try Cover(rows, by: columns, budget)
    coverOfColumns = try Cover(columns, by: rows, budget)
    self.cost = cost
    self.interruption = interruption
    let most = max(rows.count, columns.count)
    layer = try Scratch(count: most, budget: budget)
    next = try Scratch(count: most, budget: budget)
    queue = try Scratch(count: most, budget: budget)
    lengths = try Scratch(count: 4 * (rows.count + columns.count), budget: budget)
    stack = try Scratch(count: CloudView.stackDepth, budget: budget)
  }

  func distance() throws(ComputeError) -> Double {
    // No point can do better than its nearest partner or the diagonal; often all can do as well.
    var tooShort = larger(try leastMove(of: rows, to: columns), try leastMove(of: columns, to: rows))
    if try isEnough(tooShort) { return tooShort }
    let most = larger(mostExit(rows), mostExit(columns))
    var enough = most
    var growth = 1.01
    while tooShort > 0 && tooShort * growth < most {
      let length = tooShort * growth
      if try isEnough(length) {
        enough = length
        break
      }
      tooShort = length
      growth *= growth
    }
    while enough.bitPattern - tooShort.bitPattern > 1 {
      if let count = try lengths(above: tooShort, upTo: enough) {
        return try least(of: lengths.cells.prefix(count), enough: enough)
      }
      let middle = Double(
        bitPattern: tooShort.bitPattern + (enough.bitPattern - tooShort.bitPattern) / 2)
      if try isEnough(middle) { enough = middle } else { tooShort = middle }
    }
    return enough
  }

  /// The least of some lengths that is enough.
  /// - Parameter enough: no shorter than the longest of them, and enough.
  private func least(
    of lengths: FencedPointer<Double>, enough: Double
  ) throws(ComputeError) -> Double {
    sortValues(lengths)
    var (low, high) = (0, lengths.count)
    while low < high {
      let middle = (low + high) / 2
      if try isEnough(lengths[middle]) { high = middle } else { low = middle + 1 }
    }
    return low < lengths.count ? lengths[low] : enough
  }

  /// Writes all lengths of moves in a range to ``lengths``.
  /// - Returns: how many there are; `nil` if there is no room for them.
  private func lengths(
    above tooShort: Double, upTo enough: Double
  ) throws(ComputeError) -> Int? {
    let cells = lengths.cells
    var count = 0
    func add(_ length: Double) -> Bool {
      guard length > tooShort, length <= enough else { return true }
      guard count < cells.count else { return false }
      cells[count] = length
      count += 1
      return true
    }
    for column in 0..<columns.count where !add(columns.exit[column]) { return nil }
    for row in 0..<rows.count {
      if row & 63 == 0 { try interruption.check() }
      if !add(rows.exit[row]) { return nil }
      let (x, y) = (rows.x[row], rows.y[row])
      var place = columns.nextPlace(within: enough, of: x, y, cost, from: 0)
      while let column = place {
        if !add(cost.ofMove(x - columns.x[column], y - columns.y[column])) { return nil }
        place = columns.nextPlace(within: enough, of: x, y, cost, from: column + 1)
      }
    }
    return count
  }

  private func mostExit(_ cloud: CloudView) -> Double { cloud.count > 0 ? cloud.boxes[1].exit : 0 }

  /// The most, over all points, of the least way to another point or to the diagonal.
  private func leastMove(of cloud: CloudView, to others: CloudView) throws(ComputeError) -> Double {
    guard others.count > 0 else { return mostExit(cloud) }
    var most = 0.0
    for point in 0..<cloud.count {
      if point & 255 == 0 { try interruption.check() }
      let (x, y) = (cloud.x[point], cloud.y[point])
      var least = cloud.exit[point]
      try others.forEachLeaf(near: x, y, cost, stack: stack.cells) {
        (move, _) in
        move < least
      } body: { (places) throws(ComputeError) in
        for place in places {
          least = smaller(least, cost.ofMove(x - others.x[place], y - others.y[place]))
        }
      }
      most = larger(most, least)
    }
    return most
  }

  /// Whether a length is enough; lengths that are not are a start for longer ones.
  private func isEnough(_ length: Double) throws(ComputeError) -> Bool {
    guard try complete(coverOfRows, within: length) else {
      coverOfRows.keep()
      return false
    }
    guard try complete(coverOfColumns, within: length) else {
      coverOfRows.keep()
      coverOfColumns.keep()
      return false
    }
    return true
  }

  /// Whether every point farther than `length` from the diagonal finds a partner of its own within
  /// `length`.
  private func complete(_ cover: Cover, within length: Double) throws(ComputeError) -> Bool {
    let (cloud, others) = (cover.cloud, cover.others)
    cover.restart(within: length)
    guard mostExit(cloud) > length else { return true }
    guard others.count > 0 else { return false }
    while true {
      let missing = enqueueUnmatched(cover, length)
      if missing == 0 { return true }
      guard try findLayers(cover, length, missing) else { return false }
      next.cells.fill(0..<cloud.count, with: 0)
      for point in 0..<cloud.count where layer.cells[point] == 0 {
        if point & 63 == 0 { try interruption.check() }
        extend(from: point, cover, length)
      }
    }
  }

  /// Puts the points that need a partner and have none into the queue, as layer 0.
  private func enqueueUnmatched(_ cover: Cover, _ length: Double) -> Int {
    let partner = cover.partner.cells
    var count = 0
    for point in 0..<cover.cloud.count {
      layer.cells[point] = CloudView.none
      guard cover.cloud.exit[point] > length, partner[point] == CloudView.none else { continue }
      layer.cells[point] = 0
      queue.cells[count] = Int32(truncatingIfNeeded: point)
      count += 1
    }
    return count
  }

  /// Numbers points by the length of the shortest alternating path to them.
  /// - Returns: whether some path ends at a free point.
  private func findLayers(
    _ cover: Cover, _ length: Double, _ count: Int
  ) throws(ComputeError) -> Bool {
    let (cloud, others, takers) = (cover.cloud, cover.others, cover.taker.cells)
    let (layer, queue) = (layer.cells, queue.cells)
    var (head, tail, lastLayer) = (0, count, Int32.max)
    while head < tail {
      if head & 63 == 0 { try interruption.check() }
      let point = Int(queue[head])
      head += 1
      // Longer paths than the shortest wait for the next round.
      if layer[point] > lastLayer { break }
      let (x, y) = (cloud.x[point], cloud.y[point])
      var place = others.nextPlace(within: length, of: x, y, cost, from: 0)
      while let neighbour = place {
        let taker = takers[neighbour]
        if taker == CloudView.none {
          lastLayer = layer[point]
        } else if layer[Int(taker)] == CloudView.none {
          layer[Int(taker)] = layer[point] + 1
          queue[tail] = taker
          tail += 1
        }
        place = others.nextPlace(within: length, of: x, y, cost, from: neighbour + 1)
      }
    }
    return lastLayer < .max
  }

  /// Looks depth first, along the layers, for a way from a point without partner to a free one.
  private func extend(from source: Int, _ cover: Cover, _ length: Double) {
    let (cloud, others) = (cover.cloud, cover.others)
    let (partners, takers) = (cover.partner.cells, cover.taker.cells)
    let (layer, next, path) = (layer.cells, next.cells, queue.cells)
    path[0] = Int32(truncatingIfNeeded: source)
    var depth = 0
    while depth >= 0 {
      let point = Int(path[depth])
      guard
        let neighbour = others.nextPlace(
          within: length, of: cloud.x[point], cloud.y[point], cost, from: next[point])
      else {
        layer[point] = CloudView.none  // a dead end for this round
        depth -= 1
        continue
      }
      next[point] = neighbour + 1
      let taker = takers[neighbour]
      if taker == CloudView.none {
        // Every point of the path takes the neighbour it stands before.
        var taken = Int32(truncatingIfNeeded: neighbour)
        for step in stride(from: depth, through: 0, by: -1) {
          let point = path[step]
          let previous = partners[Int(point)]
          partners[Int(point)] = taken
          takers[Int(taken)] = point
          taken = previous
        }
        return
      }
      if layer[Int(taker)] == layer[point] + 1 {
        depth += 1
        path[depth] = taker
      }
    }
  }
}

/// A matching in which the points of one diagram that need a partner get one.
///
/// Remembers the matching of the longest length that was not enough: with a longer one it still holds,
/// and little is missing.
private final class Cover {
  let cloud: CloudView
  let others: CloudView
  /// Of each point of `cloud` its partner, and of each of `others` who takes it.
  let partner: Scratch<Int32>
  let taker: Scratch<Int32>
  private let keptPartner: Scratch<Int32>
  private let keptTaker: Scratch<Int32>

  init(_ cloud: CloudView, by others: CloudView, _ budget: MemoryBudget) throws(ComputeError) {
    self.cloud = cloud
    self.others = others
    partner = try Scratch(count: cloud.count, budget: budget)
    taker = try Scratch(count: others.count, budget: budget)
    keptPartner = try Scratch(count: cloud.count, budget: budget)
    keptTaker = try Scratch(count: others.count, budget: budget)
    partner.cells.fill(0..<cloud.count, with: CloudView.none)
    taker.cells.fill(0..<others.count, with: CloudView.none)
    keep()
  }

  func keep() {
    keptPartner.cells.copy(partner.cells, count: cloud.count, to: 0)
    keptTaker.cells.copy(taker.cells, count: others.count, to: 0)
  }

  /// Goes back to the kept matching; points within `length` of the diagonal need no partner.
  func restart(within length: Double) {
    partner.cells.copy(keptPartner.cells, count: cloud.count, to: 0)
    taker.cells.copy(keptTaker.cells, count: others.count, to: 0)
    let (partners, takers) = (partner.cells, taker.cells)
    for point in 0..<cloud.count
    where partners[point] != CloudView.none && cloud.exit[point] <= length {
      takers[Int(partners[point])] = CloudView.none
      partners[point] = CloudView.none
    }
  }
}

extension CloudView {
  /// The first place, from `start` on, of a point within `length` of (x, y).
  ///
  /// Goes through the leaves in order and skips whole nodes that are too far.
  @inline(__always)
  fileprivate func nextPlace<Cost: GroundCost>(
    within length: Double, of x: Double, _ y: Double, _ cost: Cost, from start: Int
  ) -> Int? {
    let leaves = 1 &<< depth
    var place = start
    // The leaf that `place` is in: the last that does not start behind it.
    var leaf = place < count ? (((place &+ 1) &<< depth) &- 1) / count : leaves
    while leaf < leaves {
      let end = self.start(leaf &+ 1, depth)
      if boxes[leaves &+ leaf].leastCost(x: x, y: y, cost) <= length {
        while place < end {
          if cost.ofMove(x - self.x[place], y - self.y[place]) <= length { return place }
          place &+= 1
        }
      }
      place = end
      leaf &+= 1
      guard leaf < leaves else { break }
      // The largest node that begins here and is too far is skipped; else its first leaf comes next.
      var (node, size) = (leaves &+ leaf, 1)
      while node & 1 == 0 && node > 1 { (node, size) = (node &>> 1, size &<< 1) }
      while size > 1 && boxes[node].leastCost(x: x, y: y, cost) <= length {
        (node, size) = (node &<< 1, size &>> 1)
      }
      if size > 1 || boxes[node].leastCost(x: x, y: y, cost) > length {
        leaf &+= size
        place = leaf < leaves ? self.start(leaf, depth) : count
        // The next node is looked at in the same way.
        continue
      }
    }
    return nil
  }
}
