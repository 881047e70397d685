import CTopoLoss
import Testing
import TopoLossABI

/// B2: extents whose product overflows, or that no machine could hold.
@Suite("B2: every triple of hostile extents")
struct SizeOverflowTests {
  static let extents: [Int64] = [0, 1, 1 << 16, 1 << 21, 1 << 31, 1 << 32, .max, -1]

  private static let triples = extents.flatMap { z in
    extents.flatMap { y in extents.map { x in [z, y, x] } }
  }

  /// What the limits of docs/reliability.md say about a shape.
  private func expectedStatuses(_ shape: [Int64]) -> Set<Int> {
    let isTooLarge = shape.contains { $0 > 1 << 21 } || shape.count { $0 > 1 } > 1
    if shape.contains(where: { $0 <= 0 }) {
      // With a second fault in the same shape either may be named.
      return isTooLarge ? [TOPOLOSS_ESHAPE, TOPOLOSS_ELIMIT] : [TOPOLOSS_ESHAPE]
    }
    return [isTooLarge ? TOPOLOSS_ELIMIT : TOPOLOSS_OK]
  }

  @Test("is refused before a byte is read or allocated")
  func everyTriple() {
    var (run, passed) = (0, 0)
    let clock = ContinuousClock()
    var refusing = Duration.zero
    for shape in Self.triples {
      var call = CCall(shape: shape)
      // One element, seen everywhere: the shapes that are allowed can be read.
      call.strides = [0, 0, 0]
      unsafe call.options.dimensions = 1
      var status = Int32(TOPOLOSS_EINTERNAL)
      let time = clock.measure { status = call.run([1 as Float]).status }
      if status != TOPOLOSS_OK { refusing += time }
      run += 1
      let expected = expectedStatuses(shape)
      if expected.contains(Int(status)) {
        passed += 1
      } else {
        Issue.record("\(shape): \(status), not \(expected)")
      }
    }
    print("B2 \(run) \(passed) \(refusing / run)")
    #expect(run == 512 && passed == 512)
    // 1 ms each on the average; single calls may wait for another test's processor time.
    #expect(refusing < .milliseconds(512))
  }

  @Test("has no workspace size, and an allowed shape has one that covers its keys")
  func workspaceBytes() {
    for shape in Self.triples {
      var bytes: UInt64 = 77
      let status = unsafe topoloss_workspace_bytes(shape, 3, Int32(TOPOLOSS_FLOAT32), &bytes, nil)
      #expect(expectedStatuses(shape).contains(Int(status)), "\(shape)")
      if status == TOPOLOSS_OK { #expect(bytes >= 4 * UInt64(shape.reduce(1, *))) }
    }
    var bytes: UInt64 = 0
    #expect(unsafe topoloss_workspace_bytes([2, 2], 2, 99, &bytes, nil) == TOPOLOSS_EDTYPE)
    #expect(unsafe topoloss_workspace_bytes(nil, 2, Int32(TOPOLOSS_INT8), &bytes, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_workspace_bytes([2, 2], 2, Int32(TOPOLOSS_INT8), nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_workspace_bytes([2], 0, Int32(TOPOLOSS_INT8), &bytes, nil) == TOPOLOSS_ESHAPE)
    #expect(
      unsafe topoloss_workspace_bytes([2, 2, 2, 2], 4, Int32(TOPOLOSS_INT8), &bytes, nil) == TOPOLOSS_ESHAPE)
  }
}
