import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralKernels

/// Hundreds of small shapes, drawn at random, through the loops of the oracles.
@Suite("random shapes of maps")
struct StencilSweepTests {
  enum Kind: CaseIterable { case convolution, transposed, composed }

  struct Drawn: CustomStringConvertible {
    var kind: Kind
    var sizes: StencilCase
    var instructionSet: InstructionSet
    var threads: Int
    var description: String {
      "\(kind) \(sizes) batch \(sizes.batch), \(instructionSet), \(threads) threads"
    }

    init(_ number: Int, using generator: inout SeededGenerator) {
      let sets = InstructionSet.available
      kind = Kind.allCases[number % 3]
      instructionSet = sets[number / 3 % sets.count]
      threads = 1 + number % 4
      func odd() -> Int { [1, 3, 3, 5].randomElement(using: &generator) ?? 1 }
      func one(_ most: Int) -> Int { Int.random(in: 1...most, using: &generator) }
      repeat {
        sizes = StencilCase(
          inputs: one(23), outputs: one(23), extent: Extent(one(40), one(40), one(40)),
          kernel: kind == .transposed ? Extent(1, 1, 1) : Extent(odd(), odd(), odd()),
          growth: kind == .convolution ? Extent(1, 1, 1) : Extent(one(2), one(2), one(2)),
          between: kind == .composed ? one(12) : 0, batch: one(3))
        // Every second case has rows of whole lanes.
        if number % 2 == 0 { sizes.extent.width = 16 * one(2) }
      } while work > 600_000
    }

    /// Multiply-adds of the forward pass.
    var work: Int {
      let channels =
        kind == .composed
        ? sizes.between * (sizes.inputs + sizes.outputs * sizes.kernel.count)
        : sizes.inputs * sizes.outputs * sizes.kernel.count
      return sizes.batch * sizes.extent.count * sizes.growth.count * channels
    }
  }

  @Test("outputs and gradients are those of the loops")
  func sweep() throws {
    let seed: UInt64 = 71
    var generator = SeededGenerator(seed: seed)
    var tally = Tally("network stencils", seed: seed)
    for number in 0..<Tier.cases(300, release: 3_000) {
      let drawn = Drawn(number, using: &generator)
      // Float sums of up to a hundred thousand products that nearly cancel, against the largest value of
      // each tensor: 6e-8 times the root of their number. A wrong tap is an error of its own size.
      let error =
        switch drawn.kind {
        case .convolution: try convolutionError(drawn, &generator)
        case .transposed: try transposedError(drawn, &generator)
        case .composed: try composedError(drawn, &generator)
        }
      tally.check(error: error, atMost: 5e-5, "case \(number): \(drawn)")
    }
    tally.report()
    #expect(tally.passed == tally.run, Comment(rawValue: tally.firstFailure ?? ""))
  }

  func random(_ shape: [Int], _ generator: inout SeededGenerator) -> NaiveTensor<Double> {
    NaiveTensor<Double>(NaiveTensor<Float>(shape: shape, using: &generator))
  }

  func input(_ s: StencilCase, _ generator: inout SeededGenerator) -> NaiveTensor<Double> {
    random([s.batch, s.inputs, s.extent.depth, s.extent.height, s.extent.width], &generator)
  }

  func convolutionError(_ drawn: Drawn, _ generator: inout SeededGenerator) throws -> Double {
    let (s, k) = (drawn.sizes, drawn.sizes.kernel)
    let x = input(s, &generator)
    let oracle = NaiveConvolution(
      weight: random([s.outputs, s.inputs, k.depth, k.height, k.width], &generator))
    let y = oracle(x)
    let dy = random(y.shape, &generator)
    let map = StencilMap.convolution(inputs: s.inputs, outputs: s.outputs, kernel: k)
    let found = try run(
      map, s, x, dy, weights: oracle.weight.values.map { Float($0) }, .convolution(map), drawn.instructionSet,
      threads: drawn.threads)
    return max(
      relativeError(found.output, y.values),
      relativeError(found.inputGradient, oracle.inputGradient(dy).values),
      relativeError(found.weightGradients[0], oracle.weightGradient(dy, input: x).values))
  }

  func transposedError(_ drawn: Drawn, _ generator: inout SeededGenerator) throws -> Double {
    let (s, g) = (drawn.sizes, drawn.sizes.growth)
    let x = input(s, &generator)
    let oracle = NaiveTransposedConvolution(
      weight: random([s.inputs, s.outputs, g.depth, g.height, g.width], &generator),
      bias: random([s.outputs], &generator))
    return try transposedConvolutionError(
      oracle, s, x, random(oracle(x).shape, &generator), drawn.instructionSet, threads: drawn.threads)
  }

