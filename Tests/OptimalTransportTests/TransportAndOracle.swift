import OptimalTransport
import TestOracles

extension DiagramPoint {
  init(_ point: NaivePoint) { self.init(birth: point.birth, death: point.death) }
  var naive: NaivePoint { NaivePoint(birth, death) }
}

/// Points in the engine's words.
func diagram(_ points: [NaivePoint]) -> [DiagramPoint] { points.map { DiagramPoint($0) } }

/// One way of asking for a distance, in words that both the engine and the oracle understand.
struct TransportQuestion: Sendable, CustomStringConvertible {
  var order: Double
  var norm: NaiveNorm

  static let all = [1, 1.5, 2, 3, 7].flatMap { order in
    NaiveNorm.allCases.map { TransportQuestion(order: order, norm: $0) }
  }

  /// The question with this number, every one in its turn.
  static func number(_ index: Int) -> TransportQuestion { all[index % all.count] }

  var description: String { "order \(order), \(norm) norm" }
  var oracle: NaiveTransport { NaiveTransport(order: order, norm: norm) }
  var options: TransportOptions {
    TransportOptions(order: order, groundNorm: norm == .maximum ? .maximum : .euclidean)
  }
}

/// Checks a matching without asking how it was found.
///
/// Linear programming duality: potentials that respect every cost add up to at most the cost of any
/// matching, so a matching whose cost they reach is a best one.
struct Certificate {
  let first: [DiagramPoint]
  let second: [DiagramPoint]
  let transport: NaiveTransport

  /// Sums of potentials differ from W^p by so much, as a share of what all ways to the diagonal cost.
  private(set) var gap = 0.0
  /// The first thing that is wrong.
  private(set) var flaw: String?

  init(
    of matching: Matching, _ first: [DiagramPoint], _ second: [DiagramPoint],
    _ transport: NaiveTransport
  ) {
    self.first = first
    self.second = second
    self.transport = transport
    flaw = flawOfPartners(matching.partners)
    guard flaw == nil else { return }
    guard
      (matching.firstPotentials.count, matching.secondPotentials.count) == (first.count, second.count)
    else {
      flaw = "every point needs a potential"
      return
    }
    let cost = cost(of: matching.partners)
    let exits = (first + second).reduce(0) { $0 + transport.diagonalCost($1.naive) }
    // The root and the power of a distance cost a few roundings each.
    if !(abs(matching.distance - root(cost)) <= 1e-13 * root(cost)) {
      flaw = "distance \(matching.distance), but its matching has \(root(cost))"
      return
    }
    // Potentials are differences of costs up to the longest way to the diagonal: a few roundings of that.
    let rounding = 1e-13 * ((first + second).map { transport.diagonalCost($0.naive) }.max() ?? 0)
    flaw = flawOfPotentials(matching, rounding: rounding)
    let sum = (matching.firstPotentials + matching.secondPotentials).reduce(0, +)
    gap = exits > 0 ? abs(sum - cost) / exits : abs(sum)
    if !(gap <= 1e-12) || !(abs(sum - cost) <= 1e-9 * max(1, cost)) {
      flaw = flaw ?? "potentials add up to \(sum), the cost is \(cost), all ways to the diagonal \(exits)"
    }
  }

  private func root(_ cost: Double) -> Double { transport.root(cost) }

  private func flawOfPartners(_ partners: [Int]) -> String? {
    guard partners.count == first.count else { return "every point needs a partner or -1" }
    let matched = partners.filter { $0 != -1 }
    guard matched.allSatisfy(second.indices.contains), Set(matched).count == matched.count else {
      return "partners \(partners) are not different points"
    }
    return nil
  }

  private func cost(of partners: [Int]) -> Double {
    var isTaken = [Bool](repeating: false, count: second.count)
    var sum = 0.0
    for (point, partner) in zip(first, partners) {
      if partner == -1 {
        sum += transport.diagonalCost(point.naive)
      } else {
        isTaken[partner] = true
        sum += transport.cost(point.naive, second[partner].naive)
      }
    }
    for (point, taken) in zip(second, isTaken) where !taken { sum += transport.diagonalCost(point.naive) }
    return sum
  }

  private func flawOfPotentials(_ matching: Matching, rounding: Double) -> String? {
    let (first, second) = (first.map(\.naive), second.map(\.naive))
    let (firstPotentials, secondPotentials) = (matching.firstPotentials, matching.secondPotentials)
    for (index, point) in first.enumerated()
    where !(firstPotentials[index] <= transport.diagonalCost(point) + rounding) {
      return "potential \(firstPotentials[index]) of first \(index) is above its way to the diagonal"
    }
    for (index, point) in second.enumerated()
    where !(secondPotentials[index] <= transport.diagonalCost(point) + rounding) {
      return "potential \(secondPotentials[index]) of second \(index) is above its way to the diagonal"
    }
    for (row, point) in first.enumerated() {
      for (column, other) in second.enumerated()
      where !(firstPotentials[row] + secondPotentials[column] <= transport.cost(point, other) + rounding) {
        return "potentials of first \(row) and second \(column) are above the cost of their pair"
      }
    }
    return nil
  }
}
