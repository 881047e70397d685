#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import Synchronization

/// Threads that work for one caller, many short jobs in a row, until the caller's block ends.
///
/// A training step has a hundred jobs of a millisecond; a thread for each would cost more than some
/// of them. The threads are started and joined by ``run(threads:_:)``, so none is alive between calls
/// and `fork()` stays harmless.
public final class WorkTeam: @unchecked Sendable {
  /// How many threads share each job, the caller's included.
  public let count: Int
  /// What is asked before each item of a job; touched by the calling thread only, like the next.
  public private(set) var interruption: Interruption?
  private var isCancelled = false

  /// What the helpers work on now.
  private struct Job {
    var number: UInt64 = 0
    var items = 0
    var body: ((Int, Int) -> Void)?
  }

  private let door = Door()
  private var job = Job()  // guarded by door
  private var sleepers = 0  // guarded by door
  /// Helpers that hold the job's closure: the caller may not leave before they let go of it.
  private let inside = Atomic<Int>(0)
  private var isOver = false  // guarded by door

  /// The job's number in the upper half, its next item in the lower: an item can only be taken from
  /// the job that the taker knows.
  private let ticket = Atomic<UInt64>(0)
  private let unfinished = Atomic<Int>(0)
  /// The number of the newest job; helpers watch it a moment before they sleep.
  private let newest = Atomic<UInt64>(0)

  /// More threads than any machine of today has processors; a larger wish is cut to this.
  public static let mostThreads = 1024

  private init(count: Int, interruption: Interruption?) {
    (self.count, self.interruption) = (count, interruption)
  }

  /// Starts `threads - 1` helpers, runs `body` on the calling thread, and joins the helpers.
  ///
  /// A thread that the system refuses is no error: the others do its work.
  ///
  /// - Parameter interruption: asked before each item of a job; see ``asksToStop()``.
  public static func run<Result, Failure: Error>(
    threads: Int, interruption: Interruption? = nil, _ body: (WorkTeam) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let team = WorkTeam(count: max(1, min(threads, mostThreads)), interruption: interruption)
    guard team.count > 1 else { return try body(team) }
    var outcome: Swift.Result<Result, Failure>?
    withoutActuallyEscaping(body) { body in
      let lead = UncheckedSendable({
        do throws(Failure) { outcome = .success(try body(team)) } catch { outcome = .failure(error) }
        team.sendHome()
      })
      // No worker throws, so there is nothing to catch.
      try? runWorkers(team.count, interruption: Interruption()) { worker in
        if worker == 0 { lead.value() } else { team.serve(as: worker) }
      }
    }
    switch outcome {
    case .success(let result): return result
    case .failure(let failure): throw failure
    case nil: preconditionFailure("the caller's share always runs")
    }
  }

  /// Runs `body(worker, item)` once for every item in `0 ..< items` and waits for all.
  ///
  /// Items go to whoever is free, so what an item does must not depend on the worker, whose number
  /// (`0 ..< count`) only says which scratch memory is its own. Not to be called from within a job.
  public func share(_ items: Int, _ body: (_ worker: Int, _ item: Int) -> Void) {
    guard let interruption else { return shareAll(items, body) }
    guard !asksToStop() else { return }
    shareAll(items) { worker, item in
      do { try interruption.check() } catch { return }
      body(worker, item)
    }
  }

  private func shareAll(_ items: Int, _ body: (_ worker: Int, _ item: Int) -> Void) {
    guard count > 1, items > 1 else {
      for item in 0..<max(0, items) { body(0, item) }
      return
    }
    withoutActuallyEscaping(body) { body in
      publish(items, body)
      let number = job.number
      work(as: 0, number: number, items: items, body)
      wait { unfinished.load(ordering: .acquiring) == 0 }
      door.locked { job.body = nil }
      wait { inside.load(ordering: .acquiring) == 0 }
    }
  }

  /// Throws if the caller asked to stop; otherwise runs `body`, which is then not broken off: for what must
  /// be done wholly or not at all.
  public func commit(_ body: () -> Void) throws(ComputeError) {
    guard !asksToStop() else { throw .cancelled }
    let paused = interruption
    interruption = nil
    body()
    interruption = paused
  }

  /// Whether the caller asked to stop. From then on no job is done, and what the jobs before, the last one
  /// perhaps in part, computed is not to be used.
  public func asksToStop() -> Bool {
    if isCancelled { return true }
    do { try interruption?.check() } catch { isCancelled = true }
    return isCancelled
  }

  private func publish(_ items: Int, _ body: @escaping (Int, Int) -> Void) {
    door.locked {
      unfinished.store(items, ordering: .relaxed)
      job.number = (job.number &+ 1) & 0xFFFF_FFFF
      job.items = items
      job.body = body
      ticket.store(job.number << 32, ordering: .releasing)
      newest.store(job.number, ordering: .releasing)
      if sleepers > 0 { door.wakeAll() }
    }
  }

  private func sendHome() {
    door.locked {
      isOver = true
      newest.store(.max, ordering: .releasing)
      door.wakeAll()
    }
  }

  private func work(as worker: Int, number: UInt64, items: Int, _ body: (Int, Int) -> Void) {
    while let item = takeItem(of: number, items: items) {
      body(worker, item)
      unfinished.subtract(1, ordering: .acquiringAndReleasing)
    }
  }

  private func takeItem(of number: UInt64, items: Int) -> Int? {
    var seen = ticket.load(ordering: .acquiring)
    while seen >> 32 == number {
      let item = Int(seen & 0xFFFF_FFFF)
      guard item < items else { return nil }
      let (exchanged, original) = ticket.weakCompareExchange(
        expected: seen, desired: seen &+ 1, ordering: .acquiringAndReleasing)
      if exchanged { return item }
      seen = original
    }
    return nil
  }

  /// A helper's life: wait for a job, help with it, until sent home.
  private func serve(as worker: Int) {
    var last: UInt64 = 0
    while true {
      let known = last
      var turns = 0
      while newest.load(ordering: .acquiring) == known, turns < Self.patience {
        turns += 1
        if turns > Self.quietTurns { sched_yield() }
      }
      guard let number = helpWithNextJob(after: known, as: worker) else { return }
      inside.subtract(1, ordering: .releasing)
      last = number
    }
  }

  /// Sleeps until there is another job than `known` and helps with it; nil when the team is sent home.
  ///
  /// Not inlined: when it returns, nothing of the job's closure is left on this thread.
  @inline(never)
  private func helpWithNextJob(after known: UInt64, as worker: Int) -> UInt64? {
    let next: Job? = door.locked {
      while job.number == known, !isOver {
        sleepers += 1
        door.wait()
        sleepers -= 1
      }
      guard !isOver else { return nil }
      inside.add(1, ordering: .relaxed)
      return job
    }
    guard let next else { return nil }
    if let body = next.body { work(as: worker, number: next.number, items: next.items, body) }
    return next.number
  }

  /// Looks at memory this many times before the processor is offered to others, and to this many
  /// before sleep: some 50 microseconds, longer than the pause between two jobs.
  private static let quietTurns = 2_000
  private static let patience = 2_200

  private func wait(until isDone: () -> Bool) {
    var turns = 0
    while !isDone() {
      turns += 1
      if turns > Self.quietTurns { sched_yield() }
    }
  }
}

/// A mutex and the condition that goes with it.
@safe
private final class Door: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Call these two inside ``locked(_:)`` only.
  func wait() { unsafe pthread_cond_wait(condition, mutex) }
  func wakeAll() { unsafe pthread_cond_broadcast(condition) }
}