  func composedError(_ drawn: Drawn, _ generator: inout SeededGenerator) throws -> Double {
    let (s, g, k) = (drawn.sizes, drawn.sizes.growth, drawn.sizes.kernel)
    let x = input(s, &generator)
    let up = NaiveTransposedConvolution(
      weight: random([s.inputs, s.between, g.depth, g.height, g.width], &generator),
      bias: random([s.between], &generator))
    let conv = NaiveConvolution(
      weight: random([s.outputs, s.between, k.depth, k.height, k.width], &generator))
    let middle = up(x)
    let y = conv(middle)
    let dy = random(y.shape, &generator)
    let dMiddle = conv.inputGradient(dy)

    let memory = TestMemory()
    let budget = MemoryBudget()
    let workspace = KernelWorkspace(
      threads: drawn.threads, budget: budget, instructionSet: drawn.instructionSet)
    let composition = try Composition(
      inputs: s.inputs, between: s.between, outputs: s.outputs, growth: g, kernel: k, training: true,
      workspace: workspace, budget: budget)
    let (uw, ub, cw) = try (
      memory.floats(up.weight.values), memory.floats(up.bias?.values ?? []), memory.floats(conv.weight.values)
    )
    let (duw, dub, dcw) = try (
      memory.floats(up.weight.values.count, repeating: 0), memory.floats(s.between, repeating: 0),
      memory.floats(conv.weight.values.count, repeating: 0)
    )
    WorkTeam.run(threads: drawn.threads) { team in
      composition.compose(transposed: uw, bias: ub, convolution: cw, team: team)
    }
    let found = try run(
      composition.map, s, x, dy, weights: array(composition.weights, composition.map.composedCount),
      .composed(composition.map), drawn.instructionSet, threads: drawn.threads)
    for (index, value) in found.weightGradients[0].enumerated() { composition.gradient.cells[index] = value }
    WorkTeam.run(threads: drawn.threads) { team in
      composition.addGradients(transposed: duw, bias: dub, convolution: dcw, team: team)
    }
    let error = max(
      relativeError(found.output, y.values),
      relativeError(found.inputGradient, up.inputGradient(dMiddle).values),
      relativeError(dcw.array(conv.weight.values.count), conv.weightGradient(dy, input: middle).values),
      relativeError(duw.array(up.weight.values.count), up.weightGradient(dMiddle, input: x).values),
      relativeError(dub.array(s.between), up.biasGradient(dMiddle).values))
    withExtendedLifetime(composition) {}
    memory.end()
    return error
  }
}

/// Weights `[in][out][growth]` and the bias in the order of ``WeightStrides/composed(_:)``: parity, tap
/// (there is one), output, column; the bias is the column of ones.
func arranged(_ up: NaiveTransposedConvolution<Double>, _ map: StencilMap) -> [Float] {
  let strides = WeightStrides.composed(map)
  var weights = [Float](repeating: 0, count: map.composedCount)
  for parity in 0..<map.parities {
    for output in 0..<map.outputs {
      let row = parity * strides.parity + output * strides.output
      for input in 0..<map.inputs {
        weights[row + input * strides.column] = Float(
          up.weight.values[(input * map.outputs + output) * map.parities + parity])
      }
      weights[row + map.inputs * strides.column] = Float(up.bias?.values[output] ?? 0)
    }
  }
  return weights
}

/// The largest relative error of output, input gradient, weight gradient and bias gradient.
func transposedConvolutionError(
  _ oracle: NaiveTransposedConvolution<Double>, _ sizes: StencilCase, _ x: NaiveTensor<Double>,
  _ dy: NaiveTensor<Double>, _ instructionSet: InstructionSet, threads: Int = 2
) throws -> Double {
  let map = StencilMap.transposed(inputs: sizes.inputs, outputs: sizes.outputs, growth: sizes.growth)
  let found = try run(
    map, sizes, x, dy, weights: arranged(oracle, map), .composed(map), instructionSet, threads: threads)
  let gradient = NaiveTransposedConvolution(
    weight: oracle.weightGradient(dy, input: x), bias: oracle.biasGradient(dy))
  // The bias has a place, and a gradient, at every position of the block: the sum of these is its own.
  let strides = WeightStrides.composed(map)
  var (weights, biases) = ([Float](), [Float](repeating: 0, count: map.outputs))
  for input in 0..<map.inputs {
    for output in 0..<map.outputs {
      for parity in 0..<map.parities {
        weights.append(
          found.weightGradients[0][
            parity * strides.parity + output * strides.output + input * strides.column])
      }
    }
  }
  for output in 0..<map.outputs {
    for parity in 0..<map.parities {
      biases[output] +=
        found.weightGradients[0][
          parity * strides.parity + output * strides.output + map.inputs * strides.column]
    }
  }
  return max(
    relativeError(found.output, oracle(x).values),
    relativeError(found.inputGradient, oracle.inputGradient(dy).values),
    relativeError(weights, gradient.weight.values),
    relativeError(biases, gradient.bias?.values ?? []))
}
