import ComputeRuntime
import Synchronization
import Testing

@Test("every index runs once", arguments: [1, 2, 3, 16])
func everyIndexOnce(count: Int) throws {
  let runs = try Scratch<Int>(count: count, zeroed: true, budget: MemoryBudget())
  let cells = runs.cells
  try runWorkers(count, interruption: Interruption()) { index in cells[index] += 1 }
  #expect((0..<count).allSatisfy { cells[$0] == 1 })
}

@Test("a worker's error reaches the caller, and comes before the stop it caused")
func errorOfWorker() {
  #expect(throws: ComputeError.memoryRefused(bytes: 5)) {
    let interruption = Interruption()
    try runWorkers(4, interruption: interruption) { (index) throws(ComputeError) in
      if index == 2 { throw ComputeError.memoryRefused(bytes: 5) }
      while true { try interruption.check() }
    }
  }
}

@Test("a cancelled token stops all workers")
func cancelled() {
  let token = Cancellation()
  let interruption = Interruption(token: token)
  let started = Atomic<Int>(0)
  #expect(throws: ComputeError.cancelled) {
    try runWorkers(3, interruption: interruption) { (_) throws(ComputeError) in
      if started.add(1, ordering: .relaxed).newValue == 3 { token.cancel() }
      while true { try interruption.check() }
    }
  }
  token.reset()
  #expect(throws: Never.self) { try Interruption(token: token).check() }
}

@Test("the caller's callback is asked while only other threads work")
func callback() {
  let asked = Atomic<Int>(0)
  let interruption = Interruption(shouldCancel: { asked.add(1, ordering: .relaxed).newValue >= 3 })
  #expect(throws: ComputeError.cancelled) {
    try runWorkers(2, interruption: interruption) { (index) throws(ComputeError) in
      if index == 0 { return }
      while true { try interruption.check() }
    }
  }
  #expect(asked.load(ordering: .relaxed) == 3)
}
