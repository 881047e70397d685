/// A point of a persistence diagram with a finite end.
public struct NaivePoint: Hashable, Sendable {
  public var birth: Double
  public var death: Double

  public init(_ birth: Double, _ death: Double) {
    self.birth = birth
    self.death = death
  }

  public var persistence: Double { abs(death - birth) }
}

/// How far a point moves.
public enum NaiveNorm: Sendable, CaseIterable {
  case maximum, euclidean

  public func length(_ x: Double, _ y: Double) -> Double {
    switch self {
    case .maximum: max(abs(x), abs(y))
    case .euclidean: (x * x + y * y).squareRoot()
    }
  }

  public func distance(_ first: NaivePoint, _ second: NaivePoint) -> Double {
    length(first.birth - second.birth, first.death - second.death)
  }

  /// To the nearest point of the diagonal, which is ((birth + death) / 2, (birth + death) / 2).
  public func distanceToDiagonal(_ point: NaivePoint) -> Double {
    length((point.death - point.birth) / 2, (point.death - point.birth) / 2)
  }
}

/// A best matching of two diagrams.
public struct NaiveMatching: Sendable {
  /// For each point of the first diagram its partner in the second; `nil`: the diagonal.
  public let partners: [Int?]
  /// The sum of norm^p over all moves: the p-th power of the distance.
  public let cost: Double
}

/// Eq. (1) of Waibel et al. (MICCAI 2022) as it stands: W_p^p is the smallest sum of norm^p over all
/// matchings of two diagrams in which any point may go to the diagonal.
public struct NaiveTransport: Sendable {
  public var order: Double
  public var norm: NaiveNorm

  public init(order: Double, norm: NaiveNorm = .maximum) {
    self.order = order
    self.norm = norm
  }

  public func cost(_ first: NaivePoint, _ second: NaivePoint) -> Double {
    raised(norm.distance(first, second))
  }

  public func diagonalCost(_ point: NaivePoint) -> Double { raised(norm.distanceToDiagonal(point)) }

  public func raised(_ length: Double) -> Double { power(length, order) }

  /// The distance that a cost W^p belongs to.
  public func root(_ cost: Double) -> Double { power(cost, 1 / order) }

  /// A matrix whose assignments are the matchings: each diagram is completed with one place on the
  /// diagonal for every point of the other, and two places on the diagonal cost nothing.
  public func completedCosts(_ first: [NaivePoint], _ second: [NaivePoint]) -> [[Double]] {
    let rows: [NaivePoint?] = first + second.map { _ in nil }
    let columns: [NaivePoint?] = second + first.map { _ in nil }
    return rows.map { row in
      columns.map { column in
        switch (row, column) {
        case (let row?, let column?): cost(row, column)
        case (let point?, nil), (nil, let point?): diagonalCost(point)
        case (nil, nil): 0
        }
      }
    }
  }

  /// - Complexity: O((n + m)^3) for diagrams of n and m points.
  public func matching(_ first: [NaivePoint], _ second: [NaivePoint]) -> NaiveMatching {
    let assignment = NaiveAssignment(costs: completedCosts(first, second))
    let partners = assignment.columnOfRow.prefix(first.count).map { $0 < second.count ? $0 : nil }
    return NaiveMatching(partners: partners, cost: assignment.cost)
  }

  public func distance(_ first: [NaivePoint], _ second: [NaivePoint]) -> Double {
    root(matching(first, second).cost)
  }

  /// The cost over all partial matchings, tried one by one: for a few points only.
  public func exhaustiveCost(_ first: [NaivePoint], _ second: [NaivePoint]) -> Double {
    guard let point = first.first else { return second.reduce(0) { $0 + diagonalCost($1) } }
    let rest = Array(first.dropFirst())
    var best = diagonalCost(point) + exhaustiveCost(rest, second)
    for (index, partner) in second.enumerated() {
      var others = second
      others.remove(at: index)
      best = min(best, cost(point, partner) + exhaustiveCost(rest, others))
    }
    return best
  }

  /// Classes that never end, given by their births: matched in order of birth.
  public func essentialCost(_ first: [Double], _ second: [Double]) -> Double {
    precondition(first.count == second.count, "every class needs a partner")
    return zip(first.sorted(), second.sorted()).reduce(0) { $0 + raised(abs($1.0 - $1.1)) }
  }
}
