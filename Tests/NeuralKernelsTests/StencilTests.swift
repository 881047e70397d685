import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

/// A buffer with these values; lives as long as the test's arrays.
func scratch(_ values: [Float]) throws -> Scratch<Float> {
  let scratch = try Scratch<Float>(count: values.count + 64, budget: MemoryBudget())
  for (index, value) in values.enumerated() { scratch.cells[index] = value }
  return scratch
}

func array(_ scratch: Scratch<Float>, _ count: Int) -> [Float] {
  (0..<count).map { scratch.cells[$0] }
}

/// The largest difference, as part of the largest value.
func relativeError(_ found: [Float], _ expected: [Double]) -> Double {
  let scale = expected.map(abs).max() ?? 0
  // NaN is the worst of all, which max() would pass over.
  let worst = zip(found, expected).reduce(0.0) { worst, pair in
    let error = abs(Double(pair.0) - pair.1)
    return error <= worst ? worst : error.isNaN ? .infinity : error
  }
  return found.count == expected.count ? worst / max(scale, 1e-30) : .infinity
}

/// Sizes on both sides of every rule of the layout: rows of whole lanes and others, one plane and
/// several, channels that fill tiles and that do not.
struct StencilCase: Sendable, CustomStringConvertible {
  var inputs: Int
  var outputs: Int
  var extent: Extent
  var kernel: Extent
  var growth = Extent(1, 1, 1)
  var between = 0
  var batch = 2
  var description: String {
    "\(inputs)>\(outputs) \(extent) kernel \(kernel) growth \(growth) between \(between)"
  }

  static let convolutions: [StencilCase] = [
    StencilCase(inputs: 2, outputs: 10, extent: Extent(1, 16, 16), kernel: Extent(1, 3, 3)),
    StencilCase(inputs: 10, outputs: 10, extent: Extent(3, 8, 32), kernel: Extent(1, 3, 3)),
    StencilCase(inputs: 7, outputs: 13, extent: Extent(2, 5, 7), kernel: Extent(1, 3, 3)),
    StencilCase(inputs: 10, outputs: 1, extent: Extent(4, 6, 16), kernel: Extent(3, 3, 3)),
    StencilCase(inputs: 5, outputs: 20, extent: Extent(5, 4, 4), kernel: Extent(3, 3, 3)),
    StencilCase(inputs: 1, outputs: 1, extent: Extent(1, 1, 1), kernel: Extent(3, 3, 3)),
    StencilCase(inputs: 3, outputs: 4, extent: Extent(9, 3, 1), kernel: Extent(5, 1, 3)),
    StencilCase(inputs: 40, outputs: 40, extent: Extent(1, 8, 8), kernel: Extent(1, 3, 3)),
    StencilCase(inputs: 6, outputs: 9, extent: Extent(6, 3, 48), kernel: Extent(3, 3, 3)),
  ]
  static let transposed: [StencilCase] = [
    StencilCase(
      inputs: 10, outputs: 10, extent: Extent(2, 4, 16), kernel: Extent(1, 1, 1), growth: Extent(2, 2, 2)),
    StencilCase(
      inputs: 20, outputs: 20, extent: Extent(3, 8, 16), kernel: Extent(1, 1, 1), growth: Extent(2, 1, 1)),
    StencilCase(
      inputs: 3, outputs: 5, extent: Extent(2, 3, 5), kernel: Extent(1, 1, 1), growth: Extent(2, 2, 2)),
    StencilCase(
      inputs: 1, outputs: 1, extent: Extent(1, 1, 1), kernel: Extent(1, 1, 1), growth: Extent(2, 1, 1)),
  ]
  static let composed: [StencilCase] = [
    StencilCase(
      inputs: 10, outputs: 1, extent: Extent(5, 4, 16), kernel: Extent(3, 3, 3), growth: Extent(2, 2, 2),
      between: 10),
    StencilCase(
      inputs: 20, outputs: 10, extent: Extent(2, 6, 16), kernel: Extent(1, 3, 3), growth: Extent(2, 1, 1),
      between: 20),
    StencilCase(
      inputs: 4, outputs: 6, extent: Extent(2, 4, 16), kernel: Extent(1, 3, 3), growth: Extent(2, 2, 2),
      between: 5),
    StencilCase(
      inputs: 3, outputs: 2, extent: Extent(3, 3, 5), kernel: Extent(3, 3, 3), growth: Extent(2, 2, 2),
      between: 4),
    StencilCase(
      inputs: 2, outputs: 3, extent: Extent(1, 1, 1), kernel: Extent(3, 3, 3), growth: Extent(2, 1, 1),
      between: 2),
  ]
}

