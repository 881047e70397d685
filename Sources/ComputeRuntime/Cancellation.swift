#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import Synchronization

/// A flag with which any thread, or a signal handler, stops a computation.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  public init() {}

  /// Asks the computations that use this token to stop; one atomic store.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Makes a cancelled token usable again.
  public func reset() { flag.store(false, ordering: .relaxed) }

  public var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// What one running call asks every few microseconds of work: must it stop?
///
/// Remembers when it last asked its caller. A caller's callback runs on the calling thread only,
/// at most every 20 ms; what it answers reaches all workers through a flag.
public final class Interruption: @unchecked Sendable {
  private let token: Cancellation?
  private let shouldCancel: (() -> Bool)?
  private let stopped = Atomic<Bool>(false)
  private let callingThread = pthread_self()
  private var lastAsked: UInt64 = 0  // touched by the calling thread only

  /// - Parameter shouldCancel: called on the thread that made this object.
  public init(token: Cancellation? = nil, shouldCancel: (() -> Bool)? = nil) {
    self.token = token
    self.shouldCancel = shouldCancel
    lastAsked = shouldCancel == nil ? 0 : Self.now()
  }

  /// Throws when the computation must stop. Costs about 30 ns: call it every few thousand steps.
  public func check() throws(ComputeError) {
    if stopped.load(ordering: .relaxed) { throw .cancelled }
    if token?.isCancelled == true {
      // For good: whoever left work undone must not find the token reset.
      stopAll()
      throw .cancelled
    }
    guard let shouldCancel, pthread_equal(pthread_self(), callingThread) != 0 else { return }
    let now = Self.now()
    guard now &- lastAsked >= 20_000_000 else { return }
    lastAsked = now
    if shouldCancel() {
      stopped.store(true, ordering: .relaxed)
      throw .cancelled
    }
  }

  /// Tells every worker of the call to stop, after one of them failed.
  func stopAll() { stopped.store(true, ordering: .relaxed) }

  /// Nanoseconds of a clock that never jumps.
  private static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
