import OptimalTransport
import TestOracles
import Testing

@Suite("Classes that never end")
struct EssentialClassTests {
  private let finite = [DiagramPoint(birth: 3, death: 1), DiagramPoint(birth: 8, death: 0)]

  private func essential(_ births: [Double], _ death: Double = -.infinity) -> [DiagramPoint] {
    births.map { DiagramPoint(birth: $0, death: death) }
  }

  @Test("matched among themselves in order of birth")
  func matched() throws {
    let first = essential([9]) + finite + essential([1])
    let second = essential([2, 7])
    // Births 1-2 and 9-7; both finite points to the diagonal: 1 and 16.
    // The two parts have a root each.
    #expect(try abs(wassersteinDistance(first, second) - 22.0.squareRoot()) < 1e-14)
    #expect(try wassersteinDistance(first, second, options: TransportOptions(order: 1)) == 8)
    let euclidean = TransportOptions(order: 1, groundNorm: .euclidean)
    #expect(
      abs(try wassersteinDistance(first, second, options: euclidean) - (3 + 10 / 2.0.squareRoot())) < 1e-14)
    #expect(try bottleneckDistance(first, second) == 4)
    #expect(try bottleneckDistance(essential([0, 5]), essential([-2, 6])) == 2)
    let matching = try wassersteinMatching(first, second)
    #expect(matching.partners == [1, -1, -1, 0])
    #expect(matching.firstPotentials == [4, 1, 16, 1] && matching.secondPotentials == [0, 0])
  }

  @Test("a random number of them, beside finite points")
  func random() throws {
    var generator = SeededGenerator(seed: 0xEC)
    for index in 0..<200 {
      let question = TransportQuestion.number(index)
      let births = (0..<2).map { _ in (0..<index % 5).map { _ in generator.unit() } }
      let points = (0..<2).map { _ in TestDiagram.noise.points(count: index % 7, using: &generator) }
      let diagrams = (0..<2).map {
        (essential(births[$0], .infinity) + diagram(points[$0])).shuffled(using: &generator)
      }
      let cost =
        question.oracle.matching(points[0], points[1]).cost
        + question.oracle.essentialCost(births[0], births[1])
      let found = try wassersteinDistance(diagrams[0], diagrams[1], options: question.options)
      #expect(abs(found - question.oracle.root(cost)) <= 1e-12 * found)
      var ignoring = question.options
      ignoring.essentialClasses = .ignored
      let without = try wassersteinDistance(diagrams[0], diagrams[1], options: ignoring)
      #expect(
        without
          == (try wassersteinDistance(
            diagrams[0].filter(\.death.isFinite), diagrams[1].filter(\.death.isFinite),
            options: question.options)))
    }
  }

  @Test("ignored: they may differ in number, and have no partner")
  func ignored() throws {
    let options = TransportOptions(essentialClasses: .ignored)
    let first = essential([9, 2]) + finite
    #expect(try wassersteinDistance(first, [], options: options) == 17.0.squareRoot())
    #expect(try bottleneckDistance(first, [], options: options) == 4)
    let matching = try wassersteinMatching(first, finite, options: options)
    #expect(matching.partners == [-1, -1, 0, 1] && matching.distance == 0)
    #expect(matching.firstPotentials.prefix(2) == [0, 0])
  }

  @Test("matched: different numbers are an error that tells them")
  func differ() {
    let (first, second) = (finite + essential([1, 2]), essential([1]))
    let error = TransportError.essentialCountsDiffer(first: 2, second: 1)
    #expect(throws: error) { try wassersteinDistance(first, second) }
    #expect(throws: error) { try wassersteinMatching(first, second) }
    #expect(throws: error) { try bottleneckDistance(first, second) }
    #expect(throws: TransportError.essentialCountsDiffer(first: 0, second: 1)) {
      try wassersteinDistance([], second)
    }
  }

  @Test("extreme: bare diagrams do not know where their filtration ends")
  func extreme() throws {
    let options = TransportOptions(essentialClasses: .extreme)
    for (first, second) in [(essential([1]), essential([1])), (finite, essential([1])), (essential([1]), [])]
    {
      #expect(throws: TransportError.essentialExtremeUnknown) {
        try wassersteinDistance(first, second, options: options)
      }
      #expect(throws: TransportError.essentialExtremeUnknown) {
        try bottleneckDistance(first, second, options: options)
      }
    }
    #expect(try wassersteinDistance(finite, [], options: options) == 17.0.squareRoot())
  }

  @Test("they count for nothing in total persistence, entropy and sliced distance")
  func elsewhere() throws {
    #expect(try totalPersistence(finite + essential([5])) == 4 + 64)
    #expect(try persistentEntropy(finite + essential([5])) == persistentEntropy(finite))
    #expect(
      try slicedWassersteinDistance(finite + essential([5]), [], directions: 9)
        == slicedWassersteinDistance(finite, [], directions: 9))
  }
}