/// What one case gave: output and the three gradients.
struct StencilResult: Equatable {
  var output: [Float] = []
  var inputGradient: [Float] = []
  var weightGradients: [[Float]] = []
}

@Suite("maps with a small neighbourhood: convolutions, transposed ones, and both in one")
struct StencilTests {
  @Test("a convolution is the seven loops", arguments: StencilCase.convolutions, InstructionSet.available)
  func convolution(sizes: StencilCase, instructionSet: InstructionSet) throws {
    var generator = SeededGenerator(seed: 1)
    let (k, e) = (sizes.kernel, sizes.extent)
    let x = NaiveTensor<Double>(
      NaiveTensor<Float>(shape: [sizes.batch, sizes.inputs, e.depth, e.height, e.width], using: &generator))
    let w = NaiveTensor<Double>(
      NaiveTensor<Float>(shape: [sizes.outputs, sizes.inputs, k.depth, k.height, k.width], using: &generator))
    let oracle = NaiveConvolution(weight: w)
    let y = oracle(x)
    let dy = NaiveTensor<Double>(NaiveTensor<Float>(shape: y.shape, using: &generator))

    let map = StencilMap.convolution(inputs: sizes.inputs, outputs: sizes.outputs, kernel: k)
    let found = try run(
      map, sizes, x, dy, weights: w.values.map(Float.init), .convolution(map), instructionSet)
    // Float sums of at most a thousand products.
    #expect(relativeError(found.output, y.values) < 2e-6)
    #expect(relativeError(found.inputGradient, oracle.inputGradient(dy).values) < 2e-6)
    #expect(relativeError(found.weightGradients[0], oracle.weightGradient(dy, input: x).values) < 2e-6)
  }

  @Test("a transposed convolution grows blocks", arguments: StencilCase.transposed, InstructionSet.available)
  func transposed(sizes: StencilCase, instructionSet: InstructionSet) throws {
    var generator = SeededGenerator(seed: 3)
    let (e, g) = (sizes.extent, sizes.growth)
    func random(_ shape: [Int]) -> NaiveTensor<Double> {
      NaiveTensor<Double>(NaiveTensor<Float>(shape: shape, using: &generator))
    }
    let oracle = NaiveTransposedConvolution(
      weight: random([sizes.inputs, sizes.outputs, g.depth, g.height, g.width]),
      bias: random([sizes.outputs]))
    let x = random([sizes.batch, sizes.inputs, e.depth, e.height, e.width])
    let dy = random(oracle(x).shape)
    #expect(try transposedConvolutionError(oracle, sizes, x, dy, instructionSet) < 2e-6)
  }

