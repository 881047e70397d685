import ComputeRuntime
import Testing

@Test("a budget refuses what it does not have, and counts what is given back")
func budget() throws {
  let budget = MemoryBudget(limit: 1000)
  var first: Scratch<UInt64>? = try Scratch(count: 100, budget: budget)
  #expect(throws: ComputeError.memoryRefused(bytes: 1608)) {
    _ = try Scratch<UInt64>(count: 101, budget: budget)
  }
  #expect(first?.capacity == 100)
  first = nil
  #expect(try Scratch<UInt64>(count: 125, budget: budget).capacity == 125)
}

@Test(
  "sizes that no machine has are an error, not a crash",
  arguments: [1 << 40, 1 << 60, Int.max / 8, Int.max])
func impossibleSizes(count: Int) {
  #expect(throws: ComputeError.self) {
    _ = try Scratch<UInt64>(count: count, budget: MemoryBudget(limit: .max))
  }
  let scratch = Scratch<UInt64>(budget: MemoryBudget())
  #expect(throws: ComputeError.self) { try scratch.reserve(count) }
  #expect(scratch.capacity == 0)
}

@Test("growing keeps the elements, replacing need not")
func growing() throws {
  let scratch = try Scratch<UInt32>(count: 3, budget: MemoryBudget())
  for index in 0..<3 { scratch.cells[index] = UInt32(index) + 7 }
  try scratch.reserve(1000)
  #expect((0..<3).map { scratch.cells[$0] } == [7, 8, 9])
  #expect(scratch.capacity >= 1000)
  try scratch.replace(2000, zeroed: true)
  #expect((0..<2000).allSatisfy { scratch.cells[$0] == 0 })
}

@Test("large buffers are zeroed when asked to be")
func largeZeroed() throws {
  let count = 3 << 20
  let scratch = try Scratch<UInt32>(count: count, zeroed: true, budget: MemoryBudget())
  #expect(stride(from: 0, to: count, by: 1021).allSatisfy { scratch.cells[$0] == 0 })
}
