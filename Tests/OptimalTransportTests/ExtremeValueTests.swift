import OptimalTransport
import TestOracles
import Testing

@Suite("Coordinates at the ends of what a Double holds")
struct ExtremeValueTests {
  /// Powers of two, so that the answer is that of the plain diagram with another exponent.
  @Test("huge and tiny coordinates", arguments: [0x1p996, 0x1p-996, 0x1p-1060], TestDiagram.allCases)
  func hugeAndTiny(factor: Double, kind: TestDiagram) throws {
    var generator = SeededGenerator(seed: 0xE0)
    for index in 0..<20 {
      // Few enough bits that nothing is lost among denormals.
      func points(_ count: Int) -> [NaivePoint] {
        kind.points(count: count, using: &generator).map {
          NaivePoint(($0.birth * 256).rounded() / 256, ($0.death * 256).rounded() / 256)
        }
      }
      let (first, second) = (points(index), points(12))
      func scaled(_ points: [NaivePoint]) -> [DiagramPoint] {
        points.map { DiagramPoint(birth: factor * $0.birth, death: factor * $0.death) }
      }
      for question in TransportQuestion.all {
        let plain = question.oracle.distance(first, second)
        let found = try wassersteinDistance(scaled(first), scaled(second), options: question.options)
        // The second term: half of the last bit of a denormal.
        let limit = 1e-12 * plain * factor + .leastNonzeroMagnitude
        #expect(
          found.isFinite && abs(found - plain * factor) <= limit, "\(question) \(kind) factor \(factor)")
      }
      // The square of a huge number is none, but what is no number at all tells nothing.
      let matching = try wassersteinMatching(scaled(first), scaled(second))
      #expect((matching.firstPotentials + matching.secondPotentials).allSatisfy { !$0.isNaN })
      let bottleneck = try bottleneckDistance(scaled(first), scaled(second))
      #expect(abs(bottleneck - factor * NaiveBottleneck().distance(first, second)) <= .leastNonzeroMagnitude)
    }
  }

  @Test("a huge offset leaves what a Double can still tell apart", arguments: [1e6, -1e12, 0x1p52])
  func offset(offset: Double) throws {
    var generator = SeededGenerator(seed: 0xE1)
    for question in TransportQuestion.all {
      let naive = [25, 30].map { count in
        TestDiagram.noise.points(count: count, using: &generator)
          .map { NaivePoint($0.birth * 64 + offset, $0.death * 64 + offset) }
      }
      let found = try wassersteinMatching(diagram(naive[0]), diagram(naive[1]), options: question.options)
      let certificate = Certificate(of: found, diagram(naive[0]), diagram(naive[1]), question.oracle)
      #expect(certificate.flaw == nil, "\(question)")
      let expected = question.oracle.distance(naive[0], naive[1])
      #expect(abs(found.distance - expected) <= 1e-12 * expected, "\(question)")
    }
  }

  @Test("the largest and the smallest finite differences")
  func limits() throws {
    let greatest = Double.greatestFiniteMagnitude
    let wide = [DiagramPoint(birth: greatest, death: -greatest)]
    // The way to the diagonal is half the persistence: exactly the greatest number.
    #expect(try wassersteinDistance(wide, []) == greatest)
    #expect(try wassersteinDistance(wide, wide) == 0)
    #expect(try bottleneckDistance(wide, []) == greatest)
    let least = [DiagramPoint(birth: .leastNormalMagnitude, death: -.leastNormalMagnitude)]
    #expect(try wassersteinDistance(least, []) == .leastNormalMagnitude)
    // Beside a huge point a tiny one is nothing, but its own distance is still there.
    let both = wide + least
    #expect(try wassersteinMatching(both, wide).partners == [0, -1])
  }
}
