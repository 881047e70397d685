internal import Synchronization

extension WorkTeam {
  /// What `body` makes of each element, in their order, whoever made it.
  ///
  /// - Throws: the error of the first element that has one, the same for any number of threads.
  package func map<Element, Value: Sendable, Failure: Error>(
    _ elements: [Element], _ body: (Element) throws(Failure) -> Value
  ) throws(Failure) -> [Value] {
    let outcomes = Locked<[Int: Result<Value, Failure>]>([:])
    let firstFailure = Atomic<Int>(Int.max)
    share(elements.count) { _, item in
      // What comes after a failure is not wanted any more; what comes before may fail, too.
      guard item < firstFailure.load(ordering: .relaxed) else { return }
      let outcome: Result<Value, Failure>
      do throws(Failure) { outcome = .success(try body(elements[item])) } catch {
        outcome = .failure(error)
        firstFailure.min(item, ordering: .relaxed)
      }
      outcomes.withLock { $0[item] = outcome }
    }
    let found = outcomes.withLock { $0 }
    var values: [Value] = []
    for item in elements.indices {
      guard let outcome = found[item] else { preconditionFailure("an element before the first failure") }
      values.append(try outcome.get())
    }
    return values
  }
}
