import ComputeRuntime
import Glibc
import TestOracles
import Testing

@testable import NeuralKernels

/// exp and log of the kernels, seen through the sigmoid and the cross entropy.
@Suite("exponential and logarithm of lanes")
struct ElementaryTests {
  /// The whole range in steps that hit no pattern, its ends, and the places where formulas change.
  static let arguments: [Float] =
    stride(from: Float(-87.3), through: 87.3, by: 0.0013).map { $0 }
    + (0...149).flatMap {
      [
        Float(sign: .plus, exponent: -$0, significand: 1.5),
        -Float(sign: .plus, exponent: -$0, significand: 1.5),
      ]
    }
    + [0, -0.0, 0.693_147_2, -0.693_147_2, 87.336, -87.336]

  @Test("the sigmoid, within 3 units in the last place", arguments: InstructionSet.available)
  func sigmoid(instructionSet: InstructionSet) throws {
    let memory = TestMemory()
    let inputs = Self.arguments
    let (input, output) = try (memory.floats(inputs), memory.floats(inputs.count))
    unsafe Kernels(instructionSet: instructionSet).sigmoid(
      input.pointer, count: inputs.count, output: output.pointer)
    var (worst, place) = (0.0, Float(0))
    for (index, x) in inputs.enumerated() {
      // As the reference does it, in Double: no cancellation on either side.
      let exact = x >= 0 ? 1 / (1 + exp(-Double(x))) : exp(Double(x)) / (1 + exp(Double(x)))
      let error = unitsInLastPlace(output[index], exact)
      if !(error <= worst) { (worst, place) = (error.isNaN ? .infinity : error, x) }
    }
    // The exponential is good for 2 units, the sum and the quotient add half a unit each.
    #expect(worst <= 3, "at \(place)")
    memory.end()
  }

  @Test(
    "beyond the range of the exponential: 0 and 1, and what is no number stays none",
    arguments: InstructionSet.available)
  func extremes(instructionSet: InstructionSet) throws {
    let memory = TestMemory()
    let kernels = Kernels(instructionSet: instructionSet)
    let inputs: [Float] = [-1e4, 1e4, -.infinity, .infinity, -88, -100, 88, 100, -3e38, 3e38, .nan, -.nan]
    let (input, output) = try (memory.floats(inputs), memory.floats(inputs.count))
    unsafe kernels.sigmoid(input.pointer, count: inputs.count, output: output.pointer)
    #expect(output.array(10) == [0, 1, 0, 1, 0, 0, 1, 1, 0, 1])
    #expect(output[10].isNaN && output[11].isNaN)
    memory.end()
  }

  @Test("a voxel's sigmoid does not depend on where it stands", arguments: InstructionSet.available)
  func everyLength(instructionSet: InstructionSet) throws {
    let kernels = Kernels(instructionSet: instructionSet)
    var generator = SeededGenerator(seed: 3)
    let memory = TestMemory()
    let input = try memory.random(70, in: -9...9, using: &generator)
    let alone = try memory.floats(1)
    let all = try memory.floats(70)
    unsafe kernels.sigmoid(input.pointer, count: 70, output: all.pointer)
    for count in 0...70 {
      let output = try memory.floats([Float](repeating: .nan, count: count), spare: 20)
      unsafe kernels.sigmoid(input.pointer, count: count, output: output.pointer)
      #expect(haveSameBits(output.array(count), all.array(count)))
      #expect(output.array(count..<count + 20).allSatisfy { $0 == TestMemory.untouched })
    }
    for index in 0..<70 {
      unsafe kernels.sigmoid(input.suffix(from: index).pointer, count: 1, output: alone.pointer)
      #expect(alone[0] == all[index])
    }
    memory.end()
  }

  @Test(
    "the cross entropy of one voxel, within 4 units in the last place", arguments: InstructionSet.available,
    [Float(0), 1])
  func crossEntropy(instructionSet: InstructionSet, target: Float) throws {
    let memory = TestMemory()
    let kernels = Kernels(instructionSet: instructionSet)
    let (z, y, p) = try (memory.floats([Float(0)]), memory.floats([target]), memory.floats([Float(0.5)]))
    let sums = try memory.floats(4)
    var (worst, place) = (0.0, Float(0))
    for argument in Self.arguments {
      z[0] = argument
      sums.fill(0..<4, with: 0)
      unsafe kernels.lossSums(
        logits: z.pointer, probabilities: p.pointer, target: y.pointer, count: 1, sums: sums.pointer)
      // log(1 + exp(-z)) for y = 1 and with z negated for y = 0; of a certain right answer exp(-|z|).
      let towards = target == 1 ? Double(argument) : -Double(argument)
      let exact = max(-towards, 0) + log1p(exp(-abs(towards)))
      let error = unitsInLastPlace(sums[3], exact)
      if !(error <= worst) { (worst, place) = (error.isNaN ? .infinity : error, argument) }
    }
    // 2 units of the exponential, 2 of the logarithm's series and its quotient.
    #expect(worst <= 4, "at \(place)")
    memory.end()
  }

  @Test(
    "certain wrong answers cost what their logit says, certain right ones nothing",
    arguments: InstructionSet.available)
  func certainAnswers(instructionSet: InstructionSet) throws {
    let memory = TestMemory()
    let kernels = Kernels(instructionSet: instructionSet)
    for (logit, target, cost) in [
      (Float(1e4), Float(0), Float(1e4)), (-1e4, 1, 1e4), (1e4, 1, 0), (-1e4, 0, 0), (.nan, 1, .nan),
    ] {
      let sums = try memory.floats([Float](repeating: 0, count: 4))
      let (z, y, p) = try (memory.floats([logit]), memory.floats([target]), memory.floats([Float(0.5)]))
      unsafe kernels.lossSums(
        logits: z.pointer, probabilities: p.pointer, target: y.pointer, count: 1, sums: sums.pointer)
      #expect(sums[3] == cost || (sums[3].isNaN && cost.isNaN))
    }
    memory.end()
  }
}
