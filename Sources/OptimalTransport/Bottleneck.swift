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
/// A length is enough if the points farther than it from the diagonal can be matched by moves that are
/// no longer. That holds for both diagrams together as soon as it holds for each (Mendelsohn &
/// Dulmage 1958), and it holds from the distance on. So the distance is enclosed by halving, until
/// few lengths of moves are left between the bounds; one of these is the distance, exactly.
/// (Hopcroft & Karp 1973 for each test, with a k-d tree for the neighbours.)
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
    let rows = PointCloud(budget: budget, interruption: interruption)
    let columns = PointCloud(budget: budget, interruption: interruption)
    let (point, other) = (first.reader(scale: scale), second.reader(scale: scale))
    try rows.load(first.count, hasTree: true, cost: cost, point: point)
    try columns.load(second.count, hasTree: true, cost: cost, point: other)
    let search = try BottleneckSearch(rows.view, columns.view, cost, budget, interruption)
    return try search.distance() / scale
  }
}

/// The Euclidean norm itself, for moves that are compared and not added.
private struct EuclideanNorm: GroundCost {
  func ofMove(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }
  func ofExit(persistence: Double) -> Double { persistence * 0.5.squareRoot() }
}
