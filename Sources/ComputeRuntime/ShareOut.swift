internal import Synchronization

/// An error that a computation can end with because it was stopped, or because memory was refused.
package protocol ComputeFailure: Error {
  init(_ error: ComputeError)
  var isCancellation: Bool { get }
}

/// Shares `count` independent pieces of work between threads.
///
/// - Parameters:
///   - makeWorker: makes what one thread keeps from piece to piece.
///   - body: does the piece with this index.
/// - Throws: the error of the lowest index that has one, the same for any number of threads.
package func shareOut<Worker, Failure: ComputeFailure>(
  _ count: Int, threads: Int, interruption: Interruption,
  makeWorker: @Sendable () throws(Failure) -> Worker,
  _ body: @Sendable (Worker, Int) throws(Failure) -> Void
) throws(Failure) {
  guard count > 0 else { return }
  let next = Atomic<Int>(0)
  let failures = Locked<[(index: Int, error: Failure)]>([])
  do throws(ComputeError) {
    try runWorkers(min(threads, count), interruption: interruption) { (_) throws(ComputeError) in
      var current = -1
      do throws(Failure) {
        let worker = try makeWorker()
        while true {
          current = next.add(1, ordering: .relaxed).oldValue
          guard current < count else { return }
          try body(worker, current)
        }
      } catch {
        // Pieces before this one are still done by the others.
        next.store(count, ordering: .relaxed)
        let index = current
        failures.withLock { $0.append((index, error)) }
      }
    }
  } catch {
    throw Failure(error)
  }
  // A real failure comes before the stop of the pieces beside it.
  let ordered = failures.withLock { $0 }.sorted { $0.index < $1.index }
  if let failure = ordered.first(where: { !$0.error.isCancellation }) ?? ordered.first {
    throw failure.error
  }
}

/// Says that a value may go to other threads although its type does not.
package struct UncheckedSendable<Value>: @unchecked Sendable {
  package let value: Value
  package init(_ value: Value) { self.value = value }
}
