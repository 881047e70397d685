import ComputeRuntime
import TestOracles
import Testing

@testable import OptimalTransport

@Suite struct SelectionTests {
  @Test("numbers are sorted as by the language", arguments: [0, 1, 2, 15, 16, 17, 18, 100, 5000])
  func sortedValues(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let random = (0..<count).map { _ in Double(generator.next() >> 11) }
    let inputs = [
      random, random.sorted(), random.sorted(by: >), random.map { ($0 / 1e14).rounded() },
      random.map { _ in 1 }, (0..<count).map { Double(min($0, count - $0)) },
    ]
    for input in inputs {
      let buffer = try Scratch<Double>(count: count, budget: MemoryBudget())
      for (index, value) in input.enumerated() { buffer.cells[index] = value }
      sortValues(buffer.cells.prefix(count))
      #expect((0..<count).map { buffer.cells[$0] } == input.sorted())
    }
  }

  @Test("indices go by two values, then by themselves") func sortedIndices() throws {
    var generator = SeededGenerator(seed: 3)
    let values = (0..<1000).map { _ in (Double(generator.next() % 5), Double(generator.next() % 5)) }
    let buffer = try Scratch<Int32>(count: 1000, budget: MemoryBudget())
    for index in 0..<1000 { buffer.cells[index] = Int32(999 - index) }
    sortIndices(buffer.cells.prefix(1000)) { values[$0] }
    let expected = (0..<1000).sorted { (values[$0].0, values[$0].1, $0) < (values[$1].0, values[$1].1, $1) }
    #expect((0..<1000).map { Int(buffer.cells[$0]) } == expected)
  }
}
