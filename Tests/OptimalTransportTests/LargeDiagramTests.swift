import OptimalTransport
import TestOracles
import Testing

@Suite("A9: large diagrams, by oracle or by certificate")
struct LargeDiagramTests {
  static let seed: UInt64 = 0x9A

  @Test("a few hundred points, against the whole matrix", arguments: TestDiagram.allCases)
  func mediumDiagrams(kind: TestDiagram) throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A9", seed: Self.seed)
    let sizes = Tier.isRelease ? [(200, 200), (600, 600), (600, 80)] : [(200, 200), (350, 60), (60, 350)]
    for (index, size) in sizes.enumerated() {
      let first = kind.points(count: size.0, using: &generator)
      let second = kind.points(count: size.1, using: &generator)
      let question = TransportQuestion(order: [2, 1, 3][index], norm: index == 1 ? .euclidean : .maximum)
      let found = try wassersteinMatching(diagram(first), diagram(second), options: question.options)
      let certificate = Certificate(of: found, diagram(first), diagram(second), question.oracle)
      let cost = question.oracle.matching(first, second).cost
      let exits = (first + second).reduce(0) { $0 + question.oracle.diagonalCost($1) }
      tally.check(
        error: certificate.flaw == nil
          ? abs(question.oracle.raised(found.distance) - cost) / exits : .infinity,
        atMost: 1e-12, "\(kind) \(size) \(question): \(certificate.flaw ?? "not the oracle's distance")")
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// The solver takes other ways for large diagrams: fewer pairs at first, then prices for all of them.
  @Test(
    "thousands of points, by certificate", arguments: TestDiagram.allCases,
    [(5_000, 5_000), (1_318, 4_000), (3_000, 2_000)])
  func largeDiagrams(kind: TestDiagram, size: (Int, Int)) throws {
    // A cluster of thousands is the translated cluster below.
    let isFeasible = kind != .cluster || size.1 == 2_000
    guard isFeasible || Tier.isRelease else { return }
    var generator = SeededGenerator(seed: Self.seed + 1)
    let first = diagram(kind.points(count: size.0, using: &generator))
    let second = diagram(kind.points(count: size.1, using: &generator))
    let order: Double = size.0 == 3_000 ? 1 : 2
    try expectCertified(first, second, TransportQuestion(order: order, norm: .maximum), "\(kind) \(size)")
  }

  @Test("other orders and the Euclidean norm, by certificate", arguments: TransportQuestion.all)
  func otherQuestions(question: TransportQuestion) throws {
    var generator = SeededGenerator(seed: Self.seed + 2)
    for kind in [TestDiagram.noise, .nearDiagonal, .lines] {
      let first = diagram(kind.points(count: 900, using: &generator))
      let second = diagram(kind.points(count: 700, using: &generator))
      try expectCertified(first, second, question, "\(kind)")
    }
  }

  /// Every point of one could go to every point of the other at nearly the same cost.
  @Test("a tight cluster against its translation", arguments: [300, 1_000])
  func translatedCluster(count: Int) throws {
    var generator = SeededGenerator(seed: Self.seed + 3)
    let first = TestDiagram.cluster.points(count: count, using: &generator)
    let second = TestDiagram.cluster.points(count: count, using: &generator)
      .map { NaivePoint($0.birth + 1, $0.death + 0.75) }
    for order in [1.0, 2] {
      let question = TransportQuestion(order: order, norm: .maximum)
      try expectCertified(diagram(first), diagram(second), question, "cluster")
    }
  }

  @Test("thousands of points on few places", arguments: [1, 3, 20])
  func fewPlaces(places: Int) throws {
    var generator = SeededGenerator(seed: Self.seed + 4)
    let (left, right) = (
      TestDiagram.noise.points(count: places, using: &generator),
      TestDiagram.noise.points(count: places, using: &generator)
    )
    let first = (0..<3_000).map { left[$0 % places] }
    let second = (0..<2_500).map { right[$0 * 7 % places] } + left
    try expectCertified(
      diagram(first), diagram(second), TransportQuestion(order: 2, norm: .maximum), "\(places) places")
  }

  private func expectCertified(
    _ first: [DiagramPoint], _ second: [DiagramPoint], _ question: TransportQuestion, _ name: String
  ) throws {
    var tally = Tally("A9", seed: Self.seed)
    let found = try wassersteinMatching(first, second, options: question.options)
    let certificate = Certificate(of: found, first, second, question.oracle)
    tally.check(
      error: certificate.flaw == nil ? certificate.gap : .infinity, atMost: 1e-12,
      "\(name) \(question): \(certificate.flaw ?? "")")
    tally.report()
    #expect(tally.firstFailure == nil)
    #expect(found == (try wassersteinMatching(first, second, options: question.options)))
  }
}
