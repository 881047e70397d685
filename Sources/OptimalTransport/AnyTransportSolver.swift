internal import ComputeRuntime

/// A ``TransportSolver`` for the cost that the options ask for.
///
/// An enumeration and not a protocol, so that the compiler sees which cost each call works with and
/// puts its few instructions into the inner loops.
enum AnyTransportSolver {
  case maximum(TransportSolver<MaximumNorm>)
  case squaredMaximum(TransportSolver<SquaredMaximumNorm>)
  case powerOfMaximum(TransportSolver<PowerOfMaximumNorm>)
  case squaredEuclidean(TransportSolver<SquaredEuclideanNorm>)
  case powerOfEuclidean(TransportSolver<PowerOfEuclideanNorm>)

  init(_ options: TransportOptions, _ budget: MemoryBudget, _ interruption: Interruption) {
    let order = options.order
    switch (options.groundNorm, order) {
    case (.maximum, 1): self = .maximum(TransportSolver(MaximumNorm(), budget, interruption))
    case (.maximum, 2):
      self = .squaredMaximum(TransportSolver(SquaredMaximumNorm(), budget, interruption))
    case (.maximum, _):
      self = .powerOfMaximum(TransportSolver(PowerOfMaximumNorm(order: order), budget, interruption))
    case (.euclidean, 2):
      self = .squaredEuclidean(TransportSolver(SquaredEuclideanNorm(), budget, interruption))
    case (.euclidean, _):
      self = .powerOfEuclidean(
        TransportSolver(PowerOfEuclideanNorm(order: order), budget, interruption))
    }
  }

  /// Matches the points that end, their coordinates multiplied by `scale`.
  /// - Returns: the cost of the matching.
  func solve(
    _ first: DiagramSide, _ second: DiagramSide, _ scale: Double
  ) throws(ComputeError) -> Double {
    switch self {
    case .maximum(let solver): try solver.solve(first, second, scale)
    case .squaredMaximum(let solver): try solver.solve(first, second, scale)
    case .powerOfMaximum(let solver): try solver.solve(first, second, scale)
    case .squaredEuclidean(let solver): try solver.solve(first, second, scale)
    case .powerOfEuclidean(let solver): try solver.solve(first, second, scale)
    }
  }

  /// Partners and potentials of the last matching, and whether the rows are the second diagram.
  var views: (rows: CloudView, columns: CloudView, isSwapped: Bool) {
    switch self {
    case .maximum(let solver): solver.views
    case .squaredMaximum(let solver): solver.views
    case .powerOfMaximum(let solver): solver.views
    case .squaredEuclidean(let solver): solver.views
    case .powerOfEuclidean(let solver): solver.views
    }
  }
}

extension TransportSolver {
  fileprivate var views: (rows: CloudView, columns: CloudView, isSwapped: Bool) {
    (rows.view, columns.view, isSwapped)
  }

  fileprivate func solve(
    _ first: DiagramSide, _ second: DiagramSide, _ scale: Double
  ) throws(ComputeError) -> Double {
    try solve(
      first.count, second.count, first: first.reader(scale: scale), second: second.reader(scale: scale))
    let (rows, columns) = (rows.view, columns.view)
    var total = 0.0
    for row in 0..<rows.count {
      let partner = Int(rows.partner[row])
      total +=
        partner < 0
        ? rows.exit[row]
        : cost.ofMove(rows.x[row] - columns.x[partner], rows.y[row] - columns.y[partner])
    }
    for column in 0..<columns.count where columns.partner[column] == CloudView.none {
      total += columns.exit[column]
    }
    return total
  }
}
