import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralKernels

@Suite("sums for batch norm")
struct MomentsTests {
  static let counts = Array(1...70) + [127, 1000, 4096, 4097]

  /// Sum and squared differences from the mean, in Double.
  static func exact(_ values: [Float]) -> (sum: Double, squares: Double) {
    let sum = values.reduce(0) { $0 + Double($1) }
    let mean = sum / Double(values.count)
    return (sum, values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) })
  }

  @Test(
    "sum and squared differences, also far from 0", arguments: InstructionSet.available, [Float(0), 3, -1e4])
  func moments(instructionSet: InstructionSet, mean: Float) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 11)
    for count in Self.counts {
      let memory = TestMemory()
      let values = try memory.random(count, in: mean - 1...mean + 1, using: &generator)
      let result = try memory.floats(2)
      unsafe kernels.moments(values.pointer, count: count, into: result.pointer)
      let (sum, squares) = Self.exact(values.array(count))
      let magnitude = values.array(count).reduce(0) { $0 + Double(abs($1)) }
      // A sum of n Floats in 8 or more lanes loses at most n / 8 half units; in practice far less.
      #expect(abs(Double(result[0]) - sum) <= 1e-6 * magnitude, "\(count)")
      // The mean is rounded to one part in 10^7: its error, squared, is what the squares gain. (The square
      // of a sum, at mean 10^4, would be wrong by several units.)
      let slip = 1e-6 * magnitude / Double(count)
      #expect(
        abs(Double(result[1]) - squares) <= 1e-5 * squares + Double(count) * slip * slip, "\(count)")
      memory.end()
    }
  }

  @Test("equal values have no deviation", arguments: InstructionSet.available)
  func constant(instructionSet: InstructionSet) throws {
    let memory = TestMemory()
    for count in [1, 16, 64, 1024] {
      // Sums of 0.5 are exact.
      let values = try memory.floats([Float](repeating: 0.5, count: count))
      let result = try memory.floats(2)
      unsafe Kernels(instructionSet: instructionSet).moments(
        values.pointer, count: count, into: result.pointer)
      #expect(result.array(2) == [Float(count) / 2, 0])
    }
    memory.end()
  }

  @Test(
    "sums of the gradient, where ReLU let the value pass", arguments: InstructionSet.available, [true, false])
  func gradientMoments(instructionSet: InstructionSet, rectified: Bool) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 12)
    for count in Self.counts {
      for scale: Float in [1.5, -0.7] {
        let memory = TestMemory()
        let values = try memory.random(count, in: 2...4, using: &generator)
        let gradient = try memory.random(count, using: &generator)
        let result = try memory.floats(2)
        let shift = -3 * scale
        unsafe kernels.gradientMoments(
          gradient.pointer, values: values.pointer, count: count, scale: scale, shift: shift,
          rectified: rectified, mean: 2.9, into: result.pointer)
        var (sum, product, size) = (0.0, 0.0, 0.0)
        for index in 0..<count {
          let value = Double(values[index])
          guard !rectified || Double(scale) * value + Double(shift) > 0 else { continue }
          sum += Double(gradient[index])
          product += Double(gradient[index]) * (value - Double(Float(2.9)))
          size += Double(abs(gradient[index]))
        }
        // Distances from the mean are at most 1.1; Float sums as above.
        #expect(abs(Double(result[0]) - sum) <= 1e-6 * size + 1e-30, "\(count)")
        #expect(abs(Double(result[1]) - product) <= 2e-6 * size + 1e-30, "\(count)")
        memory.end()
      }
    }
  }

  @Test("whole buffers: every plane and channel has its own", arguments: InstructionSet.available)
  func planes(instructionSet: InstructionSet) throws {
    let memory = TestMemory()
    var generator = SeededGenerator(seed: 13)
    let shape = BufferShape(batch: 2, channels: 3, extent: Extent(4, 5, 7))
    let workspace = KernelWorkspace(threads: 3, budget: MemoryBudget(), instructionSet: instructionSet)
    let values = try memory.random(shape.count, using: &generator)
    let sums = try memory.floats([Float](repeating: .nan, count: shape.momentCount), spare: 8)
    WorkTeam.run(threads: 3) { team in workspace.moments(values, shape: shape, to: sums, team: team) }
    for sample in 0..<2 {
      for channel in 0..<3 {
        for depth in 0..<4 {
          let start = ((sample * 3 + channel) * 4 + depth) * 35
          let (sum, squares) = Self.exact(values.array(start..<start + 35))
          let place = ((sample * 4 + depth) * 3 + channel) * 2
          #expect(abs(Double(sums[place]) - sum) < 1e-5)
          #expect(abs(Double(sums[place + 1]) - squares) < 1e-4)
        }
      }
    }
    #expect(sums[shape.momentCount] == TestMemory.untouched)
    memory.end()
  }
}
