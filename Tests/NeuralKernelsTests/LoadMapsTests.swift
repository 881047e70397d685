import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralKernels

/// Rows of every length around one, two and four lanes, in frames that must stay as they are.
@Suite("rows on their way into a slab and out of it")
struct LoadMapsTests {
  static let columns = Array(0...40) + [63, 64, 65]
  static let rows = 3

  /// Checks a kernel that writes `rows` rows of `columns` values: each is `expected(row, column)` within
  /// `tolerance`, and what lies between the rows is untouched.
  func check(
    _ columns: Int, targetRow: Int, tolerance: Double = 0, _ write: (Floats) -> Void,
    _ expected: (Int, Int) -> Double
  ) throws {
    let memory = TestMemory()
    let target = try memory.floats([], spare: Self.rows * targetRow + 64)
    write(target)
    let wrong = (0..<target.count).first { index in
      let (row, column) = (index / targetRow, index % targetRow)
      guard row < Self.rows, column < columns else { return target[index] != TestMemory.untouched }
      let (found, wanted) = (Double(target[index]), expected(row, column))
      return !(abs(found - wanted) <= tolerance || (found.isNaN && wanted.isNaN))
    }
    #expect(wrong == nil, "\(columns) columns in rows of \(targetRow)")
    memory.end()
  }

  @Test("copies", arguments: InstructionSet.available)
  func copy(instructionSet: InstructionSet) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 21)
    let memory = TestMemory()
    for columns in Self.columns {
      let source = try memory.random(3 * (columns + 2), using: &generator)
      try check(columns, targetRow: columns + 5) { target in
        unsafe kernels.copyRows(
          source.pointer, sourceRow: columns + 2, to: target.pointer, targetRow: columns + 5, rows: 3,
          columns: columns)
      } _: {
        Double(source[$0 * (columns + 2) + $1])
      }
    }
    memory.end()
  }

  @Test("scale, shift and ReLU", arguments: InstructionSet.available, [true, false])
  func affine(instructionSet: InstructionSet, rectified: Bool) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 22)
    let memory = TestMemory()
    let (scale, shift): (Float, Float) = (-1.7, 0.3)
    for columns in Self.columns {
      let source = try memory.random(3 * (columns + 1), using: &generator)
      // Two roundings of numbers below 2.
      try check(columns, targetRow: columns + 3, tolerance: 3e-7) { target in
        unsafe kernels.affineRows(
          source.pointer, sourceRow: columns + 1, to: target.pointer, targetRow: columns + 3, rows: 3,
          columns: columns, scale: scale, shift: shift, rectified: rectified)
      } _: {
        let value = Double(scale) * Double(source[$0 * (columns + 1) + $1]) + Double(shift)
        return rectified ? max(0, value) : value
      }
    }
    memory.end()
  }

  /// A network whose weights became NaN must give a loss that is NaN, or training would go on without a
  /// word; ReLU may not turn it into 0.
  @Test("what is no number stays none", arguments: InstructionSet.available, [true, false])
  func notANumber(instructionSet: InstructionSet, rectified: Bool) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    let memory = TestMemory()
    for columns in [1, 3, 4, 8, 16, 19] {
      let source = try memory.floats([Float](repeating: .nan, count: 3 * columns))
      let numbers = try memory.floats([Float](repeating: 1, count: 3 * columns))
      for (input, scale, shift) in [(source, Float(1), Float(0)), (numbers, .nan, 0), (numbers, 1, .nan)] {
        try check(columns, targetRow: columns) { target in
          unsafe kernels.affineRows(
            input.pointer, sourceRow: columns, to: target.pointer, targetRow: columns, rows: 3,
            columns: columns, scale: scale, shift: shift, rectified: rectified)
        } _: { _, _ in
          .nan
        }
      }
    }
    memory.end()
  }

  @Test("the gradient behind ReLU and batch norm", arguments: InstructionSet.available, [true, false])
  func gradient(instructionSet: InstructionSet, rectified: Bool) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 23)
    let memory = TestMemory()
    let (scale, shift, slope, factor, offset): (Float, Float, Float, Float, Float) = (
      1.3, -0.2, 0.8, -0.4, 0.1
    )
    for columns in Self.columns {
      let sourceRow = columns + 1
      let gradient = try memory.random(3 * sourceRow, using: &generator)
      let values = try memory.random(3 * sourceRow, using: &generator)
      try check(columns, targetRow: columns + 3, tolerance: 3e-7) { target in
        unsafe kernels.gradientRows(
          gradient.pointer, values: values.pointer, sourceRow: sourceRow, to: target.pointer,
          targetRow: columns + 3, rows: 3, columns: columns, scale: scale, shift: shift, rectified: rectified,
          slope: slope, factor: factor, offset: offset)
      } _: {
        let (g, v) = (Double(gradient[$0 * sourceRow + $1]), Double(values[$0 * sourceRow + $1]))
        let passes = !rectified || Double(scale) * v + Double(shift) > 0
        return Double(slope) * (passes ? g : 0) + Double(factor) * v + Double(offset)
      }
    }
    memory.end()
  }

  @Test("ReLU has no slope at 0", arguments: InstructionSet.available)
  func slopeAtZero(instructionSet: InstructionSet) throws {
    let memory = TestMemory()
    let (gradient, values) = try (memory.floats(57, repeating: 1), memory.floats(57, repeating: 0))
    try check(19, targetRow: 19) { target in
      unsafe Kernels(instructionSet: instructionSet).gradientRows(
        gradient.pointer, values: values.pointer, sourceRow: 19, to: target.pointer, targetRow: 19, rows: 3,
        columns: 19, scale: 1, shift: 0, rectified: true, slope: 1, factor: 0, offset: 0)
    } _: { _, _ in
      0
    }
    memory.end()
  }

  @Test("rows parted into even and odd columns, and joined", arguments: InstructionSet.available)
  func pairs(instructionSet: InstructionSet) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 24)
    let memory = TestMemory()
    for pairs in Self.columns {
      let sourceRow = 2 * pairs + 3
      let source = try memory.random(3 * sourceRow, using: &generator)
      let other = try memory.floats([], spare: 3 * (pairs + 2) + 64)
      for parity in 0...1 {
        try check(pairs, targetRow: pairs + 2) { target in
          unsafe kernels.splitRows(
            source.pointer, sourceRow: sourceRow, even: parity == 0 ? target.pointer : other.pointer,
            odd: parity == 0 ? other.pointer : target.pointer, targetRow: pairs + 2, rows: 3, pairs: pairs)
        } _: {
          Double(source[$0 * sourceRow + 2 * $1 + parity])
        }
      }
      let (even, odd) = try (
        memory.random(3 * (pairs + 1), using: &generator), memory.random(3 * (pairs + 1), using: &generator)
      )
      try check(2 * pairs, targetRow: sourceRow) { target in
        unsafe kernels.joinRows(
          even: even.pointer, odd: odd.pointer, sourceRow: pairs + 1, to: target.pointer,
          targetRow: sourceRow, rows: 3, pairs: pairs)
      } _: {
        Double(($1 % 2 == 0 ? even : odd)[$0 * (pairs + 1) + $1 / 2])
      }
    }
    memory.end()
  }
}
