import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralKernels

/// What a layer does on the way - apply a batch norm and a ReLU, take sums - against the same in steps of
/// their own.
@Suite("maps with something pending, and sums taken on the way")
struct StencilPendingTests {
  static let cases =
    StencilCase.convolutions.filter { $0.inputs <= 10 } + StencilCase.transposed + StencilCase.composed

  /// All buffers of one case.
  struct Bench {
    let memory = TestMemory()
    let workspace: KernelWorkspace
    let plan: StencilPlan
    let (inputShape, outputShape): (BufferShape, BufferShape)
    let strides: WeightStrides
    let (x, dy, weights): (Floats, Floats, Floats)
    let pendingInput: ChannelMap
    let pendingGradient: GradientMap
    let request: GradientMomentRequest

    init(_ sizes: StencilCase, _ instructionSet: InstructionSet, rectified: Bool) throws {
      var generator = SeededGenerator(seed: 61)
      let map: StencilMap =
        if sizes.between > 0 || sizes.growth.count > 1 {
          .composed(inputs: sizes.inputs, outputs: sizes.outputs, growth: sizes.growth, kernel: sizes.kernel)
        } else {
          .convolution(inputs: sizes.inputs, outputs: sizes.outputs, kernel: sizes.kernel)
        }
      strides = map.hasOnes ? .composed(map) : .convolution(map)
      workspace = KernelWorkspace(threads: 2, budget: MemoryBudget(), instructionSet: instructionSet)
      plan = try StencilPlan(
        map: map, batch: sizes.batch, extent: sizes.extent, training: true, workspace: workspace,
        budget: MemoryBudget())
      inputShape = BufferShape(batch: sizes.batch, channels: sizes.inputs, extent: sizes.extent)
      let (e, g) = (sizes.extent, sizes.growth)
      outputShape = BufferShape(
        batch: sizes.batch, channels: sizes.outputs,
        extent: Extent(e.depth * g.depth, e.height * g.height, e.width * g.width))
      x = try memory.random(inputShape.count, using: &generator)
      dy = try memory.random(outputShape.count, using: &generator)
      weights = try memory.random(map.hasOnes ? map.composedCount : map.weightCount, using: &generator)
      pendingInput = try ChannelMap(
        scale: memory.random(sizes.inputs, in: -1.5...1.5, using: &generator),
        shift: memory.random(sizes.inputs, in: -0.5...0.5, using: &generator), rectified: rectified)
      pendingGradient = try GradientMap(
        values: memory.random(outputShape.count, using: &generator),
        forward: ChannelMap(
          scale: memory.random(sizes.outputs, in: -1.5...1.5, using: &generator),
          shift: memory.random(sizes.outputs, in: -0.5...0.5, using: &generator), rectified: rectified),
        slope: memory.random(sizes.outputs, using: &generator),
        factor: memory.random(sizes.outputs, using: &generator),
        offset: memory.random(sizes.outputs, using: &generator))
      request = try GradientMomentRequest(
        forward: pendingInput, means: memory.random(sizes.inputs, using: &generator),
        sums: memory.floats(inputShape.momentCount))
    }

    struct Found {
      var (output, inputGradient, weightGradient): ([Float], [Float], [Float])
      var (moments, gradientMoments): ([Float], [Float])
    }

    func run(_ input: Signal, _ gradient: GradientSignal) throws -> Found {
      let output = try memory.floats(outputShape.count)
      let moments = try memory.floats(outputShape.momentCount)
      let inputGradient = try memory.floats(inputShape.count)
      let count = strides.column == 1 ? plan.map.composedCount : plan.map.weightCount
      let weightGradient = try memory.floats(count, repeating: 0)
      request.sums.fill(0..<inputShape.momentCount, with: .nan)
      WorkTeam.run(threads: 2) { team in
        plan.forward(input, weights: weights, strides: strides, to: output, moments: moments, team: team)
        plan.backward(
          input: input, gradient: gradient, weights: weights, strides: strides,
          weightGradient: weightGradient, inputGradient: inputGradient, moments: request, team: team)
      }
      return Found(
        output: output.array(outputShape.count), inputGradient: inputGradient.array(inputShape.count),
        weightGradient: weightGradient.array(count), moments: moments.array(outputShape.momentCount),
        gradientMoments: request.sums.array(inputShape.momentCount))
    }
  }

