package import ComputeRuntime

/// The exact bottleneck distance of two diagrams: the longest move, made as short as can be.
///
/// The options' order is not read.
public func bottleneckDistance(
  _ first: [DiagramPoint], _ second: [DiagramPoint], options: TransportOptions = TransportOptions()
) throws(TransportError) -> Double {
  let matcher = BottleneckMatcher(
    options: options, budget: MemoryBudget(limit: options.maximumMemory),
    interruption: Interruption(token: options.cancellation))
  return try fencedPair(first, second) { first, second throws(TransportError) in
    try matcher.distance(first, second)
  }
}

/// Computes bottleneck distances one after the other, and keeps its buffers between them.
///
/// A length t is enough if the points farther than t from the diagonal can be matched by moves of at
/// most t. That holds for both diagrams together as soon as it holds for each (Mendelsohn &
/// Dulmage 1958), and it holds from the distance on; so bits of t are found one by one, which
/// ends at the distance exactly. (Hopcroft & Karp 1973 for each test.)
package final class BottleneckMatcher {
  private let options: TransportOptions
  private let interruption: Interruption
  private let budget: MemoryBudget
  private let first: DiagramSide
  private let second: DiagramSide

  package init(options: TransportOptions, budget: MemoryBudget, interruption: Interruption) {
    self.options = options
    self.budget = budget
    self.interruption = interruption
    first = DiagramSide(budget: budget)
    second = DiagramSide(budget: budget)
  }

  package func distance(
    _ one: FencedPointer<DiagramPoint>, _ other: FencedPointer<DiagramPoint>
  ) throws(TransportError) -> Double {
    try first.read(one)
    try second.read(other)
    var essential = 0.0
    for place in 0..<(try first.pairEssential(with: second, options.essentialClasses)) {
      essential = max(essential, first.essentialMove(place, second))
    }
    return max(essential, try translatingErrors { () throws(ComputeError) in try finiteDistance() })
  }

  private func finiteDistance() throws(ComputeError) -> Double {
    switch options.groundNorm {
    case .maximum: try search(MaximumNorm())
    case .euclidean: try search(EuclideanNorm())
    }
  }

  private func search<Cost: GroundCost>(_ cost: Cost) throws(ComputeError) -> Double {
    // Differences of the largest numbers would overflow.
    let isHuge = max(first.mostHalfPersistence, second.mostHalfPersistence) > 0x1p1000
    let scale = isHuge ? 0x1p-8 : 1
    let rows = try LineOfPoints(first, scale, cost, budget)
    let columns = try LineOfPoints(second, scale, cost, budget)
    var cover = try CoverSearch(rows, columns, cost, budget, interruption)
    func isEnough(_ length: Double) throws(ComputeError) -> Bool {
      guard try cover.covers(rows, with: columns, within: length) else { return false }
      return try cover.covers(columns, with: rows, within: length)
    }
    // No point can do better than its nearest partner or the diagonal; often all can do as well.
    let least = larger(
      try cover.leastMove(of: rows, to: columns), try cover.leastMove(of: columns, to: rows))
    if try isEnough(least) { return least / scale }
    var tooShort = least.bitPattern
    var enough = larger(rows.mostExit, columns.mostExit).bitPattern
    while enough - tooShort > 1 {
      let middle = tooShort + (enough - tooShort) / 2
      if try isEnough(Double(bitPattern: middle)) { enough = middle } else { tooShort = middle }
    }
    return Double(bitPattern: enough) / scale
  }
}

/// The Euclidean norm itself, for moves that are compared and not added.
private struct EuclideanNorm: GroundCost {
  func ofMove(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }
  func ofExit(persistence: Double) -> Double { persistence * 0.5.squareRoot() }
}

/// The points of a diagram that end, sorted by birth.
private struct LineOfPoints {
  private let numbers: Scratch<Double>
  let count: Int
  var mostExit = 0.0

  init<Cost: GroundCost>(
    _ side: DiagramSide, _ scale: Double, _ cost: Cost, _ budget: MemoryBudget
  ) throws(ComputeError) {
    count = side.count
    numbers = try Scratch(count: 3 * count, budget: budget)
    let order = try Scratch<IndexedPoint>(count: count, budget: budget)
    let cells = order.cells
    let point = side.reader(scale: scale)
    for place in 0..<count { cells[place] = point(place) }
    sortByBirth(cells.prefix(count))
    for place in 0..<count {
      let exit = cost.ofExit(persistence: (cells[place].y - cells[place].x).magnitude)
      births[place] = cells[place].x
      deaths[place] = cells[place].y
      exits[place] = exit
      mostExit = larger(mostExit, exit)
    }
  }

  var births: FencedPointer<Double> { numbers.cells }
  var deaths: FencedPointer<Double> { numbers.cells.suffix(from: count) }
  var exits: FencedPointer<Double> { numbers.cells.suffix(from: 2 * count) }

  /// The first place whose birth may be within `length` of `birth`.
  func window(around birth: Double, _ length: Double) -> Int {
    // Rounding may put the edge on the wrong side of a neighbour: widen it by more than that.
    firstPlace(notBefore: birth - length - (birth.magnitude + length) * 1e-15)
  }

