import TestOracles
import Testing

@Suite("NaiveTransport, NaiveBottleneck and sliced Wasserstein")
struct NaiveTransportTests {
  @Test("one point each: matched when that is cheaper than two ways to the diagonal")
  func twoPoints() {
    let square = NaiveTransport(order: 2)
    // 3 along the birth, 4 along the death; persistences 10 and 17.
    let (first, second) = ([NaivePoint(0, 10)], [NaivePoint(-3, 14)])
    #expect(square.matching(first, second).partners == [0])
    #expect(square.matching(first, second).cost == 16)
    #expect(square.distance(first, second) == 4)
    #expect(NaiveTransport(order: 2, norm: .euclidean).matching(first, second).cost == 25)
    // Both next to the diagonal and far apart: (1/2)^2 + (2/2)^2 against 100^2.
    let far = ([NaivePoint(0, 1)], [NaivePoint(100, 98)])
    #expect(square.matching(far.0, far.1).partners == [nil])
    #expect(square.matching(far.0, far.1).cost == 1.25)
    // (1/sqrt 2)^2 + (2/sqrt 2)^2, with the rounding of the roots.
    #expect(abs(NaiveTransport(order: 2, norm: .euclidean).matching(far.0, far.1).cost - 2.5) < 1e-15)
    #expect(NaiveBottleneck().distance(far.0, far.1) == 1)
    #expect(NaiveBottleneck(norm: .euclidean).distance(first, second) == 5)
  }

  @Test("no points: the sum of the ways to the diagonal")
  func empty() {
    let points = [NaivePoint(0, 2), NaivePoint(5, 1)]
    #expect(NaiveTransport(order: 3).matching(points, []).cost == 1 + 8)
    #expect(NaiveTransport(order: 3).matching([], points).cost == 1 + 8)
    #expect(NaiveTransport(order: 1).matching([], []).cost == 0)
    #expect(NaiveBottleneck().distance(points, []) == 2)
    #expect(NaiveBottleneck().distance([], []) == 0)
  }

  @Test("the completed matrix costs what the best partial matching costs", arguments: TestDiagram.allCases)
  func exhaustive(diagram: TestDiagram) {
    var generator = SeededGenerator(seed: 0x7A)
    for index in 0..<60 {
      let size = Int(generator.next() % 5)
      let first = diagram.points(count: size, using: &generator)
      let second = diagram.points(count: Int(generator.next() % UInt64(8 - size)), using: &generator)
      for norm in NaiveNorm.allCases {
        let transport = NaiveTransport(order: [1, 1.5, 2, 3, 7][index % 5], norm: norm)
        let exact = transport.exhaustiveCost(first, second)
        let found = transport.matching(first, second)
        // A few roundings of the largest cost that is compared.
        let scale = (first + second).reduce(0) { $0 + transport.diagonalCost($1) }
        #expect(abs(found.cost - exact) <= 1e-14 * max(scale, exact))
        #expect(abs(cost(of: found, transport, first, second) - found.cost) <= 1e-14 * max(scale, exact))
        if index % 3 == 0 {
          let permutations = NaiveAssignment.exhaustiveCost(transport.completedCosts(first, second))
          #expect(abs(permutations - exact) <= 1e-14 * max(scale, exact))
        }
        let bottleneck = NaiveBottleneck(norm: norm)
        #expect(bottleneck.distance(first, second) == bottleneck.exhaustiveDistance(first, second))
      }
    }
  }

  private func cost(
    of matching: NaiveMatching, _ transport: NaiveTransport, _ first: [NaivePoint], _ second: [NaivePoint]
  ) -> Double {
    let matched = zip(first, matching.partners).reduce(0) { sum, pair in
      sum + (pair.1.map { transport.cost(pair.0, second[$0]) } ?? transport.diagonalCost(pair.0))
    }
    return second.indices.filter { !matching.partners.contains($0) }
      .reduce(matched) { $0 + transport.diagonalCost(second[$1]) }
  }

  @Test("classes that never end are matched in order of birth")
  func essential() {
    #expect(NaiveTransport(order: 2).essentialCost([5, 1], [2, 4]) == 2)
    #expect(NaiveTransport(order: 1).essentialCost([], []) == 0)
  }

  @Test("sliced: two points that differ in birth only, seen along births and along deaths")
  func sliced() {
    // Two lines: the vertical one (angle -90 degrees) sees deaths only, the horizontal one births only.
    let (first, second) = ([NaivePoint(0, 10)], [NaivePoint(2, 10)])
    // First: deaths {10, 6}, second: deaths {10, 5}: 1. Births: {0, 6} and {2, 5}: 2 + 1.
    #expect(abs(naiveSlicedWasserstein(first, second, directions: 2) - (1 + 3) / 2) < 1e-14)
    #expect(naiveSlicedWasserstein(first, first, directions: 7) == 0)
    #expect(naiveSlicedWasserstein([], [], directions: 7) == 0)
  }
}
