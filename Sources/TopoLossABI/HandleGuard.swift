#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import CTopoLoss
internal import Synchronization

/// Lets one call at a time use a handle, in the process that made it.
final class HandleGuard: Sendable {
  private let process = getpid()
  private enum State { static let (free, busy, paused) = (0, 1, 2) }
  private let state = Atomic<Int>(State.free)

  /// Runs a call's work, alone.
  ///
  /// - Parameter whilePaused: whether it may run inside ``pausing(_:)`` of another call.
  func use<Result>(whilePaused: Bool = false, _ body: () throws -> Result) throws -> Result {
    guard getpid() == process else {
      throw Failure(
        TOPOLOSS_EARGUMENT, "the handle belongs to another process: make a new one after fork()")
    }
    var before = State.free
    if !exchange(State.free, State.busy) {
      before = State.paused
      guard whilePaused, exchange(State.paused, State.busy) else {
        throw Failure(TOPOLOSS_EBUSY, "the handle is in use by another call")
      }
    }
    defer { state.store(before, ordering: .releasing) }
    return try body()
  }

  /// Runs a caller's function in the middle of a call, where the handle's state is whole.
  func pausing<Result>(_ body: () -> Result) -> Result {
    state.store(State.paused, ordering: .releasing)
    let result = body()
    // Another thread may still be saving.
    while !exchange(State.paused, State.busy) { sched_yield() }
    return result
  }

  private func exchange(_ expected: Int, _ desired: Int) -> Bool {
    state.compareExchange(expected: expected, desired: desired, ordering: .acquiringAndReleasing)
      .exchanged
  }
}