  @Test(
    "a transposed convolution and a convolution are one map", arguments: StencilCase.composed,
    InstructionSet.available)
  func composed(sizes: StencilCase, instructionSet: InstructionSet) throws {
    var generator = SeededGenerator(seed: 2)
    let (k, e, g) = (sizes.kernel, sizes.extent, sizes.growth)
    func random(_ shape: [Int]) -> NaiveTensor<Double> {
      NaiveTensor<Double>(NaiveTensor<Float>(shape: shape, using: &generator))
    }
    let x = random([sizes.batch, sizes.inputs, e.depth, e.height, e.width])
    let up = NaiveTransposedConvolution(
      weight: random([sizes.inputs, sizes.between, g.depth, g.height, g.width]),
      bias: random([1, sizes.between, 1, 1, 1]))
    let conv = NaiveConvolution(weight: random([sizes.outputs, sizes.between, k.depth, k.height, k.width]))
    let middle = up(x)
    let y = conv(middle)
    let dy = random(y.shape)
    let dMiddle = conv.inputGradient(dy)

    let budget = MemoryBudget()
    let workspace = KernelWorkspace(threads: 2, budget: budget, instructionSet: instructionSet)
    let composition = try Composition(
      inputs: sizes.inputs, between: sizes.between, outputs: sizes.outputs, growth: g, kernel: k,
      training: true,
      workspace: workspace, budget: budget)
    let (uw, ub, cw) = try (
      scratch(up.weight.values.map(Float.init)), scratch(up.bias!.values.map(Float.init)),
      scratch(conv.weight.values.map(Float.init))
    )
    let (duw, dub, dcw) = try (
      scratch(uw.zeros), scratch(ub.zeros), scratch(cw.zeros)
    )
    WorkTeam.run(threads: 2) { team in
      composition.compose(transposed: uw.cells, bias: ub.cells, convolution: cw.cells, team: team)
    }
    let found = try run(
      composition.map, sizes, x, dy, weights: array(composition.weights, composition.map.composedCount),
      .composed(composition.map), instructionSet)
    for (index, value) in found.weightGradients[0].enumerated() { composition.gradient.cells[index] = value }
    WorkTeam.run(threads: 2) { team in
      composition.addGradients(transposed: duw.cells, bias: dub.cells, convolution: dcw.cells, team: team)
    }
    #expect(relativeError(found.output, y.values) < 5e-6)
    #expect(relativeError(found.inputGradient, up.inputGradient(dMiddle).values) < 5e-6)
    #expect(
      relativeError(array(dcw, conv.weight.values.count), conv.weightGradient(dy, input: middle).values)
        < 5e-6)
    #expect(
      relativeError(array(duw, up.weight.values.count), up.weightGradient(dMiddle, input: x).values) < 5e-6)
    #expect(relativeError(array(dub, sizes.between), up.biasGradient(dMiddle).values) < 5e-6)
  }
}

extension Scratch where Element == Float {
  var zeros: [Float] { Array(repeating: 0, count: capacity) }
}

extension InstructionSet {
  /// Those that this processor has.
  static var available: [InstructionSet] { allCases.filter { $0.rawValue <= InstructionSet.best.rawValue } }
}

func run(
  _ map: StencilMap, _ sizes: StencilCase, _ x: NaiveTensor<Double>, _ dy: NaiveTensor<Double>,
  weights: [Float],
  _ strides: WeightStrides, _ instructionSet: InstructionSet, threads: Int = 2
) throws -> StencilResult {
  let budget = MemoryBudget()
  let workspace = KernelWorkspace(threads: threads, budget: budget, instructionSet: instructionSet)
  let plan = try StencilPlan(
    map: map, batch: sizes.batch, extent: sizes.extent, training: true, workspace: workspace, budget: budget)
  let (input, gradient, w) = try (
    scratch(x.values.map(Float.init)), scratch(dy.values.map(Float.init)), scratch(weights)
  )
  let (output, dx, dw) = try (
    scratch(dy.values.map { _ in .nan }), scratch(x.values.map { _ in .nan }), scratch(weights.map { _ in 0 })
  )
  WorkTeam.run(threads: threads) { team in
    plan.forward(
      Signal(input.cells), weights: w.cells, strides: strides, to: output.cells, moments: nil, team: team)
    plan.backward(
      input: Signal(input.cells), gradient: GradientSignal(gradient.cells), weights: w.cells,
      strides: strides,
      weightGradient: dw.cells, inputGradient: dx.cells, moments: nil, team: team)
  }
  return StencilResult(
    output: array(output, dy.values.count), inputGradient: array(dx, x.values.count),
    weightGradients: [array(dw, weights.count)])
}
