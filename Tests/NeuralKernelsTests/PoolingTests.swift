import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralKernels

/// A window and a volume.
struct PoolingCase: Sendable, CustomStringConvertible {
  var window: [Int]
  var extent: [Int]
  var description: String { "\(window) over \(extent)" }

  /// Whole windows and voxels left out on each axis; rows shorter and longer than the lanes.
  static let all: [PoolingCase] = [
    PoolingCase(window: [1, 2, 2], extent: [1, 8, 64]), PoolingCase(window: [1, 2, 2], extent: [2, 7, 39]),
    PoolingCase(window: [2, 2, 2], extent: [4, 6, 40]), PoolingCase(window: [2, 2, 2], extent: [5, 3, 9]),
    PoolingCase(window: [1, 1, 1], extent: [3, 4, 19]), PoolingCase(window: [2, 3, 3], extent: [4, 6, 12]),
    PoolingCase(window: [2, 3, 3], extent: [5, 8, 20]), PoolingCase(window: [1, 2, 2], extent: [1, 2, 2]),
    PoolingCase(window: [3, 1, 2], extent: [7, 2, 67]),
  ]
}

@Suite("max pooling")
struct PoolingTests {
  struct Found {
    var output: [Float]
    var gradient: [Float]
  }

  func run(
    _ one: PoolingCase, _ x: NaiveTensor<Float>, _ dy: NaiveTensor<Float>, _ instructionSet: InstructionSet,
    scale: [Float]? = nil, shift: [Float]? = nil, rectified: Bool = false
  ) throws -> Found {
    let memory = TestMemory()
    let workspace = KernelWorkspace(threads: 2, budget: MemoryBudget(), instructionSet: instructionSet)
    let pooling = Pooling(
      shape: BufferShape(
        batch: x.shape[0], channels: x.shape[1], extent: Extent(x.shape[2], x.shape[3], x.shape[4])),
      window: Extent(one.window[0], one.window[1], one.window[2]))
    var signal = try Signal(memory.floats(x.values))
    if let scale, let shift {
      signal.pending = try ChannelMap(
        scale: memory.floats(scale), shift: memory.floats(shift), rectified: rectified)
    }
    let output = try memory.floats([Float](repeating: .nan, count: dy.values.count), spare: 64)
    let gradient = try memory.floats([Float](repeating: .nan, count: x.values.count), spare: 64)
    let given = try memory.floats(dy.values)
    WorkTeam.run(threads: 2) { team in
      pooling.forward(signal, to: output, workspace: workspace, team: team)
      pooling.backward(given, input: signal, to: gradient, workspace: workspace, team: team)
    }
    #expect(output[dy.values.count] == TestMemory.untouched)
    #expect(gradient[x.values.count] == TestMemory.untouched)
    let found = Found(output: output.array(dy.values.count), gradient: gradient.array(x.values.count))
    memory.end()
    return found
  }

  /// Small whole numbers, so that most windows have several largest voxels.
  func tied(_ shape: [Int], using generator: inout SeededGenerator) -> NaiveTensor<Float> {
    let numbers = NaiveTensor<Float>(shape: shape, in: -2.5...2.5, using: &generator)
    return NaiveTensor(shape: shape, values: numbers.values.map { $0.rounded() })
  }

  @Test(
    "the largest of each window; of equal ones the first gets the gradient", arguments: PoolingCase.all,
    InstructionSet.available)
  func ties(one: PoolingCase, instructionSet: InstructionSet) throws {
    var generator = SeededGenerator(seed: 31)
    let x = tied([2, 3] + one.extent, using: &generator)
    let oracle = NaiveMaxPooling(kernel: one.window)
    let y = oracle(x)
    let dy = NaiveTensor<Float>(shape: y.shape, using: &generator)
    let found = try run(one, x, dy, instructionSet)
    #expect(found.output == y.values)
    #expect(found.gradient == oracle.inputGradient(dy, input: x).values)
  }

  @Test(
    "what is pending is applied while the values are read", arguments: PoolingCase.all,
    InstructionSet.available)
  func pending(one: PoolingCase, instructionSet: InstructionSet) throws {
    var generator = SeededGenerator(seed: 32)
    let x = tied([2, 3] + one.extent, using: &generator)
    // Exact arithmetic, so that ties stay ties; one channel is turned round.
    let (scale, shift): ([Float], [Float]) = ([2, -1, 0.5], [1, 0, -0.25])
    let oracle = NaiveMaxPooling(kernel: one.window)
    for rectified in [true, false] {
      var mapped = x
      for n in 0..<2 {
        for c in 0..<3 {
          for index in x.channel(n, c) { mapped.values[index] = scale[c] * x.values[index] + shift[c] }
        }
      }
      let read = rectified ? naiveReLU(mapped) : mapped
      let y = oracle(read)
      let dy = NaiveTensor<Float>(shape: y.shape, using: &generator)
      var found = try run(one, x, dy, instructionSet, scale: scale, shift: shift, rectified: rectified)
      #expect(found.output == y.values)
      var expected = oracle.inputGradient(dy, input: read)
      if rectified {
        // ReLU's own gradient is left to the reader.
        expected = naiveReLUGradient(expected, input: mapped)
        for index in mapped.values.indices where mapped.values[index] <= 0 { found.gradient[index] = 0 }
      }
      #expect(found.gradient == expected.values)
    }
  }

  @Test(
    "a channel that is no number stays none", arguments: PoolingCase.all, InstructionSet.available)
  func notANumber(one: PoolingCase, instructionSet: InstructionSet) throws {
    let x = NaiveTensor<Float>(shape: [1, 2] + one.extent, repeating: 1)
    let y = NaiveMaxPooling(kernel: one.window)(x)
    for rectified in [true, false] {
      let found = try run(
        one, x, y, instructionSet, scale: [.nan, 1], shift: [0, 0], rectified: rectified)
      #expect(y.channel(0, 0).allSatisfy { found.output[$0].isNaN })
      #expect(y.channel(0, 1).allSatisfy { found.output[$0] == 1 })
    }
  }
}
