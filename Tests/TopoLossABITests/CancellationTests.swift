import CTopoLoss
import Glibc
import Testing
import TopoLossABI

@Suite("Cancellation through C")
struct CancellationTests {
  /// Noise that takes a good part of a second with all dimensions.
  private static let large: (shape: [Int64], values: [Float]) = {
    var state: UInt32 = 1
    let values = (0..<96 * 96 * 96).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 8)
    }
    return ([96, 96, 96], values)
  }()

  @Test("a cancelled token stops calls until it is reset")
  func token() {
    let token = unsafe topoloss_cancellation_create()
    #expect(unsafe token != nil)
    var call = CCall(shape: [4, 4, 4])
    unsafe call.options.cancellation = unsafe token
    let values = [Float](repeating: 1, count: 64)
    #expect(call.run(values).status == TOPOLOSS_OK)
    unsafe topoloss_cancellation_cancel(token)
    for _ in 0..<2 {
      let outcome = call.run(values)
      #expect(outcome.status == TOPOLOSS_ECANCELLED && outcome.error.code == TOPOLOSS_ECANCELLED)
    }
    unsafe topoloss_cancellation_reset(token)
    #expect(call.run(values).status == TOPOLOSS_OK)
    unsafe topoloss_cancellation_destroy(token)
  }

  @Test(
    "the callback runs on the calling thread with its context, and its answer ends the call",
    arguments: [Int32(1), 4])
  func callback(threads: Int32) {
    struct Seen {
      var calls = 0
      var foreignThread = false
      let caller = pthread_self()
    }
    var seen = Seen()
    var call = CCall(shape: Self.large.shape)
    unsafe call.options.threads = threads
    unsafe call.options.should_cancel = { context in
      guard let seen = unsafe context?.assumingMemoryBound(to: Seen.self) else { return 1 }
      unsafe seen.pointee.calls += 1
      if unsafe pthread_equal(pthread_self(), seen.pointee.caller) == 0 {
        unsafe seen.pointee.foreignThread = true
      }
      return unsafe seen.pointee.calls >= 2 ? 1 : 0
    }
    let outcome = unsafe withUnsafeMutablePointer(to: &seen) { pointer in
      unsafe call.options.context = UnsafeMutableRawPointer(pointer)
      return call.run(Self.large.values)
    }
    #expect(outcome.status == TOPOLOSS_ECANCELLED)
    #expect(seen.calls == 2 && !seen.foreignThread)
  }

  @Test("a callback that always answers 0 changes nothing")
  func patientCallback() {
    var call = CCall(shape: [12, 12, 12])
    let values = Array(Self.large.values[0..<1728])
    let expected = call.run(values).volumes
    unsafe call.options.should_cancel = { _ in 0 }
    #expect(call.run(values).volumes == expected)
  }

  @Test("NULL tokens are ignored")
  func null() {
    topoloss_cancellation_cancel(nil)
    topoloss_cancellation_reset(nil)
    topoloss_cancellation_destroy(nil)
  }
}