  /// The first place whose birth is at least `birth`.
  func firstPlace(notBefore birth: Double) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if births[middle] < birth { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Tests whether all points of one diagram that must be matched can be.
private struct CoverSearch<Cost: GroundCost> {
  private let cost: Cost
  private let interruption: Interruption
  private let partner: Scratch<Int32>  // of each point that may take one
  private let owner: Scratch<Int32>  // of each point that is taken
  private let layer: Scratch<Int32>
  private let next: Scratch<Int>  // where the search goes on from a point
  private let queue: Scratch<Int32>

  init(
    _ rows: LineOfPoints, _ columns: LineOfPoints, _ cost: Cost, _ budget: MemoryBudget,
    _ interruption: Interruption
  ) throws(ComputeError) {
    self.cost = cost
    self.interruption = interruption
    let most = max(rows.count, columns.count)
    partner = try Scratch(count: most, budget: budget)
    owner = try Scratch(count: most, budget: budget)
    layer = try Scratch(count: most, budget: budget)
    next = try Scratch(count: most, budget: budget)
    queue = try Scratch(count: most, budget: budget)
  }

  /// The most, over all points, of the least way to another point or to the diagonal.
  func leastMove(of line: LineOfPoints, to other: LineOfPoints) throws(ComputeError) -> Double {
    var most = 0.0
    for point in 0..<line.count {
      if point & 255 == 0 { try interruption.check() }
      let (x, y) = (line.births[point], line.deaths[point])
      var least = line.exits[point]
      let start = other.firstPlace(notBefore: x)
      var place = start
      while place < other.count && other.births[place] - x < least {
        least = smaller(least, cost.ofMove(other.births[place] - x, other.deaths[place] - y))
        place += 1
      }
      place = start - 1
      while place >= 0 && x - other.births[place] < least {
        least = smaller(least, cost.ofMove(other.births[place] - x, other.deaths[place] - y))
        place -= 1
      }
      most = larger(most, least)
    }
    return most
  }

  /// Whether every point of `line` farther than `length` from the diagonal finds a partner of its
  /// own in `other` within `length`.
  mutating func covers(
    _ line: LineOfPoints, with other: LineOfPoints, within length: Double
  ) throws(ComputeError) -> Bool {
    guard line.mostExit > length else { return true }
    let (partner, owner) = (partner.cells, owner.cells)
    partner.fill(0..<line.count, with: CloudView.none)
    owner.fill(0..<other.count, with: CloudView.none)
    while true {
      // Layers of alternating paths from the points that have no partner yet.
      var (head, tail, missing, isReached) = (0, 0, 0, false)
      for point in 0..<line.count {
        layer.cells[point] = CloudView.none
        guard line.exits[point] > length, partner[point] == CloudView.none else { continue }
        layer.cells[point] = 0
        queue.cells[tail] = Int32(truncatingIfNeeded: point)
        tail += 1
        missing += 1
      }
      if missing == 0 { return true }
      while head < tail {
        if head & 255 == 0 { try interruption.check() }
        let point = Int(queue.cells[head])
        head += 1
        let start = other.window(around: line.births[point], length)
        var place = neighbour(of: point, line, other, length, from: start)
        while let neighbour = place {
          let taker = owner[neighbour]
          if taker == CloudView.none {
            isReached = true
          } else if layer.cells[Int(taker)] == CloudView.none {
            layer.cells[Int(taker)] = layer.cells[point] + 1
            queue.cells[tail] = taker
            tail += 1
          }
          place = self.neighbour(of: point, line, other, length, from: neighbour + 1)
        }
      }
      guard isReached else { return false }
      for point in 0..<line.count {
        next.cells[point] = other.window(around: line.births[point], length)
      }
      for point in 0..<line.count where layer.cells[point] == 0 {
        if point & 255 == 0 { try interruption.check() }
        extend(from: point, line, other, length)
      }
    }
  }

  /// The next point of `other` within reach, from place `from` on.
  @inline(__always)
  private func neighbour(
    of point: Int, _ line: LineOfPoints, _ other: LineOfPoints, _ length: Double, from start: Int
  ) -> Int? {
    let (x, y) = (line.births[point], line.deaths[point])
    var place = start
    while place < other.count && other.births[place] - x <= length {
      if cost.ofMove(other.births[place] - x, other.deaths[place] - y) <= length { return place }
      place += 1
    }
    return nil
  }

  /// Looks depth first, along the layers, for a way from a point without partner to a free one.
  private func extend(from source: Int, _ line: LineOfPoints, _ other: LineOfPoints, _ length: Double) {
    let (partner, owner, path) = (partner.cells, owner.cells, queue.cells)
    path[0] = Int32(truncatingIfNeeded: source)
    var depth = 0
    while depth >= 0 {
      let point = Int(path[depth])
      guard let neighbour = neighbour(of: point, line, other, length, from: next.cells[point]) else {
        layer.cells[point] = CloudView.none  // a dead end for this round
        depth -= 1
        continue
      }
      next.cells[point] = neighbour + 1
      let taker = owner[neighbour]
      if taker == CloudView.none {
        // Every point of the path takes the neighbour it stands before.
        var taken = Int32(truncatingIfNeeded: neighbour)
        for step in stride(from: depth, through: 0, by: -1) {
          let point = path[step]
          let previous = partner[Int(point)]
          partner[Int(point)] = taken
          owner[Int(taken)] = point
          taken = previous
        }
        return
      }
      if layer.cells[Int(taker)] == layer.cells[point] + 1 {
        depth += 1
        path[depth] = taker
      }
    }
  }
}
