// Worker threads are pthreads that are created and joined within one call. Pools and Dispatch
// queues do not survive fork(), which PyTorch's data loaders do all the time.
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
/// Runs `body(0)`, ..., `body(count - 1)`, each on a thread of its own, and waits for all.
///
/// `body(0)` runs on the calling thread. What each index does must not depend on `count` where the
/// result does: partition the work by something fixed. A thread that the system refuses is no
/// error; its share runs on the calling thread.
///
/// - Throws: the error of the lowest index that failed; the other workers are told to stop.
public func runWorkers(
  _ count: Int, interruption: Interruption, _ body: @Sendable (Int) throws(ComputeError) -> Void
) throws(ComputeError) {
  guard count > 1 else { return try body(0) }
  let failures = withoutActuallyEscaping(body) { body in
    let crew = Crew(interruption: interruption, body: body)
    crew.work(count)
    return crew.failures
  }
  // A real failure comes before the cancellation of those who were stopped because of it.
  let ordered = failures.sorted { $0.index < $1.index }
  if let failure = ordered.first(where: { $0.error != .cancelled }) ?? ordered.first {
    throw failure.error
  }
}

/// One call's workers, and what they report back.
@safe
private final class Crew: @unchecked Sendable {
  private let interruption: Interruption
  private let body: @Sendable (Int) throws(ComputeError) -> Void
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var running = 0  // guarded by mutex
  private(set) var failures: [(index: Int, error: ComputeError)] = []  // guarded by mutex

  init(interruption: Interruption, body: @escaping @Sendable (Int) throws(ComputeError) -> Void) {
    self.interruption = interruption
    self.body = body
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(finished, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(finished)
    unsafe pthread_mutex_destroy(mutex)
    unsafe finished.deallocate()
    unsafe mutex.deallocate()
  }

  func work(_ count: Int) {
    var threads: [pthread_t] = []
    var left: [Int] = [0]
    for index in 1..<count {
      if let thread = start(index) { threads.append(thread) } else { left.append(index) }
    }
    for index in left { run(index) }
    waitForOthers()
    for thread in threads { pthread_join(thread, nil) }
  }

  private func start(_ index: Int) -> pthread_t? {
    unsafe pthread_mutex_lock(mutex)
    running += 1
    unsafe pthread_mutex_unlock(mutex)
    let thread = startThread {
      self.run(index)
      self.signOff()
    }
    if thread == nil { signOff() }
    return thread
  }

  private func run(_ index: Int) {
    do {
      try body(index)
    } catch {
      interruption.stopAll()
      unsafe pthread_mutex_lock(mutex)
      failures.append((index, error))
      unsafe pthread_mutex_unlock(mutex)
    }
  }

  private func signOff() {
    unsafe pthread_mutex_lock(mutex)
    running -= 1
    unsafe pthread_cond_signal(finished)
    unsafe pthread_mutex_unlock(mutex)
  }

  /// Waits, and keeps asking the caller whether to stop meanwhile.
  private func waitForOthers() {
    unsafe pthread_mutex_lock(mutex)
    while running > 0 {
      var deadline = timespec()
      unsafe clock_gettime(CLOCK_REALTIME, &deadline)
      deadline.tv_nsec += 20_000_000
      if deadline.tv_nsec >= 1_000_000_000 {
        deadline.tv_nsec -= 1_000_000_000
        deadline.tv_sec += 1
      }
      unsafe pthread_cond_timedwait(finished, mutex, &deadline)
      unsafe pthread_mutex_unlock(mutex)
      do { try interruption.check() } catch { failuresBecauseCancelled() }
      unsafe pthread_mutex_lock(mutex)
    }
    unsafe pthread_mutex_unlock(mutex)
  }

  private func failuresBecauseCancelled() {
    unsafe pthread_mutex_lock(mutex)
    if failures.isEmpty { failures.append((Int.max, .cancelled)) }
    unsafe pthread_mutex_unlock(mutex)
  }
}
