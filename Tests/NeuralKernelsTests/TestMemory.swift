import ComputeRuntime
import TestOracles

@testable import NeuralKernels

/// Buffers of one test, alive until ``end()``: a view does not keep its memory alive.
final class TestMemory {
  private var kept: [Scratch<Float>] = []

  /// Values, and `spare` more elements behind them that no kernel may touch.
  func floats(_ values: [Float], spare: Int = 0) throws -> Floats {
    let memory = try Scratch<Float>(count: max(1, values.count + spare), budget: MemoryBudget())
    for (index, value) in values.enumerated() { memory.cells[index] = value }
    memory.cells.fill(values.count..<memory.cells.count, with: Self.untouched)
    kept.append(memory)
    return memory.cells
  }

  func floats(_ values: [Double]) throws -> Floats { try floats(values.map { Float($0) }) }

  func floats(_ count: Int, repeating value: Float = .nan) throws -> Floats {
    try floats([Float](repeating: value, count: count))
  }

  func random(_ count: Int, in range: ClosedRange<Float> = -1...1, using generator: inout SeededGenerator)
    throws -> Floats
  {
    try floats((0..<count).map { _ in .random(in: range, using: &generator) })
  }

  /// What stands where no kernel may write: a number that none computes.
  static let untouched: Float = -123_456_792

  /// Call it last.
  func end() { withExtendedLifetime(kept) { kept = [] } }
}

extension Floats {
  func array(_ count: Int) -> [Float] { (0..<count).map { self[$0] } }
  func array(_ range: Range<Int>) -> [Float] { range.map { self[$0] } }
}

/// Equal bits; two NaN are one here.
func haveSameBits(_ first: [Float], _ second: [Float]) -> Bool {
  first.count == second.count
    && zip(first, second).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
}

/// How many units in the last place of the nearest Float lie between a result and the exact value.
func unitsInLastPlace(_ found: Float, _ exact: Double) -> Double {
  abs(Double(found) - exact) / Double(Float(exact).ulp)
}
