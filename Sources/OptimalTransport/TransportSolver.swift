internal import ComputeRuntime

/// Matches two diagrams at least cost, exactly.
///
/// The problem (in units in which the largest persistence is about 1):
///
///     least  sum of c(i, j) over matched pairs + sum of exit costs of the unmatched points
///     most   sum of u(i) + sum of v(j)   with u <= exit, v <= exit, u(i) + v(j) <= c(i, j)
///
/// Only pairs cheaper than their two exits together can be matched, so most pairs are never looked at:
///
/// 1. *Candidates*: all such pairs if they are few; else, for each point, those with the least
///    reduced cost under potentials that a quarter of the points, solved first, gives.
/// 2. *Auction* (Bertsekas 1988): good potentials fast; its prices are capped by the exits.
/// 3. *Shortest augmenting paths* (Dijkstra; Jonker & Volgenant 1987) that end at a free
///    point or at the exit of a reached one: an exact matching on the candidates. Paths never leave
///    a connected component of the candidates.
/// 4. *Pricing*: a k-d tree finds every pair whose potentials exceed its cost. They become
///    candidates, their rows are matched anew. When there is none, the potentials prove that the
///    matching is optimal among all pairs.
///
/// Where both diagrams are small, all costs stand in a matrix, and 3 is all there is.
///
/// Remembers its buffers from one pair of diagrams to the next. Ties are broken by index, so the
/// same diagrams give the same matching in every run. One thread may use it.
final class TransportSolver<Cost: GroundCost> {
  let cost: Cost
  let budget: MemoryBudget
  let interruption: Interruption
  /// The smaller diagram, and the larger one.
  let rows: PointCloud
  let columns: PointCloud
  let graph: CandidateGraph
  let buffers: TransportBuffers
  /// Whether the first diagram is the larger one.
  private(set) var isSwapped = false
  /// Whether every pair that can be matched is a candidate.
  private var isComplete = false
  /// How often pricing found something.
  var rounds = 0
  /// How far the reduced costs of a row's candidates are apart, on average.
  var spread = 0.0
  /// Solves a sample of the points.
  var scout: TransportSolver<Cost>?

  init(_ cost: Cost, _ budget: MemoryBudget, _ interruption: Interruption) {
    self.cost = cost
    self.budget = budget
    self.interruption = interruption
    rows = PointCloud(budget: budget, interruption: interruption)
    columns = PointCloud(budget: budget, interruption: interruption)
    graph = CandidateGraph(budget: budget, interruption: interruption)
    buffers = TransportBuffers(budget: budget)
  }

  /// Matches two diagrams; the answer is in the partners and potentials of ``rows`` and ``columns``.
  ///
  /// - Parameters:
  ///   - first: the i-th point of the first diagram; no point lies on the diagonal.
  func solve(
    _ firstCount: Int, _ secondCount: Int, isScout: Bool = false, first: (Int) -> IndexedPoint,
    second: (Int) -> IndexedPoint
  ) throws(ComputeError) {
    isSwapped = firstCount > secondCount
    let (rowCount, columnCount) = isSwapped ? (secondCount, firstCount) : (firstCount, secondCount)
    let isSmall =
      !isScout
      && (rowCount <= TransportTuning.mostRowsWithoutTree
        || rowCount * columnCount <= TransportTuning.mostPairsWithoutTree)
    try rows.load(rowCount, hasTree: !isSmall, cost: cost, point: isSwapped ? second : first)
    try columns.load(columnCount, hasTree: !isSmall, cost: cost, point: isSwapped ? first : second)
    rounds = 0
    graph.removeAll()
    try buffers.reserve(points: max(rowCount, columnCount))
    if rowCount == 0 {
      columns.view.potential.copy(columns.view.exit, count: columnCount, to: 0)
      return
    }
    if isSmall && rowCount * rowCount * columnCount <= TransportTuning.mostWorkOnMatrix {
      return try matchDensely()
    }
    if isSmall { try addAllPairs() }
    isComplete = try isSmall ? true : addCandidates()
    try sortGraph()
    try setPotentials()
    try matchOnCandidates()
    while !isComplete {
      guard try addViolatedPairs() > 0 else { break }
      try sortGraph()
      try matchOnCandidates()
    }
    tightenPotentials()
  }

