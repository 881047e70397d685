import OptimalTransport
import TestOracles
import Testing

@Suite("A9: small diagrams against every matching")
struct SmallDiagramTests {
  static let seed: UInt64 = 0xA9
  static let count = Tier.cases(4_000, release: 40_000)

  @Test("the distance is the oracle's and the potentials prove it", arguments: TestDiagram.allCases)
  func smallDiagrams(kind: TestDiagram) throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A9", seed: Self.seed)
    for index in 0..<Self.count / TestDiagram.allCases.count {
      // Sizes 0 to 99, small ones more often: there are more different small cases.
      let longest = index % 20 == 0 ? 100 : [3, 8, 8, 41][index % 4]
      let sizes = (0..<2).map { _ in Int(generator.next() % UInt64(longest)) }
      let first = kind.points(count: sizes[0], using: &generator)
      // Some points of the first diagram, so that moves of length zero are best.
      let shared = index % 3 == 0 ? Array(first.prefix(sizes[1] / 2)) : []
      let second = shared + kind.points(count: sizes[1] - shared.count, using: &generator)
      let question = TransportQuestion.number(index)
      let found = try wassersteinMatching(diagram(first), diagram(second), options: question.options)
      let certificate = Certificate(of: found, diagram(first), diagram(second), question.oracle)
      let cost = question.oracle.matching(first, second).cost
      // A best cost is known up to a few roundings of the largest cost that is compared.
      let exits = (first + second).reduce(0) { $0 + question.oracle.diagonalCost($1) }
      let error = abs(question.oracle.raised(found.distance) - cost) / max(exits, .leastNormalMagnitude)
      tally.check(
        error: certificate.flaw == nil ? max(error, certificate.gap) : .infinity, atMost: 1e-12,
        "\(question) \(first) \(second): \(certificate.flaw ?? "found \(found.distance), cost \(cost)")")
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  @Test("the distance alone is that of the matching, to the last bit", arguments: TestDiagram.allCases)
  func distanceOfMatching(kind: TestDiagram) throws {
    var generator = SeededGenerator(seed: Self.seed + 1)
    for index in 0..<60 {
      let first = diagram(kind.points(count: index % 37, using: &generator))
      let second = diagram(kind.points(count: index % 23, using: &generator))
      let options = TransportQuestion.number(index).options
      let distance = try wassersteinDistance(first, second, options: options)
      #expect(distance == (try wassersteinMatching(first, second, options: options).distance))
      for _ in 0..<2 {
        let again = try wassersteinMatching(first, second, options: options)
        #expect(again == (try wassersteinMatching(first, second, options: options)))
      }
    }
  }

  @Test("the defaults are order 2, maximum norm")
  func defaults() throws {
    let (first, second) = ([DiagramPoint(birth: 0, death: 10)], [DiagramPoint(birth: -3, death: 14)])
    #expect(try wassersteinDistance(first, second) == 4)
    #expect(try wassersteinDistance(first, []) == 5)
    #expect(try wassersteinDistance([], second) == 8.5)
    #expect(try wassersteinDistance([], []) == 0)
    let matching = try wassersteinMatching(first + second, second)
    #expect(matching.partners == [-1, 0] && matching.distance == 5)
  }
}
