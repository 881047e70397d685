import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("the geometric loss")
struct GeometricLossTests {
  struct Found {
    var value: GeometricLoss.Value
    var gradient: [Float]
  }

  func run(
    _ loss: GeometricLoss, _ logits: NaiveTensor<Double>, _ target: NaiveTensor<Double>, weight: Double = 1,
    extra: [Double]? = nil, threads: Int = 2
  ) throws -> Found {
    let budget = MemoryBudget()
    let shape = tensorShape(logits.shape)
    let workspace = KernelWorkspace(threads: threads, budget: budget)
    let tensors = try (0..<5).map { _ in try Tensor(shape, budget: budget) }
    try tensors[0].fill(from: logits.values.map { Float($0) })
    try tensors[2].fill(from: target.values.map { Float($0) })
    if let extra { try tensors[3].fill(from: extra.map { Float($0) }) }
    let scratch = try Scratch<Float>(count: GeometricLoss.scratchCount(shape), budget: budget)
    let value = WorkTeam.run(threads: threads) { team in
      workspace.sigmoid(tensors[0].values, count: shape.count, to: tensors[1].values, team: team)
      return loss(
        logits: tensors[0].values, probabilities: tensors[1].values, target: tensors[2].values, shape: shape,
        weight: weight, extraGradient: extra == nil ? nil : tensors[3].values, gradient: tensors[4].values,
        scratch: scratch.cells, workspace: workspace, team: team)
    }
    withExtendedLifetime((tensors, scratch)) {}
    return Found(value: value, gradient: tensors[4].array)
  }

  /// A batch of three; 2 x 4 x 5 voxels, and more than one block of the sums.
  static let shapes = [[3, 1, 2, 4, 5], [2, 1, 5, 60, 61]]

  func batch(_ shape: [Int]) -> (logits: NaiveTensor<Double>, target: NaiveTensor<Double>) {
    var generator = SeededGenerator(seed: 121)
    return (
      NaiveTensor(shape: shape, in: -4...4, using: &generator),
      NaiveTensor(shape: shape, in: 0...1, using: &generator)
    )
  }

  @Test("value and gradient over the whole batch", arguments: shapes)
  func wholeBatch(shape: [Int]) throws {
    let (z, y) = batch(shape)
    for (entropy, oracle, part) in [
      (GeometricLoss.CrossEntropy.ordinary, NaiveNetworkLoss.combined, NaiveNetworkLoss.crossEntropy),
      (.swappedArguments, .swappedCombined, .swappedCrossEntropy),
    ] {
      let found = try run(GeometricLoss(crossEntropy: entropy), z, y)
      let expected = oracle(logits: z, target: y)
      // Sums of thousands of Floats.
      #expect(abs(found.value.combined - expected.value) < 2e-6)
      #expect(abs(found.value.dice - NaiveNetworkLoss.dice(logits: z, target: y).value) < 2e-6)
      #expect(abs(found.value.crossEntropy - part(logits: z, target: y).value) < 2e-6)
      #expect(relativeError(found.gradient, expected.gradient.values) < 2e-6)
    }
  }

  @Test("Dice of each sample, and their mean", arguments: shapes)
  func perSample(shape: [Int]) throws {
    let (z, y) = batch(shape)
    let found = try run(GeometricLoss(dice: .perSample), z, y)
    let samples = shape[0]
    let voxels = z.values.count / samples
    var (dice, gradient) = (0.0, [Double]())
    let entropy = NaiveNetworkLoss.crossEntropy(logits: z, target: y)
    for sample in 0..<samples {
      let range = sample * voxels..<(sample + 1) * voxels
      let one = NaiveNetworkLoss.dice(
        logits: NaiveTensor(shape: [voxels], values: Array(z.values[range])),
        target: NaiveTensor(shape: [voxels], values: Array(y.values[range])))
      dice += one.value / Double(samples)
      gradient += zip(one.gradient.values, entropy.gradient.values[range]).map {
        $0 / Double(samples) + $1 / 2
      }
    }
    #expect(abs(found.value.dice - dice) < 2e-6)
    #expect(abs(found.value.combined - dice - entropy.value / 2) < 2e-6)
    #expect(relativeError(found.gradient, gradient) < 2e-6)
  }

