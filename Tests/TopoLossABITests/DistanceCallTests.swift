import CTopoLoss
import OptimalTransport
import Testing
import TopoLossABI

@Suite("Distances through C")
struct DistanceCallTests {
  private static let batch: [([DiagramPoint], [DiagramPoint])] =
    [(0, 0), (3, 0), (0, 4), (1, 1), (7, 9), (40, 25), (25, 40), (200, 150), (12, 12)].enumerated().map {
      (somePoints($1.0, seed: UInt32(2 * $0)), somePoints($1.1, seed: UInt32(2 * $0 + 1)))
    }

  @Test("the defaults are order 2, maximum norm, essential classes matched")
  func defaults() {
    let options = unsafe defaultDistanceOptions()
    #expect(unsafe options.struct_size == MemoryLayout<topoloss_distance_options>.size)
    #expect(unsafe options.order == 2 && options.ground_norm == TOPOLOSS_MAXIMUM_NORM)
    #expect(unsafe options.essential_classes == TOPOLOSS_ESSENTIAL_MATCHED && options.threads == 0)
    #expect(unsafe options.max_memory == 0 && options.cancellation == nil && options.should_cancel == nil)
    topoloss_distance_options_init(nil)
  }

  @Test("every pair of a batch has the distance it has alone in Swift", arguments: [Int32(0), 1, 2, 3, 16])
  func batches(threads: Int32) throws {
    for norm in [GroundNorm.maximum, .euclidean] {
      for order in [1.0, 2, 2.5] {
        let swift = TransportOptions(order: order, groundNorm: norm)
        for function in CDistanceCall.Function.allCases {
          var call = CDistanceCall(function)
          unsafe call.options.order = order
          unsafe call.options.ground_norm = Int32(
            norm == .maximum ? TOPOLOSS_MAXIMUM_NORM : TOPOLOSS_EUCLIDEAN_NORM)
          unsafe call.options.threads = threads
          call.directions = 13
          let expected = try Self.batch.map { first, second in
            switch function {
            case .wasserstein: try wassersteinDistance(first, second, options: swift)
            case .bottleneck: try bottleneckDistance(first, second, options: swift)
            case .sliced: try slicedWassersteinDistance(first, second, directions: 13)
            }
          }
          let outcome = call.run(Self.batch)
          #expect(outcome.status == TOPOLOSS_OK && outcome.distances == expected)
          #expect(call.run([]).status == TOPOLOSS_OK)
        }
      }
    }
  }

  /// One worker keeps its buffers from pair to pair, and takes other ways for small pairs than for large.
  @Test("a pair sees nothing of the one before it", arguments: CDistanceCall.Function.allCases)
  func nothingIsLeft(function: CDistanceCall.Function) throws {
    let sizes = [(30, 33), (60, 55), (2, 150), (31, 32), (90, 40), (400, 350), (20, 70), (70, 70)]
    let pairs = (0..<80).map { number in
      let size = sizes[number * 5 % sizes.count]
      return (somePoints(size.0, seed: UInt32(number)), somePoints(size.1, seed: UInt32(number + 999)))
    }
    var call = CDistanceCall(function)
    unsafe call.options.threads = 1
    #expect(call.run(pairs).distances == pairs.flatMap { call.run([$0]).distances })
  }

  @Test("no options are the default options")
  func nullOptions() throws {
    let (first, second) = Self.batch[4]
    var distance = -1.0
    let status = unsafe withDiagrams([first]) { one, oneCount in
      unsafe withDiagrams([second]) { other, otherCount in
        unsafe topoloss_wasserstein(one, oneCount, other, otherCount, 1, nil, &distance, nil)
      }
    }
    #expect(try status == TOPOLOSS_OK && distance == wassersteinDistance(first, second))
  }

  @Test("one distance with its matching and potentials, which are those of Swift", arguments: batch.indices)
  func matching(index: Int) throws {
    let (first, second) = Self.batch[index]
    let expected = try wassersteinMatching(first, second)
    var distance = -1.0
    var partners = [Int64](repeating: -99, count: first.count)
    var firstPotentials = [Double](repeating: .nan, count: first.count)
    var secondPotentials = [Double](repeating: .nan, count: second.count)
    let (one, other) = (coordinates(first), coordinates(second))
    var status = unsafe topoloss_wasserstein_matching(
      one, Int64(first.count), other, Int64(second.count), nil, &distance, &partners, &firstPotentials,
      &secondPotentials, nil)
    #expect(status == TOPOLOSS_OK && distance == expected.distance)
    #expect(partners.map { Int($0) } == expected.partners)
    #expect(firstPotentials == expected.firstPotentials && secondPotentials == expected.secondPotentials)

    // Each output may be missing.
    (distance, firstPotentials) = (-1, firstPotentials.map { _ in .nan })
    status = unsafe topoloss_wasserstein_matching(
      one, Int64(first.count), other, Int64(second.count), nil, &distance, nil, nil, nil, nil)
    #expect(status == TOPOLOSS_OK && distance == expected.distance)
    status = unsafe topoloss_wasserstein_matching(
      one, Int64(first.count), other, Int64(second.count), nil, nil, nil, &firstPotentials, nil, nil)
    #expect(status == TOPOLOSS_OK && firstPotentials == expected.firstPotentials)
  }

  @Test("total persistence and entropy")
  func summaries() throws {
    for (points, _) in Self.batch {
      let numbers = coordinates(points + [DiagramPoint(birth: 1, death: -.infinity)])
      var value = -1.0
      for order in [0.5, 1, 2, 3] {
        let status = unsafe topoloss_total_persistence(numbers, Int64(points.count) + 1, order, &value, nil)
        #expect(try status == TOPOLOSS_OK && value == totalPersistence(points, order: order))
      }
      let status = unsafe topoloss_persistent_entropy(numbers, Int64(points.count) + 1, &value, nil)
      #expect(try status == TOPOLOSS_OK && value == persistentEntropy(points))
    }
    var value = -1.0
    #expect(unsafe topoloss_total_persistence(nil, 0, 2, &value, nil) == TOPOLOSS_OK)
    #expect(value == 0)
  }

  @Test("essential classes: matched, or ignored")
  func essentialClasses() throws {
    let first = somePoints(5, seed: 1) + [DiagramPoint(birth: 4, death: .infinity)]
    let second = [DiagramPoint(birth: 1, death: .infinity)] + somePoints(6, seed: 2)
    var call = CDistanceCall(.wasserstein)
    #expect(try call.run([(first, second)]).distances == [wassersteinDistance(first, second)])
    #expect(call.run([(first, [])]).status == TOPOLOSS_ESHAPE)
    unsafe call.options.essential_classes = Int32(TOPOLOSS_ESSENTIAL_IGNORED)
    let finite = try wassersteinDistance(first.filter(\.death.isFinite), [])
    #expect(call.run([(first, [])]).distances == [finite])
    unsafe call.options.essential_classes = Int32(TOPOLOSS_ESSENTIAL_EXTREME)
    #expect(call.run([(first, second)]).status == TOPOLOSS_EARGUMENT)
  }
}
