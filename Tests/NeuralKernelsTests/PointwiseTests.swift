import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralKernels

@Suite("voxel by voxel: losses, the optimiser, sums")
struct PointwiseTests {
  /// Around one lane, around one block of the shares, several blocks and a rest.
  static let counts = [
    1, 3, 4, 15, 16, 17, 31, 100, KernelWorkspace.blockLength, 2 * KernelWorkspace.blockLength + 37,
  ]

  func workspace(_ instructionSet: InstructionSet) -> KernelWorkspace {
    KernelWorkspace(threads: 2, budget: MemoryBudget(), instructionSet: instructionSet)
  }

  @Test("the sums of the losses, and their gradient", arguments: InstructionSet.available)
  func losses(instructionSet: InstructionSet) throws {
    let workspace = workspace(instructionSet)
    var generator = SeededGenerator(seed: 51)
    for count in Self.counts {
      let memory = TestMemory()
      let z = try memory.random(count, in: -8...8, using: &generator)
      let y = try memory.random(count, in: 0...1, using: &generator)
      let extra = try memory.random(count, using: &generator)
      let (p, back) = try (memory.floats(count), memory.floats(count))
      let partial = try memory.floats(KernelWorkspace.lossPartialCount(count))
      var gradients = [try memory.floats(count), try memory.floats(count)]
      let (slope, offset, entropy): (Float, Float, Float) = (-0.3, 0.2, 0.7)
      var sums = KernelWorkspace.LossSums()
      WorkTeam.run(threads: 2) { team in
        workspace.sigmoid(z, count: count, to: p, team: team)
        sums = workspace.lossSums(
          logits: z, probabilities: p, target: y, count: count, partial: partial, team: team)
        workspace.sigmoidBackward(extra, output: p, count: count, to: back, team: team)
        for (index, extra) in [extra, nil].enumerated() {
          workspace.lossGradient(
            probabilities: p, target: y, extra: extra, count: count, slope: slope, offset: offset,
            entropy: entropy, to: gradients[index], team: team)
        }
      }
      let z64 = NaiveTensor(shape: [count], values: z.array(count).map(Double.init))
      let p64 = naiveSigmoid(z64)
      var exact = (product: 0.0, prediction: 0.0, target: 0.0)
      var worst = 0.0
      for index in 0..<count {
        let (p, y, g) = (p64.values[index], Double(y[index]), Double(extra[index]))
        exact.product += p * y
        exact.prediction += p
        exact.target += y
        let outer = Double(slope) * y + Double(offset)
        for (found, wanted) in [
          (back[index], g * p * (1 - p)),
          (gradients[0][index], (outer + g) * p * (1 - p) + Double(entropy) * (p - y)),
          (gradients[1][index], outer * p * (1 - p) + Double(entropy) * (p - y)),
        ] {
          let error = abs(Double(found) - wanted)
          worst = error <= worst ? worst : error.isNaN ? .infinity : error
        }
      }
      // A few roundings of numbers below 1.
      #expect(worst < 4e-7, "\(count)")
      let entropySum =
        NaiveNetworkLoss.crossEntropy(
          logits: z64, target: NaiveTensor(shape: [count], values: y.array(count).map(Double.init))
        ).value * Double(count)
      // Sums of a block are Floats of up to 16384 terms in at least 4 lanes.
      for (found, wanted) in [
        (sums.product, exact.product), (sums.prediction, exact.prediction), (sums.target, exact.target),
        (sums.crossEntropy, entropySum),
      ] {
        #expect(abs(found - wanted) < 5e-6 * wanted, "\(count)")
      }
      gradients = []
      memory.end()
    }
  }

  @Test("Adam takes the steps of the definition", arguments: InstructionSet.available, [0, 0.01])
  func adam(instructionSet: InstructionSet, weightDecay: Double) throws {
    let workspace = workspace(instructionSet)
    var generator = SeededGenerator(seed: 52)
    for count in Self.counts {
      let memory = TestMemory()
      var twin = NaiveAdam<Double>()
      (twin.learningRate, twin.weightDecay) = (1e-2, weightDecay)
      let weights = try memory.random(count, using: &generator)
      var expected = ["w": NaiveTensor(shape: [count], values: weights.array(count).map(Double.init))]
      let (first, second) = try (memory.floats(count, repeating: 0), memory.floats(count, repeating: 0))
      var (power1, power2) = (1.0, 1.0)
      for _ in 1...4 {
        let gradient = try memory.random(count, using: &generator)
        (power1, power2) = (power1 * twin.beta1, power2 * twin.beta2)
        // Scaled by a power of 2, so that the twin gets the same gradient.
        let scaled = NaiveTensor(shape: [count], values: gradient.array(count).map { 0.5 * Double($0) })
        twin.step(&expected, along: ["w": scaled])
        let numbers = KernelWorkspace.AdamNumbers(
          beta1: twin.beta1, beta2: twin.beta2, stepSize: Float(1e-2 / (1 - power1)),
          rootCorrection: Float(1 / (1 - power2).squareRoot()), epsilon: 1e-8,
          weightDecay: Float(weightDecay), gradientScale: 0.5)
        WorkTeam.run(threads: 2) { team in
          workspace.adamStep(
            weights: weights, gradient: gradient, first: first, second: second, count: count,
            numbers: numbers, team: team)
        }
      }
      // Four steps of at most 0.02, each good for a few parts in 10^7.
      #expect(relativeError(weights.array(count), expected["w"]?.values ?? []) < 5e-7, "\(count)")
      memory.end()
    }
  }

  @Test("sums of arrays and of squares", arguments: InstructionSet.available)
  func sums(instructionSet: InstructionSet) throws {
    let workspace = workspace(instructionSet)
    var generator = SeededGenerator(seed: 53)
    for count in Self.counts {
      let memory = TestMemory()
      let source = try memory.random(count, using: &generator)
      let before = try memory.random(count, using: &generator).array(count)
      let target = try memory.floats(before, spare: 20)
      WorkTeam.run(threads: 2) { team in workspace.add(source, to: target, count: count, team: team) }
      #expect(target.array(count) == zip(before, source.array(count)).map { $0 + $1 })
      #expect(target.array(count..<count + 20).allSatisfy { $0 == TestMemory.untouched })
      let squares = source.array(count).reduce(0) { $0 + Double($1) * Double($1) }
      #expect(abs(workspace.sumOfSquares(source, count: count) - squares) < 1e-6 * squares, "\(count)")
      memory.end()
    }
  }
}