  @Test("the weight scales the gradient, but not the one that is added")
  func weightAndExtraGradient() throws {
    let (z, y) = batch(Self.shapes[0])
    var generator = SeededGenerator(seed: 122)
    let extra = NaiveTensor<Double>(shape: z.shape, using: &generator)
    for (entropy, oracle) in [
      (GeometricLoss.CrossEntropy.ordinary, NaiveNetworkLoss.combined), (.swappedArguments, .swappedCombined),
    ] {
      let found = try run(GeometricLoss(crossEntropy: entropy), z, y, weight: 0.3, extra: extra.values)
      let added = naiveSigmoidGradient(extra, output: naiveSigmoid(z))
      let expected = zip(oracle(logits: z, target: y).gradient.values, added.values).map { 0.3 * $0 + $1 }
      #expect(relativeError(found.gradient, expected) < 2e-6)
      // The value knows neither.
      #expect(abs(found.value.combined - oracle(logits: z, target: y).value) < 2e-6)
    }
  }

  @Test("certain answers, right and wrong, and empty targets have finite values and gradients")
  func extremes() throws {
    let shape = [2, 1, 1, 2, 3]
    let logits: [Double] = [1e4, -1e4, 1e4, -1e4, 0, 90, -90, 1e4, -1e4, 30, -30, 0]
    for target in [
      [Double](repeating: 0, count: 12), [Double](repeating: 1, count: 12),
      [1, 0, 0, 1, 0.5, 0, 1, 1, 1, 0, 1, 0],
    ] {
      let (z, y) = (NaiveTensor(shape: shape, values: logits), NaiveTensor(shape: shape, values: target))
      for (entropy, oracle) in [
        (GeometricLoss.CrossEntropy.ordinary, NaiveNetworkLoss.combined),
        (.swappedArguments, .swappedCombined),
      ] {
        let found = try run(GeometricLoss(crossEntropy: entropy), z, y)
        let expected = oracle(logits: z, target: y)
        #expect(abs(found.value.combined - expected.value) < 1e-6 * max(1, expected.value))
        #expect(relativeError(found.gradient, expected.gradient.values) < 2e-6)
      }
    }
  }

  @Test("the value alone, and the same bits for any number of threads")
  func threads() throws {
    let (z, y) = batch(Self.shapes[1])
    let reference = try run(GeometricLoss(), z, y, threads: 1)
    for threads in [2, 3, 4, 7] {
      let found = try run(GeometricLoss(), z, y, threads: threads)
      #expect(found.value == reference.value && found.gradient == reference.gradient)
    }
  }
}

@Suite("binary cross entropy of a few numbers")
struct BinaryCrossEntropyTests {
  let logits: [Double] = [0, 1.5, -2, 20, -20, 90, -90, 1e4, -1e4]

  func memory(_ values: [Double]) throws -> Scratch<Float> {
    let memory = try Scratch<Float>(count: values.count, budget: MemoryBudget())
    for (index, value) in values.enumerated() { memory.cells[index] = Float(value) }
    return memory
  }

  @Test("from logits", arguments: [0, 1, 0.9])
  func ofLogits(target: Double) throws {
    let (z, gradient) = try (memory(logits), memory(logits))
    let found = BinaryCrossEntropy.ofLogits(
      z.cells, target: Float(target), count: logits.count, weight: 0.25, gradient: gradient.cells)
    let expected = NaiveNetworkLoss.crossEntropy(
      logits: NaiveTensor(shape: [logits.count], values: logits),
      target: NaiveTensor(shape: [logits.count], values: logits.map { _ in Double(Float(target)) }))
    #expect(abs(found - expected.value) < 1e-12 * expected.value)
    #expect(
      relativeError(floats(gradient.cells, logits.count), expected.gradient.values.map { 0.25 * $0 }) < 1e-7)
    #expect(
      BinaryCrossEntropy.ofLogits(z.cells, target: Float(target), count: logits.count, gradient: nil) == found
    )
    withExtendedLifetime((z, gradient)) {}
  }

  @Test("from probabilities, certain ones too")
  func ofProbabilities() throws {
    let (p, y) = ([0, 1, 0, 1, 0.5, 0.25, 0.875, 1e-20], [0, 1, 1, 0, 0.5, 1, 0.25, 1.0])
    let (probabilities, targets, gradient) = try (memory(p), memory(y), memory(p))
    let found = BinaryCrossEntropy.ofProbabilities(
      probabilities.cells, targets: targets.cells, count: p.count, gradient: gradient.cells)
    let exact = floats(probabilities.cells, p.count).map(Double.init)
    let expected = NaiveNetworkLoss.crossEntropy(
      prediction: NaiveTensor(shape: [p.count], values: exact),
      target: NaiveTensor(shape: [p.count], values: y))
    #expect(abs(found - expected.value) < 1e-12 * expected.value)
    for (found, expected) in zip(floats(gradient.cells, p.count), expected.gradient.values) {
      #expect(abs(Double(found) - expected) <= 1e-7 * abs(expected))
    }
    withExtendedLifetime((probabilities, targets)) {}
  }
}
