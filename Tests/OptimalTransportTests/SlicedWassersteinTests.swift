import OptimalTransport
import TestOracles
import Testing

@Suite("Sliced Wasserstein distance, total persistence, persistent entropy")
struct SlicedWassersteinTests {
  @Test("sliced: the definition's, for any number of lines", arguments: TestDiagram.allCases)
  func sliced(kind: TestDiagram) throws {
    var generator = SeededGenerator(seed: 0x51)
    for index in 0..<40 {
      let first = kind.points(count: index, using: &generator)
      let second = kind.points(count: Int(generator.next() % 40), using: &generator)
      let directions = [1, 2, 7, 50][index % 4]
      let found = try slicedWassersteinDistance(diagram(first), diagram(second), directions: directions)
      let expected = naiveSlicedWasserstein(first, second, directions: directions)
      // A few roundings of each projection; coordinates are below 11.
      let rounding = 1e-14 * Double(first.count + second.count)
      #expect(abs(found - expected) <= rounding, "\(kind) \(directions) lines")
      let backward = try slicedWassersteinDistance(
        diagram(second), diagram(first), directions: directions)
      #expect(abs(backward - found) <= rounding)
    }
  }

  @Test("sliced: 50 lines by default, none is an error", arguments: [0, -1, .min])
  func directions(count: Int) throws {
    let (first, second) = ([DiagramPoint(birth: 0, death: 4)], [DiagramPoint(birth: 1, death: 7)])
    let usual = try slicedWassersteinDistance(first, second)
    #expect(usual == (try slicedWassersteinDistance(first, second, directions: 50)))
    #expect(throws: TransportError.invalidDirections(count)) {
      try slicedWassersteinDistance(first, second, directions: count)
    }
  }

  @Test("total persistence: the sum of the powers")
  func totals() throws {
    let points = [
      DiagramPoint(birth: 5, death: 1), DiagramPoint(birth: 0, death: 3), .init(birth: 2, death: 2),
    ]
    #expect(try totalPersistence(points) == 16 + 9)
    #expect(try totalPersistence(points, order: 1) == 7)
    #expect(try totalPersistence(points, order: 3) == 64 + 27)
    #expect(abs(try totalPersistence(points, order: 0.5) - (2 + 3.0.squareRoot())) < 1e-15)
    #expect(try totalPersistence([]) == 0)
    for order in [0, -1, .nan, .infinity] {
      #expect(throws: (any Error).self) { try totalPersistence(points, order: order) }
    }
  }

  @Test("entropy: that of the persistences as shares of their sum")
  func entropy() throws {
    func points(_ persistences: [Double]) -> [DiagramPoint] {
      persistences.map { DiagramPoint(birth: 1, death: 1 + $0) }
    }
    #expect(try persistentEntropy([]) == 0)
    #expect(try persistentEntropy(points([7])) == 0)
    #expect(try persistentEntropy(points([0, 0])) == 0)
    // n equal shares: log n. One half and two quarters: 1.5 log 2. Points on the diagonal have no share.
    #expect(abs(try persistentEntropy(points([3, 3, 3, 0, -3])) - 1.3862943611198906) < 1e-14)
    #expect(abs(try persistentEntropy(points([0x1p500, 0x1p501, -0x1p500])) - 1.0397207708399179) < 1e-14)
    #expect(abs(try persistentEntropy(points([0x1p-52, 0x1p-51, -0x1p-52])) - 1.0397207708399179) < 1e-14)
  }
}
