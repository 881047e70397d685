import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralKernels

@Suite("products of small matrices")
struct MatrixProductTests {
  @Test(
    "every number of rows around the block of four, added to what was there",
    arguments: InstructionSet.available)
  func product(instructionSet: InstructionSet) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 41)
    for rows in 1...9 {
      for inner in [1, 2, 7, 40] {
        for columns in [16, 32, 48] {
          let memory = TestMemory()
          let left = try memory.random(rows * (inner + 3), using: &generator)
          let right = try memory.random(inner * (columns + 16), using: &generator)
          let before = try memory.random(rows * (columns + 5), using: &generator).array(rows * (columns + 5))
          let result = try memory.floats(before, spare: 32)
          unsafe kernels.addMatrixProduct(
            left: left.pointer, leftRow: inner + 3, right: right.pointer, rightRow: columns + 16,
            result: result.pointer, resultRow: columns + 5, rows: rows, inner: inner, columns: columns)
          var worst = 0.0
          for row in 0..<rows {
            for column in 0..<columns + 5 {
              let place = row * (columns + 5) + column
              var sum = Double(before[place])
              for k in 0..<inner where column < columns {
                sum += Double(left[row * (inner + 3) + k]) * Double(right[k * (columns + 16) + column])
              }
              let error = abs(Double(result[place]) - sum)
              worst = error <= worst ? worst : error.isNaN ? .infinity : error
            }
          }
          // At most 40 products of numbers below 1.
          #expect(worst < 4e-6, "\(rows) x \(inner) x \(columns)")
          #expect(result[rows * (columns + 5)] == TestMemory.untouched)
          memory.end()
        }
      }
    }
  }
}
