package import ComputeRuntime
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Matches pairs of diagrams one after the other, and keeps its buffers between them.
///
/// Remembers the last matching. One thread may use it; after an error it must not be used again.
package final class DiagramMatcher {
  private let options: TransportOptions
  private let solver: AnyTransportSolver
  private let first: DiagramSide
  private let second: DiagramSide
  private let partners: Scratch<Int32>
  /// Coordinates are multiplied by 2^-exponent, so that no power of them overflows.
  private var exponent = 0

  package init(
    options: TransportOptions, budget: MemoryBudget, interruption: Interruption
  ) throws(TransportError) {
    let order = options.order
    guard order >= 1, order < .infinity else { throw .invalidOrder(order) }
    self.options = options
    solver = AnyTransportSolver(options, budget, interruption)
    first = DiagramSide(budget: budget)
    second = DiagramSide(budget: budget)
    partners = Scratch(budget: budget)
  }

  /// For each point of the first diagram, its partner in the second, or -1: it goes to the diagonal.
  package var partnersOfFirst: FencedPointer<Int32> { partners.cells.prefix(first.points.count) }

  /// The Wasserstein distance of two diagrams, which stay in place while they are matched.
  package func match(
    _ one: FencedPointer<DiagramPoint>, _ other: FencedPointer<DiagramPoint>
  ) throws(TransportError) -> Double {
    try first.read(one)
    try second.read(other)
    try translatingErrors { () throws(ComputeError) in try partners.reserve(one.count) }
    partners.cells.fill(0..<one.count, with: CloudView.none)
    let essential = try matchEssentialClasses()
    let finite = try translatingErrors { () throws(ComputeError) in try matchFinitePoints() }
    // Either may be 0; dividing by the larger keeps powers within range.
    let most = larger(essential, finite)
    guard essential > 0, finite > 0 else { return most }
    return most * root(power(essential / most) + power(finite / most))
  }

  /// Writes the potentials of the last matching: the certificate that it is optimal.
  package func copyPotentials(first u: FencedPointer<Double>, second v: FencedPointer<Double>) {
    u.fill(0..<first.points.count, with: 0)
    v.fill(0..<second.points.count, with: 0)
    if isSolved {
      let (rows, columns, isSwapped) = solver.views
      let (one, other) = isSwapped ? (v, u) : (u, v)
      for place in 0..<rows.count {
        one[Int(rows.index[place])] = inUnitsOfTheCaller(rows.potential[place])
      }
      for place in 0..<columns.count {
        other[Int(columns.index[place])] = inUnitsOfTheCaller(columns.potential[place])
      }
    }
    for place in 0..<essentialPairs { u[Int(first.essential[place])] = power(essentialMove(place)) }
  }

  /// A potential, which is in units of 2^(exponent p); too large ones are infinite.
  private func inUnitsOfTheCaller(_ potential: Double) -> Double {
    // In two steps: the factor alone may be out of range where the product is not.
    let half = exp2(Double(exponent) * options.order / 2)
    return potential == 0 ? 0 : potential * half * half
  }

  // MARK: Points that end

  /// Whether the last matching is the solver's: equal diagrams do not need it.
  private var isSolved = false

  private func matchFinitePoints() throws(ComputeError) -> Double {
    isSolved = false
    if try first.hasEqualPoints(second) {
      let (mine, theirs) = (first.order.cells, second.order.cells)
      for place in 0..<first.count { partners.cells[Int(mine[place])] = theirs[place] }
      return 0
    }
    let most = larger(first.mostHalfPersistence, second.mostHalfPersistence)
    guard most > 0 else { return 0 }
    exponent = max(min(Int(most.exponent) + 1, 1000), -1000)
    let scale = Double(sign: .plus, exponent: -exponent, significand: 1)
    let total = try solver.solve(first, second, scale)
    isSolved = true
    let (rows, columns, isSwapped) = solver.views
    for place in 0..<rows.count where rows.partner[place] != CloudView.none {
      let (row, column) = (rows.index[place], columns.index[Int(rows.partner[place])])
      if isSwapped {
        partners.cells[Int(column)] = row
      } else {
        partners.cells[Int(row)] = column
      }
    }
    return root(total) / scale
  }

  // MARK: Classes that never end

  private var essentialPairs = 0

  /// Matches essential classes.
  /// - Returns: their part of the distance.
  private func matchEssentialClasses() throws(TransportError) -> Double {
    essentialPairs = try first.pairEssential(with: second, options.essentialClasses)
    var most = 0.0
    for place in 0..<essentialPairs {
      partners.cells[Int(first.essential[place])] = second.essential[place]
      most = larger(most, essentialMove(place))
    }
    guard most > 0 else { return 0 }
    var total = 0.0
    for place in 0..<essentialPairs { total += power(essentialMove(place) / most) }
    return most * root(total)
  }

  /// How far the essential classes of one pair are apart.
  private func essentialMove(_ place: Int) -> Double { first.essentialMove(place, second) }

  private func power(_ length: Double) -> Double {
    switch options.order {
    case 1: length
    case 2: length * length
    default: pow(length, options.order)
    }
  }

  private func root(_ total: Double) -> Double {
    switch options.order {
    case 1: total
    case 2: total.squareRoot()
    default: pow(total, 1 / options.order)
    }
  }
}