  @Test("applied on the way is applied before", arguments: cases, InstructionSet.available)
  func pending(sizes: StencilCase, instructionSet: InstructionSet) throws {
    for rectified in [true, false] {
      let bench = try Bench(sizes, instructionSet, rectified: rectified)
      let onTheWay = try bench.run(
        Signal(bench.x, pending: bench.pendingInput), GradientSignal(bench.dy, pending: bench.pendingGradient)
      )
      let (x, dy) = try (
        bench.memory.floats(bench.inputShape.count), bench.memory.floats(bench.outputShape.count)
      )
      WorkTeam.run(threads: 2) { team in
        bench.workspace.apply(
          Signal(bench.x, pending: bench.pendingInput), shape: bench.inputShape, to: x, team: team)
        bench.workspace.apply(
          GradientSignal(bench.dy, pending: bench.pendingGradient), shape: bench.outputShape, to: dy,
          team: team)
      }
      let before = try bench.run(Signal(x), GradientSignal(dy))
      // The same values, summed in the same order: only the rounding of the maps may differ.
      for (found, expected) in [
        (onTheWay.output, before.output), (onTheWay.inputGradient, before.inputGradient),
        (onTheWay.weightGradient, before.weightGradient), (onTheWay.moments, before.moments),
      ] {
        #expect(relativeError(found, expected.map(Double.init)) < 1e-6)
      }
      bench.memory.end()
    }
  }

  @Test("moments taken on the way are those taken afterwards", arguments: cases, InstructionSet.available)
  func moments(sizes: StencilCase, instructionSet: InstructionSet) throws {
    for rectified in [true, false] {
      let bench = try Bench(sizes, instructionSet, rectified: rectified)
      let found = try bench.run(Signal(bench.x, pending: bench.pendingInput), GradientSignal(bench.dy))
      let (output, gradient) = try (
        bench.memory.floats(found.output), bench.memory.floats(found.inputGradient)
      )
      let moments = try bench.memory.floats(bench.outputShape.momentCount)
      var later = bench.request
      later.sums = try bench.memory.floats(bench.inputShape.momentCount)
      WorkTeam.run(threads: 2) { team in
        bench.workspace.moments(output, shape: bench.outputShape, to: moments, team: team)
        bench.workspace.gradientMoments(
          gradient, values: bench.x, shape: bench.inputShape, request: later, team: team)
      }
      // Float sums over one plane, perhaps in another order.
      #expect(
        relativeError(found.moments, moments.array(bench.outputShape.momentCount).map(Double.init)) < 2e-6)
      #expect(
        relativeError(found.gradientMoments, later.sums.array(bench.inputShape.momentCount).map(Double.init))
          < 2e-6)
      bench.memory.end()
    }
  }

  @Test("the weights of the last call serve the next one", arguments: InstructionSet.available)
  func unchangedWeights(instructionSet: InstructionSet) throws {
    let bench = try Bench(StencilCase.composed[0], instructionSet, rectified: true)
    let first = try bench.run(Signal(bench.x), GradientSignal(bench.dy))
    let again = try bench.memory.floats(bench.outputShape.count)
    WorkTeam.run(threads: 2) { team in
      bench.plan.forward(Signal(bench.x), to: again, moments: nil, team: team)
    }
    #expect(haveSameBits(again.array(bench.outputShape.count), first.output))
    bench.memory.end()
  }

  @Test("weights' gradients are added to what is there, and left out where nobody wants them")
  func whatIsWanted() throws {
    let bench = try Bench(StencilCase.convolutions[2], .best, rectified: true)
    let found = try bench.run(Signal(bench.x), GradientSignal(bench.dy))
    let count = bench.plan.map.weightCount
    let sum = try bench.memory.floats(count, repeating: 3)
    let inputGradient = try bench.memory.floats(bench.inputShape.count)
    WorkTeam.run(threads: 2) { team in
      bench.plan.backward(
        input: Signal(bench.x), gradient: GradientSignal(bench.dy), weights: bench.weights,
        strides: bench.strides, weightGradient: sum, inputGradient: nil, moments: nil, team: team)
      bench.plan.backward(
        input: Signal(bench.x), gradient: GradientSignal(bench.dy), weights: bench.weights,
        strides: bench.strides, weightGradient: nil, inputGradient: inputGradient, moments: nil, team: team)
    }
    #expect(relativeError(sum.array(count), found.weightGradient.map { 3 + Double($0) }) < 1e-6)
    #expect(haveSameBits(inputGradient.array(bench.inputShape.count), found.inputGradient))
    bench.memory.end()
  }
}