  func sortGraph() throws(ComputeError) {
    try graph.sort(rows: rows.view.count, columns: columns.view.count)
    try buffers.heap.reserve(graph.count + 1)
  }

  /// Finds the best matching on the candidates: afterwards every point without a partner has a
  /// potential equal to its exit cost.
  private func matchOnCandidates() throws(ComputeError) {
    try augment(rows.view, columns.view, graph.rows)
    try augment(columns.view, rows.view, graph.columns)
  }

  /// The two-phase start: prices from an auction, then partners where a row has a cheapest column
  /// that nobody else wants.
  private func setPotentials() throws(ComputeError) {
    try runAuction(isComplete: isComplete)
    try matchGreedily()
  }

  /// Takes rounding errors out of the potentials, so that they are feasible to the last bit.
  private func tightenPotentials() {
    let (rows, columns, graph) = (rows.view, columns.view, graph.rows)
    for column in 0..<columns.count {
      columns.potential[column] = smaller(columns.potential[column], columns.exit[column])
    }
    for row in 0..<rows.count {
      var most = smaller(rows.potential[row], rows.exit[row])
      for place in graph.arcs(of: row) {
        let arc = graph.arcs[place]
        most = smaller(most, arc.cost - columns.potential[Int(arc.target)])
      }
      rows.potential[row] = most
    }
  }
}

/// Working memory of a ``TransportSolver``.
final class TransportBuffers {
  let distances: Scratch<Double>
  let predecessors: Scratch<Int32>
  let tree: Scratch<Int32>
  let touched: Scratch<Int32>
  let heap: Scratch<HeapEntry>
  let hits: Scratch<Hit>
  let nodes: Scratch<PendingNode>
  let matrix: Scratch<Double>

  init(budget: MemoryBudget) {
    distances = Scratch(budget: budget)
    predecessors = Scratch(budget: budget)
    tree = Scratch(budget: budget)
    touched = Scratch(budget: budget)
    heap = Scratch(budget: budget)
    hits = Scratch(budget: budget)
    nodes = Scratch(budget: budget)
    matrix = Scratch(budget: budget)
  }

  func reserve(points: Int) throws(ComputeError) {
    // Distances are infinite between searches.
    if distances.capacity < points {
      try distances.reserve(points)
      distances.cells.fill(0..<distances.capacity, with: .infinity)
    }
    try predecessors.reserve(points)
    try tree.reserve(points)
    try touched.reserve(points)
    try nodes.reserve(CloudView.stackDepth)
  }
}

/// The constants of the solver; they change how long it takes, not what it answers.
enum TransportTuning {
  /// Up to so many pairs, or so many rows, all pairs are looked at: sooner done than a tree.
  static var mostPairsWithoutTree: Int { 4096 }
  static var mostRowsWithoutTree: Int { 16 }
  /// Up to so many rows squared times columns, all costs stand in a matrix.
  static var mostWorkOnMatrix: Int { 32000 }
  /// All pairs that can be matched are candidates if there are at most so many per point.
  static var mostCandidatesPerPoint: Int { 24 }
  /// Candidates of a row, and of a column, when not all pairs are.
  static var rowCandidates: Int { 22 }
  static var columnCandidates: Int { 6 }
  /// New candidates of a row in one pricing.
  static var newCandidates: Int { 8 }
  /// A sample of the points is solved first when there are more rows.
  static var leastRowsForScout: Int { 300 }
  /// Phases of the auction, the first epsilon in units of the spread, and its decay.
  static var auctionPhases: Int { 4 }
  static var auctionPhasesIfComplete: Int { 2 }
  static var firstEpsilon: Double { 2 }
  static var epsilonDecay: Double { 0.25 }
  /// Bids per point in one phase; what is left over, augmenting paths do.
  static var bidsPerPoint: Int { 40 }
  /// A phase is repeated when more than this share of the rows has violated pairs, so many times.
  static var poorCandidates: Double { 0.2 }
  static var repeatedPhases: Int { 12 }
  /// Passes of the greedy matching.
  static var greedyPasses: Int { 2 }
}
