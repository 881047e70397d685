import OptimalTransport
import TestOracles
import Testing

@Suite("Bottleneck distance")
struct BottleneckTests {
  @Test("the oracle's, to the last bit of the maximum norm", arguments: TestDiagram.allCases)
  func againstOracle(kind: TestDiagram) throws {
    var generator = SeededGenerator(seed: 0xB0)
    var tally = Tally("A10", seed: 0xB0)
    for index in 0..<120 {
      let longest: UInt64 = [4, 12, 41][index % 3]
      let first = kind.points(count: Int(generator.next() % longest), using: &generator)
      let second = kind.points(count: Int(generator.next() % longest), using: &generator)
      for norm in NaiveNorm.allCases {
        let options = TransportOptions(groundNorm: norm == .maximum ? .maximum : .euclidean)
        let found = try bottleneckDistance(diagram(first), diagram(second), options: options)
        let expected = NaiveBottleneck(norm: norm).distance(first, second)
        // A Euclidean length may be rounded in another way: by the root or by the square.
        let rounding = norm == .maximum ? 0 : 4 * expected.ulp
        tally.check(
          abs(found - expected) <= rounding, "\(norm) \(first) \(second): \(found), not \(expected)")
        let backward = try bottleneckDistance(diagram(second), diagram(first), options: options)
        tally.check(backward == found, "\(norm) symmetry of \(first) \(second)")
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }

  /// Every point moves by at most `shift`, and one moves by exactly that much alone.
  @Test("thousands of points that moved a little", arguments: [TestDiagram.noise, .nearDiagonal, .copies])
  func moved(kind: TestDiagram) throws {
    var generator = SeededGenerator(seed: 0xB1)
    let first = diagram(kind.points(count: 3_000, using: &generator)) + [DiagramPoint(birth: 50, death: 9)]
    let second = first.map {
      DiagramPoint(
        birth: $0.birth + 0.001 * generator.unit(), death: $0.death - 0.001 * generator.unit())
    }
    var pushed = second
    pushed[3_000] = DiagramPoint(birth: 50, death: 9.25)
    #expect(try bottleneckDistance(first, second) <= 0.001)
    #expect(try bottleneckDistance(first, pushed) == 0.25)
    #expect(try bottleneckDistance(first, first.shuffled(using: &generator)) == 0)
  }
}
