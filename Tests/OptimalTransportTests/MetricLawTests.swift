import OptimalTransport
import TestOracles
import Testing

@Suite("A10: laws of a metric")
struct MetricLawTests {
  static let seed: UInt64 = 0xA10

  @Test("symmetry, triangle inequality, zero, no points, points on the diagonal, scaling")
  func laws() throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A10", seed: Self.seed)
    for index in 0..<Tier.cases(500, release: 5_000) {
      let kinds = (0..<3).map { _ in TestDiagram.allCases[Int(generator.next() % 6)] }
      let naive = kinds.map { $0.points(count: Int(generator.next() % 60), using: &generator) }
      let diagrams = naive.map(diagram)
      let question = TransportQuestion.number(index)
      func distance(_ first: [DiagramPoint], _ second: [DiagramPoint]) throws -> Double {
        try wassersteinDistance(first, second, options: question.options)
      }
      let (forward, backward) = (
        try distance(diagrams[0], diagrams[1]), try distance(diagrams[1], diagrams[0])
      )
      // Relative, but for distances that are tiny beside the points' persistences: their p-th powers
      // are rounded like the largest cost, which the p-th root enlarges.
      let scale = naive.joined().map(\.persistence).max() ?? 1
      let rounding = max(1e-12 * max(forward, backward), 1e-14 * scale)
      let least = question.oracle.root(1e-13 * question.oracle.raised(scale))
      tally.check(
        error: abs(forward - backward), atMost: max(rounding, forward < least ? least : 0),
        "\(question) symmetry of \(kinds)")
      let around = try distance(diagrams[0], diagrams[2]) + distance(diagrams[2], diagrams[1])
      tally.check(forward <= around * (1 + 1e-9) + least, "\(question) triangle of \(kinds)")
      tally.check(try distance(diagrams[0], diagrams[0]) == 0, "\(question) W(D, D) of \(kinds)")
      // In another order: the seventh power of a small distance is less than the rounding of a large one.
      let turnedRound = try distance(diagrams[0], diagrams[0].reversed())
      tally.check(
        turnedRound <= (question.order == 7 ? least : 0), "\(question) W(D, D reversed) of \(kinds)")
      let toNothing = question.oracle.root(naive[0].reduce(0) { $0 + question.oracle.diagonalCost($1) })
      tally.check(
        error: abs(try distance(diagrams[0], []) - toNothing) / max(toNothing, .leastNormalMagnitude),
        atMost: 1e-13, "\(question) W(D, {}) of \(kinds)")

      let onDiagonal = (0..<5).map { DiagramPoint(birth: Double($0), death: Double($0)) }
      let padded = try distance(onDiagonal + diagrams[0], diagrams[1] + onDiagonal)
      tally.check(padded == forward, "\(question) points on the diagonal count for nothing in \(kinds)")

      // A power of two changes exponents only, whose product with the order is whole for whole orders.
      let factor = [0.0625, 4, 0x1p40][index % 3]
      func scaled(_ points: [DiagramPoint]) -> [DiagramPoint] {
        points.map { DiagramPoint(birth: factor * $0.birth, death: factor * $0.death) }
      }
      let grown = try distance(scaled(diagrams[0]), scaled(diagrams[1]))
      if question.order == 1 || question.order == 2 {
        tally.check(grown == factor * forward, "\(question) exact scaling of \(kinds) by \(factor)")
      } else {
        tally.check(
          error: abs(grown / factor - forward), atMost: max(rounding, forward < least ? least : 0),
          "\(question) scaling of \(kinds) by \(factor)")
      }
      // Upside down: births become deaths. The same up to the order of the points.
      let turned = diagrams.map { $0.map { DiagramPoint(birth: -$0.birth, death: -$0.death) } }
      tally.check(
        error: abs(try distance(turned[0], turned[1]) - forward),
        atMost: max(rounding, forward < least ? least : 0), "\(question) negation of \(kinds)")
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  @Test("W_p falls as p grows, down to the bottleneck distance")
  func orders() throws {
    var generator = SeededGenerator(seed: Self.seed + 1)
    for kind in TestDiagram.allCases {
      let first = diagram(kind.points(count: 30, using: &generator))
      let second = diagram(kind.points(count: 40, using: &generator))
      var before = Double.infinity
      for order in [1, 1.5, 2, 3, 7] {
        let distance = try wassersteinDistance(first, second, options: TransportOptions(order: order))
        #expect(distance <= before * (1 + 1e-12))
        before = distance
      }
      #expect(try bottleneckDistance(first, second) <= before * (1 + 1e-12))
    }
  }
}
