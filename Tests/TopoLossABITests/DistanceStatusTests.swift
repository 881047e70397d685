import CTopoLoss
import OptimalTransport
import Testing
import TopoLossABI

@Suite("Distances through C: each bad input has its status")
struct DistanceStatusTests {
  private static let good = [DiagramPoint(birth: 3, death: 1), DiagramPoint(birth: 8, death: 0)]

  /// The call fails with the status and says so, and the next call is right.
  private func expect(
    _ status: Int, _ call: CDistanceCall, _ pairs: [([DiagramPoint], [DiagramPoint])],
    index: Int64 = -1, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let outcome = call.run(pairs)
    #expect(outcome.status == status, sourceLocation: sourceLocation)
    #expect(outcome.error.code == status, sourceLocation: sourceLocation)
    #expect(outcome.error.index == index, sourceLocation: sourceLocation)
    #expect(
      CDistanceCall(.bottleneck).run([(Self.good, [])]).distances == [4], sourceLocation: sourceLocation)
  }

  @Test("ENAN and EINF: the place of the coordinate", arguments: CDistanceCall.Function.allCases)
  func coordinates(function: CDistanceCall.Function) {
    for threads: Int32 in [1, 4] {
      var call = CDistanceCall(function)
      unsafe call.options.threads = threads
      let several = [([], Self.good), (Self.good, Self.good)]
      for (bad, status, index) in [
        (DiagramPoint(birth: .nan, death: 1), TOPOLOSS_ENAN, Int64(4)),
        (DiagramPoint(birth: 1, death: .nan), TOPOLOSS_ENAN, 5),
        (DiagramPoint(birth: .infinity, death: 1), TOPOLOSS_EINF, 4),
        (DiagramPoint(birth: -.infinity, death: -.infinity), TOPOLOSS_EINF, 4),
      ] {
        expect(status, call, several + [(Self.good + [bad], Self.good)], index: index)
        expect(status, call, [(Self.good, Self.good + [bad])] + several, index: index)
      }
    }
  }

  @Test("EARGUMENT: values that are no choice")
  func arguments() {
    func refuses(
      _ functions: [CDistanceCall.Function], _ change: (inout CDistanceCall) -> Void,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      for function in functions {
        var call = CDistanceCall(function)
        change(&call)
        for pairs in [[(Self.good, Self.good)], []] {
          expect(TOPOLOSS_EARGUMENT, call, pairs, sourceLocation: sourceLocation)
        }
      }
    }
    let all = CDistanceCall.Function.allCases
    for order in [0.5, 0, -1, .nan, .infinity] {
      refuses([.wasserstein]) { unsafe $0.options.order = order }
    }
    refuses(all) { unsafe $0.options.ground_norm = 2 }
    refuses(all) { unsafe $0.options.ground_norm = -1 }
    refuses(all) { unsafe $0.options.essential_classes = 3 }
    refuses(all) { unsafe $0.options.threads = -1 }
    for size in [0, 1, 7] { refuses(all) { unsafe $0.options.struct_size = size } }
    for directions: Int32 in [0, -1, .min] { refuses([.sliced]) { $0.directions = directions } }
  }

  @Test("a struct that is larger than this library's is read up to where both agree")
  func newerOptions() {
    var call = CDistanceCall(.wasserstein)
    unsafe call.options.struct_size += 64
    #expect(call.run([(Self.good, [])]).status == TOPOLOSS_OK)
  }

  @Test("EARGUMENT: NULL where something is needed; ESHAPE and ELIMIT: impossible numbers")
  func nullAndNumbers() {
    for function in CDistanceCall.Function.allCases {
      let call = CDistanceCall(function)
      let statuses = unsafe withDiagrams([Self.good]) { pointers, counts in
        unsafe [
          call.run(nil, counts, pointers, counts, pairs: 1, room: 1),
          call.run(pointers, nil, pointers, counts, pairs: 1, room: 1),
          call.run(pointers, counts, nil, counts, pairs: 1, room: 1),
          call.run(pointers, counts, pointers, nil, pairs: 1, room: 1),
        ].map(\.status)
      }
      #expect(statuses.allSatisfy { $0 == TOPOLOSS_EARGUMENT })
      let negative = unsafe withDiagrams([Self.good]) { pointers, counts in
        unsafe call.run(pointers, counts, pointers, counts, pairs: -1, room: 1).status
      }
      #expect(negative == TOPOLOSS_ELIMIT || negative == TOPOLOSS_ESHAPE)
      for (count, status) in [
        (Int64(-1), TOPOLOSS_ESHAPE), (.min, TOPOLOSS_ESHAPE), (1 << 31, TOPOLOSS_ELIMIT),
        (.max, TOPOLOSS_ELIMIT),
      ] {
        let found = unsafe withDiagrams([Self.good]) { pointers, _ in
          unsafe [count].withUnsafeBufferPointer { counts in
            unsafe call.run(
              pointers, counts.baseAddress, pointers, counts.baseAddress, pairs: 1, room: 1)
          }
        }
        #expect(found.status == status && found.error.code == status, "\(count) points")
      }
      let missing = unsafe withDiagrams([[]]) { pointers, _ in
        unsafe [Int64(2)].withUnsafeBufferPointer { counts in
          unsafe call.run(
            pointers, counts.baseAddress, pointers, counts.baseAddress, pairs: 1, room: 1
          ).status
        }
      }
      #expect(missing == TOPOLOSS_EARGUMENT)
    }
  }

  @Test("the matching and the sums refuse what the distances refuse")
  func oneDiagram() {
    let points = somePoints(2, seed: 3).flatMap { [$0.birth, $0.death] }
    var (value, error) = (-1.0, emptyError())
    #expect(
      unsafe topoloss_wasserstein_matching(points, -1, points, 2, nil, &value, nil, nil, nil, &error)
        == TOPOLOSS_ESHAPE)
    #expect(
      unsafe topoloss_wasserstein_matching(nil, 1, points, 2, nil, &value, nil, nil, nil, &error)
        == TOPOLOSS_EARGUMENT)
    let infinite = [1, 2, Double.infinity, 2]
    #expect(
      unsafe topoloss_wasserstein_matching(points, 2, infinite, 2, nil, &value, nil, nil, nil, &error)
        == TOPOLOSS_EINF)
    #expect(error.code == TOPOLOSS_EINF && error.index == 2)
    #expect(unsafe topoloss_total_persistence(infinite, 2, 2, &value, &error) == TOPOLOSS_EINF)
    #expect(unsafe topoloss_persistent_entropy(infinite, 2, &value, &error) == TOPOLOSS_EINF)
    #expect(unsafe topoloss_total_persistence(points, -2, 2, &value, &error) == TOPOLOSS_ESHAPE)
    #expect(unsafe topoloss_persistent_entropy(nil, 1, &value, &error) == TOPOLOSS_EARGUMENT)
    for order in [0, -1, .nan, .infinity] {
      #expect(unsafe topoloss_total_persistence(points, 2, order, &value, &error) == TOPOLOSS_EARGUMENT)
    }
    #expect(value == -1)
  }

  @Test("ENOMEM and ECANCELLED", arguments: [CDistanceCall.Function.wasserstein, .bottleneck, .sliced])
  func means(function: CDistanceCall.Function) {
    let pair = (somePoints(900, seed: 4), somePoints(800, seed: 5))
    var call = CDistanceCall(function)
    unsafe call.options.max_memory = 1_000
    expect(TOPOLOSS_ENOMEM, call, [pair])
    unsafe call.options.max_memory = 1 << 30
    #expect(call.run([pair]).status == TOPOLOSS_OK)
    let token = unsafe topoloss_cancellation_create()
    unsafe call.options.cancellation = unsafe token
    unsafe topoloss_cancellation_cancel(token)
    for threads: Int32 in [1, 2] {
      unsafe call.options.threads = threads
      expect(TOPOLOSS_ECANCELLED, call, [pair, pair, pair])
    }
    unsafe topoloss_cancellation_reset(token)
    #expect(call.run([pair]).status == TOPOLOSS_OK)
    unsafe topoloss_cancellation_destroy(token)
  }

  @Test("a callback that asks to stop ends a long call")
  func callback() {
    let pairs = (0..<2_000).map { (somePoints(150, seed: $0), somePoints(150, seed: $0 + 7)) }
    for threads: Int32 in [1, 3] {
      var call = CDistanceCall(.wasserstein)
      unsafe call.options.threads = threads
      unsafe call.options.should_cancel = { _ in 1 }
      expect(TOPOLOSS_ECANCELLED, call, pairs)
    }
  }
}
