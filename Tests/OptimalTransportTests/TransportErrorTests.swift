import ComputeRuntime
import Glibc
import OptimalTransport
import Synchronization
import TestOracles
import Testing

@Suite("Distances: bad input, limits and cancellation")
struct TransportErrorTests {
  private let good = [DiagramPoint(birth: 3, death: 1), DiagramPoint(birth: 8, death: 0)]

  /// Every function refuses the pair in either order, and the next call is right.
  private func expect(
    _ error: TransportError, _ bad: [DiagramPoint], options: TransportOptions = TransportOptions(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (first, second) in [(bad, good), (good, bad), (bad, []), (bad, bad)] {
      #expect(throws: error, sourceLocation: sourceLocation) {
        try wassersteinDistance(first, second, options: options)
      }
      #expect(throws: error, sourceLocation: sourceLocation) {
        try wassersteinMatching(first, second, options: options)
      }
      #expect(throws: error, sourceLocation: sourceLocation) {
        try bottleneckDistance(first, second, options: options)
      }
      #expect(throws: error, sourceLocation: sourceLocation) {
        try slicedWassersteinDistance(first, second)
      }
    }
    #expect(throws: error, sourceLocation: sourceLocation) { try totalPersistence(bad) }
    #expect(throws: error, sourceLocation: sourceLocation) { try persistentEntropy(bad) }
    #expect(try wassersteinDistance(good, []) == 17.0.squareRoot(), sourceLocation: sourceLocation)
  }

  @Test("NaN and infinite births, with the coordinate's place", arguments: [0, 1, 5])
  func coordinates(point: Int) throws {
    var points = (0..<6).map { DiagramPoint(birth: Double($0), death: 9) }
    points[point].birth = .nan
    try expect(.notANumber(index: 2 * point), points)
    points[point] = DiagramPoint(birth: 0, death: .nan)
    try expect(.notANumber(index: 2 * point + 1), points)
    for infinity in [Double.infinity, -.infinity] {
      for death in [0, infinity, -infinity] {
        points[point] = DiagramPoint(birth: infinity, death: death)
        try expect(.infiniteBirth(index: 2 * point), points)
        try expect(.infiniteBirth(index: 2 * point), points, options: .init(essentialClasses: .ignored))
      }
    }
  }

  @Test("orders below 1 or not finite", arguments: [0.999, 0, -2, .infinity, -.infinity])
  func order(order: Double) {
    for points in [good, []] {
      #expect(throws: TransportError.invalidOrder(order)) {
        try wassersteinDistance(points, points, options: TransportOptions(order: order))
      }
    }
    #expect(throws: (any Error).self) {
      try wassersteinDistance(good, good, options: TransportOptions(order: .nan))
    }
  }

  @Test("a memory limit below what is needed, at every moment of a call")
  func memory() throws {
    var generator = SeededGenerator(seed: 0x3E)
    let first = diagram(TestDiagram.noise.points(count: 1_500, using: &generator))
    let second = diagram(TestDiagram.noise.points(count: 1_200, using: &generator))
    let expected = try wassersteinMatching(first, second)
    let bottleneck = try bottleneckDistance(first, second)
    var (refusals, limit) = (0, UInt64(1))
    while true {
      let options = TransportOptions(maximumMemory: limit)
      do {
        let found = try wassersteinMatching(first, second, options: options)
        #expect(found == expected)
        break
      } catch TransportError.memoryRefused(let bytes) {
        #expect(bytes > limit)
        refusals += 1
        limit += max(1, limit / 4)
      }
    }
    #expect(refusals > 20)
    #expect(throws: (any Error).self) {
      try bottleneckDistance(first, second, options: TransportOptions(maximumMemory: 1_000))
    }
    #expect(try bottleneckDistance(first, second) == bottleneck)
  }

  /// A translated cluster keeps the solver busy for long.
  @Test("a cancelled call ends within 100 ms, and the next one is right")
  func cancellation() throws {
    var generator = SeededGenerator(seed: 0xCA)
    let first = TestDiagram.cluster.points(count: 6_000, using: &generator)
    let second = TestDiagram.cluster.points(count: 6_000, using: &generator)
      .map { NaivePoint($0.birth + 1, $0.death + 0.75) }
    for isBottleneck in [false, true] {
      // The best of three: a busy machine may keep a thread from running for longer than that.
      let delays = try (0..<3).map { _ in
        try delayOfCancellation(diagram(first), diagram(second), isBottleneck: isBottleneck)
      }
      #expect(delays.contains { $0.map { $0 < .milliseconds(100) } ?? true }, "\(delays)")
    }
    let token = Cancellation()
    token.cancel()
    #expect(throws: TransportError.cancelled) {
      try wassersteinDistance(
        diagram(first), diagram(second), options: TransportOptions(cancellation: token))
    }
    token.reset()
    #expect(try wassersteinDistance(good, [], options: .init(cancellation: token)) == 17.0.squareRoot())
  }

  /// The time from a cancellation to the end of the call; `nil` when the call was done before.
  private func delayOfCancellation(
    _ first: [DiagramPoint], _ second: [DiagramPoint], isBottleneck: Bool
  ) throws -> Duration? {
    let token = Cancellation()
    let cancelled = Mutex<ContinuousClock.Instant?>(nil)
    let ended = Mutex<ContinuousClock.Instant?>(nil)
    try runWorkers(2, interruption: Interruption()) { (worker) throws(ComputeError) in
      if worker == 1 {
        usleep(20_000)
        cancelled.withLock { $0 = .now }
        token.cancel()
      } else if isStopped(first, second, isBottleneck, TransportOptions(cancellation: token)) {
        ended.withLock { $0 = .now }
      }
    }
    guard let start = cancelled.withLock({ $0 }), let end = ended.withLock({ $0 }) else { return nil }
    return start.duration(to: end)
  }
}

/// Whether the call was cancelled before it was done.
private func isStopped(
  _ first: [DiagramPoint], _ second: [DiagramPoint], _ isBottleneck: Bool, _ options: TransportOptions
) -> Bool {
  do {
    if isBottleneck {
      _ = try bottleneckDistance(first, second, options: options)
    } else {
      _ = try wassersteinDistance(first, second, options: options)
    }
    return false
  } catch {
    return error == .cancelled
  }
}
