import CProcessor
import ComputeRuntime
import Glibc
import TestOracles
import Testing

@testable import NeuralKernels

@Suite("three builds of one source")
struct KernelInstructionSetTests {
  static let cases = StencilCase.convolutions + StencilCase.transposed

  /// One case with random numbers.
  func result(_ sizes: StencilCase, _ instructionSet: InstructionSet, threads: Int) throws -> StencilResult {
    var generator = SeededGenerator(seed: 81)
    let (e, g) = (sizes.extent, sizes.growth)
    let isGrown = g.count > 1
    let map: StencilMap =
      isGrown
      ? .transposed(inputs: sizes.inputs, outputs: sizes.outputs, growth: g)
      : .convolution(inputs: sizes.inputs, outputs: sizes.outputs, kernel: sizes.kernel)
    let x = NaiveTensor<Double>(
      shape: [sizes.batch, sizes.inputs, e.depth, e.height, e.width], using: &generator)
    let dy = NaiveTensor<Double>(
      shape: [sizes.batch, sizes.outputs, e.depth * g.depth, e.height * g.height, e.width * g.width],
      using: &generator)
    let weights = NaiveTensor<Float>(
      shape: [isGrown ? map.composedCount : map.weightCount], using: &generator)
    return try run(
      map, sizes, x, dy, weights: weights.values, isGrown ? .composed(map) : .convolution(map),
      instructionSet,
      threads: threads)
  }

  @Test("all agree within rounding", arguments: cases)
  func agreement(sizes: StencilCase) throws {
    let reference = try result(sizes, .portable, threads: 1)
    for instructionSet in InstructionSet.available {
      let found = try result(sizes, instructionSet, threads: 1)
      for (found, expected) in [
        (found.output, reference.output), (found.inputGradient, reference.inputGradient),
        (found.weightGradients[0], reference.weightGradients[0]),
      ] {
        // Twice what one of them may be away from the oracle.
        #expect(relativeError(found, expected.map(Double.init)) < 4e-6, "\(instructionSet)")
      }
    }
  }

  @Test(
    "the same bits for any number of threads and every repeat", arguments: cases, InstructionSet.available)
  func threads(sizes: StencilCase, instructionSet: InstructionSet) throws {
    let reference = try result(sizes, instructionSet, threads: 1)
    for threads in [1, 2, 3, 4, 7] {
      #expect(try result(sizes, instructionSet, threads: threads) == reference, "\(threads) threads")
    }
  }

  /// In a process of its own: the level is the process's.
  @Test("TOPOLOSS_INSTRUCTION_SET chooses the build, and so does the test hook")
  func choice() async {
    if InstructionSet.available.count < 3 {
      print("NOT RUN: a build of the kernels that this machine, or TOPOLOSS_INSTRUCTION_SET, does not allow")
    }
    await #expect(processExitsWith: .success) {
      let names = ["portable", "avx2", "avx512"]
      unsafe unsetenv("TOPOLOSS_INSTRUCTION_SET")
      cprocessor_limit_level(Int32(CPROCESSOR_AVX512))
      let best = InstructionSet.best
      for (level, name) in names.enumerated() {
        unsafe setenv("TOPOLOSS_INSTRUCTION_SET", name, 1)
        cprocessor_limit_level(Int32(CPROCESSOR_AVX512))
        let found = InstructionSet.best
        #expect(found.rawValue == min(Int32(level), best.rawValue), "\(name) gave \(found)")
        #expect(KernelWorkspace(threads: 1, budget: MemoryBudget()).instructionSet == found)
      }
      unsafe unsetenv("TOPOLOSS_INSTRUCTION_SET")
      for level in 0...best.rawValue {
        cprocessor_limit_level(level)
        #expect(InstructionSet.best.rawValue == level)
      }
    }
  }
}
