import ComputeRuntime
import Synchronization
import Testing

/// Threads that a test shares its work with may be switched off at any moment, so each law is tried
/// thousands of times.
@Suite("teams of threads for many short jobs")
struct WorkTeamTests {
  /// Whoever draws next gets the next number of a fixed, shuffled row.
  struct Counts {
    var state: UInt64 = 0x5EED
    mutating func next(below limit: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % limit)
    }
  }

  @Test("every item once, in thousands of jobs of all lengths", arguments: [1, 2, 3, 4, 8])
  func everyItemOnce(threads: Int) throws {
    var counts = Counts()
    let most = 200
    let done = try Scratch<Int>(count: most, zeroed: true, budget: MemoryBudget())
    let cells = done.cells
    let wrong = Atomic<Int>(0)
    WorkTeam.run(threads: threads) { team in
      for _ in 0..<4_000 {
        // Mostly a handful of items, as layers have; sometimes none.
        let items = counts.next(below: 8) == 0 ? counts.next(below: UInt64(most + 1)) : counts.next(below: 9)
        team.share(items) { worker, item in
          if !(0..<threads ~= worker) || !(0..<items ~= item) { wrong.add(1, ordering: .relaxed) }
          cells[item] += 1
        }
        // What the workers wrote is there when share returns.
        for item in 0..<most where cells[item] != (item < items ? 1 : 0) { wrong.add(1, ordering: .relaxed) }
        cells.fill(0..<most, with: 0)
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
    withExtendedLifetime(done) {}
  }

  @Test("no two items at once have one worker's number", arguments: [2, 4])
  func workersAreApart(threads: Int) throws {
    let busy = try Scratch<Int>(count: threads, zeroed: true, budget: MemoryBudget())
    let cells = busy.cells
    let collisions = Atomic<Int>(0)
    WorkTeam.run(threads: threads) { team in
      for _ in 0..<500 {
        team.share(16) { worker, _ in
          if cells[worker] != 0 { collisions.add(1, ordering: .relaxed) }
          cells[worker] = 1
          for _ in 0..<20 { collisions.add(0, ordering: .relaxed) }
          cells[worker] = 0
        }
      }
    }
    #expect(collisions.load(ordering: .relaxed) == 0)
    withExtendedLifetime(busy) {}
  }

  @Test("a job sees what the job before it wrote, whoever did it")
  func jobsInARow() throws {
    let memory = try Scratch<Int>(count: 64, zeroed: true, budget: MemoryBudget())
    let cells = memory.cells
    WorkTeam.run(threads: 4) { team in
      for _ in 0..<2_000 {
        // Each item moves its number on: 2000 rounds without a lost one.
        team.share(64) { _, item in cells[item] = cells[item] + item }
      }
    }
    #expect((0..<64).allSatisfy { cells[$0] == 2_000 * $0 })
    withExtendedLifetime(memory) {}
  }

  @Test("helpers that fell asleep wake for the next job")
  func pauses() {
    let sum = Atomic<Int>(0)
    WorkTeam.run(threads: 3) { team in
      for _ in 0..<20 {
        team.share(50) { _, item in sum.add(item, ordering: .relaxed) }
        // Longer than the helpers' patience.
        var turns = 0
        while turns < 400_000 { turns += sum.load(ordering: .relaxed) > 0 ? 1 : 2 }
      }
    }
    #expect(sum.load(ordering: .relaxed) == 20 * 49 * 25)
  }

  struct Stop: Error, Equatable { var reason: Int }

  @Test(
    "the block's result and its error reach the caller, and the next team works", arguments: [1, 2, 4, 8])
  func resultsAndErrors(threads: Int) throws {
    for round in 0..<50 {
      let sum = Atomic<Int>(0)
      #expect(throws: Stop(reason: round)) {
        try WorkTeam.run(threads: threads) { team throws(Stop) in
          team.share(10) { _, item in sum.add(item, ordering: .relaxed) }
          throw Stop(reason: round)
        }
      }
      let result = WorkTeam.run(threads: threads) { team -> Int in
        team.share(10) { _, item in sum.add(item, ordering: .relaxed) }
        return round
      }
      #expect(result == round)
      #expect(sum.load(ordering: .relaxed) == 90)
    }
  }

  @Test("teams inside a team's block, and teams that do nothing")
  func nestedTeams() {
    let sum = Atomic<Int>(0)
    WorkTeam.run(threads: 2) { outer in
      outer.share(5) { _, item in sum.add(item, ordering: .relaxed) }
      WorkTeam.run(threads: 3) { inner in
        #expect(inner.count == 3)
        inner.share(5) { _, item in sum.add(item, ordering: .relaxed) }
      }
      WorkTeam.run(threads: 2) { _ in }
      outer.share(5) { _, item in sum.add(item, ordering: .relaxed) }
    }
    #expect(sum.load(ordering: .relaxed) == 30)
  }

  @Test("a team of no thread is one of the caller alone", arguments: [-1, 0, 1])
  func callerAlone(threads: Int) {
    WorkTeam.run(threads: threads) { team in
      #expect(team.count == 1)
      var items: [Int] = []
      team.share(4) { worker, item in
        #expect(worker == 0)
        items.append(item)
      }
      #expect(items == [0, 1, 2, 3])
      team.share(0) { _, _ in Issue.record("no item, no call") }
      team.share(-3) { _, _ in Issue.record("no item, no call") }
    }
  }

  @Test("many short teams, one after the other")
  func manyTeams() {
    let sum = Atomic<Int>(0)
    for threads in 0..<400 {
      WorkTeam.run(threads: 1 + threads % 8) { team in
        team.share(threads % 5) { _, _ in sum.add(1, ordering: .relaxed) }
      }
    }
    #expect(sum.load(ordering: .relaxed) == 80 * (0 + 1 + 2 + 3 + 4))
  }

  @Test(
    "a caller who asks to stop: no further item, for good; a commit is whole or not at all",
    arguments: [1, 2, 4])
  func stopping(threads: Int) {
    for lastItem in 0..<40 {
      let token = Cancellation()
      let begun = Atomic<Int>(0)
      let committed = Atomic<Int>(0)
      WorkTeam.run(threads: threads, interruption: Interruption(token: token)) { team in
        for _ in 0..<3 {
          team.share(10) { _, _ in
            if begun.add(1, ordering: .relaxed).oldValue == lastItem { token.cancel() }
          }
        }
        // Forgotten by the caller, not by the team.
        token.reset()
        let isStopped = team.asksToStop()
        // Certainly where another job followed, and wherever an item was left out.
        if lastItem < 20 || begun.load(ordering: .relaxed) < 30 { #expect(isStopped) }
        if lastItem >= 30 { #expect(!isStopped) }
        if isStopped {
          // Each of the others may have had one in hand.
          #expect(begun.load(ordering: .relaxed) <= lastItem + threads)
          #expect(throws: ComputeError.cancelled) {
            try team.commit { committed.store(1, ordering: .relaxed) }
          }
          #expect(committed.load(ordering: .relaxed) == 0)
        } else {
          #expect(throws: Never.self) {
            try team.commit {
              token.cancel()
              team.share(10) { _, _ in committed.add(1, ordering: .relaxed) }
            }
          }
          #expect(committed.load(ordering: .relaxed) == 10)
          #expect(team.asksToStop())
        }
      }
    }
  }
}
