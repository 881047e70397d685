import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import NeuralNetwork

/// A chain and the volumes that go through it.
struct ChainCase: Sendable, CustomStringConvertible {
  var description: String
  var input: [Int]
  var layers: [NaiveLayer]

  init(_ description: String, _ input: [Int], _ layers: [NaiveLayer]) {
    (self.description, self.input, self.layers) = (description, input, layers)
  }

  /// Every layer alone, and every pair of neighbours that hand something pending to each other, or must not.
  static let all: [ChainCase] = [
    ChainCase("convolution", [2, 3, 2, 5, 6], [.convolution("c", weight: [4, 3, 3, 3, 3])]),
    ChainCase(
      "transposed convolution", [2, 3, 2, 4, 5], [.transposedConvolution("u", weight: [3, 4, 2, 2, 2])]),
    ChainCase(
      "transposed, depth only", [2, 3, 3, 4, 16], [.transposedConvolution("u", weight: [3, 2, 2, 1, 1])]),
    ChainCase("batch norm", [3, 2, 2, 4, 5], [.batchNorm("b", channels: 2)]),
    ChainCase("pooling", [2, 3, 2, 5, 7], [.maxPooling([1, 2, 2])]),
    ChainCase("ReLU", [2, 3, 2, 5, 7], [.relu]),
    ChainCase("sigmoid", [2, 3, 2, 5, 7], [.sigmoid]),
    ChainCase("linear", [3, 2, 1, 2, 2], [.linear("l", outputs: 3, inputs: 8)]),
    ChainCase(
      "convolution, batch norm, ReLU, convolution", [2, 2, 3, 6, 16],
      [
        .convolution("c", weight: [5, 2, 1, 3, 3]), .batchNorm("b", channels: 5), .relu,
        .convolution("d", weight: [3, 5, 3, 3, 3]),
      ]),
    ChainCase(
      "two blocks and a pooling", [2, 2, 2, 8, 16],
      [
        .convolution("c", weight: [4, 2, 1, 3, 3]), .batchNorm("b", channels: 4), .relu,
        .convolution("d", weight: [4, 4, 1, 3, 3]), .batchNorm("e", channels: 4), .relu,
        .maxPooling([1, 2, 2]),
        .convolution("f", weight: [3, 4, 1, 3, 3]),
      ]),
    ChainCase(
      "batch norm first and last", [2, 2, 2, 4, 5],
      [
        .batchNorm("a", channels: 2), .convolution("c", weight: [3, 2, 1, 3, 3]),
        .batchNorm("b", channels: 3),
      ]),
    ChainCase(
      "ReLU first and last", [2, 2, 2, 4, 5],
      [.relu, .convolution("c", weight: [3, 2, 1, 3, 3]), .batchNorm("b", channels: 3), .relu]),
    ChainCase(
      "pooling in front of batch norm", [2, 2, 2, 6, 8],
      [
        .convolution("c", weight: [3, 2, 1, 3, 3]), .maxPooling([1, 2, 2]), .batchNorm("b", channels: 3),
        .relu,
        .convolution("d", weight: [2, 3, 1, 3, 3]),
      ]),
    ChainCase(
      "pooling behind a batch norm alone", [2, 3, 2, 6, 8],
      [.batchNorm("b", channels: 3), .maxPooling([2, 2, 2]), .convolution("d", weight: [2, 3, 1, 3, 3])]),
    ChainCase(
      "pooling behind a ReLU alone", [2, 3, 2, 6, 8],
      [
        .convolution("c", weight: [3, 3, 1, 3, 3]), .relu, .maxPooling([2, 3, 3]),
        .batchNorm("b", channels: 3),
      ]),
    ChainCase(
      "sigmoids between batch norms", [2, 2, 2, 4, 5],
      [
        .convolution("c", weight: [3, 2, 1, 3, 3]), .sigmoid, .batchNorm("a", channels: 3), .relu, .sigmoid,
        .batchNorm("b", channels: 3), .relu, .convolution("d", weight: [2, 3, 1, 3, 3]), .sigmoid,
      ]),
    ChainCase(
      "ReLU twice", [2, 2, 2, 4, 5], [.convolution("c", weight: [3, 2, 1, 3, 3]), .relu, .relu, .sigmoid]),
    ChainCase(
      "batch norm twice", [2, 2, 2, 4, 5],
      [.batchNorm("a", channels: 2), .batchNorm("b", channels: 2), .relu, .maxPooling([1, 2, 2])]),
    ChainCase(
      "batch norm, ReLU, batch norm", [2, 2, 2, 4, 5],
      [.batchNorm("a", channels: 2), .relu, .batchNorm("b", channels: 2), .relu, .relu]),
    ChainCase(
      "decoder", [2, 4, 2, 4, 8],
      [
        .convolution("c", weight: [4, 4, 1, 3, 3]), .batchNorm("a", channels: 4), .relu,
        .transposedConvolution("u", weight: [4, 3, 2, 1, 1]), .convolution("d", weight: [3, 3, 1, 3, 3]),
        .batchNorm("b", channels: 3), .relu, .transposedConvolution("v", weight: [3, 3, 2, 2, 2]),
        .convolution("e", weight: [1, 3, 3, 3, 3]), .sigmoid,
      ]),
    ChainCase(
      "transposed convolution and batch norm", [2, 2, 2, 3, 4],
      [
        .batchNorm("a", channels: 2), .relu, .transposedConvolution("u", weight: [2, 3, 2, 2, 2]),
        .batchNorm("b", channels: 3), .relu, .transposedConvolution("v", weight: [3, 2, 1, 2, 1]),
      ]),
    ChainCase(
      "discriminator", [2, 1, 4, 8, 8],
      [
        .convolution("c", weight: [3, 1, 3, 3, 3]), .batchNorm("a", channels: 3), .relu,
        .maxPooling([2, 2, 2]),
        .convolution("d", weight: [4, 3, 3, 3, 3]), .batchNorm("b", channels: 4), .relu,
        .maxPooling([2, 2, 2]),
        .linear("l", outputs: 3, inputs: 16), .relu, .linear("m", outputs: 1, inputs: 3), .sigmoid,
      ]),
    ChainCase(
      "batch norm of features", [6, 4, 1, 1, 1],
      [
        .linear("l", outputs: 5, inputs: 4), .batchNorm("b", channels: 5), .relu,
        .linear("m", outputs: 3, inputs: 5), .batchNorm("e", channels: 3),
      ]),
  ]
}

@Suite("chains of layers")
struct SequentialTests {
  /// Float against Double through up to a dozen layers; batch norm over few voxels enlarges roundings.
  static let tolerance = 3e-5

  struct Prepared {
    var chain: NaiveChain<Double>
    var (x, dy): (NaiveTensor<Double>, NaiveTensor<Double>)

    init(_ one: ChainCase, seed: UInt64 = 7) {
      var generator = SeededGenerator(seed: seed)
      chain = NaiveChain(one.layers, using: &generator)
      x = NaiveTensor(shape: one.input, using: &generator)
      dy = NaiveTensor(shape: chain.forward(x, training: true).output.shape, using: &generator)
    }
  }

  @Test(
    "output, gradients and running statistics are those of the plain loops", arguments: ChainCase.all,
    [Sequential.Fusion.fused, .writtenOut])
  func oracle(one: ChainCase, fusion: Sequential.Fusion) throws {
    let prepared = Prepared(one)
    for training in [true, false] {
      let expected = Expected(prepared.chain, prepared.x, prepared.dy, training: training)
      for composes in [true, false] {
        let engine = try EngineChain(prepared.chain, fusion: fusion, composes: composes)
        let found = try engine.run(prepared.x, gradient: prepared.dy, training: training)
        let (error, name) = expected.worstError(of: found)
        #expect(error < Self.tolerance, "\(name), training \(training), composes \(composes)")
      }
    }
  }

  @Test("chains in chains", arguments: ChainCase.all.filter { $0.layers.count > 1 })
  func nested(one: ChainCase) throws {
    let prepared = Prepared(one)
    let expected = Expected(prepared.chain, prepared.x, prepared.dy, training: true)
    for place in 0...one.layers.count {
      for fusion in [Sequential.Fusion.fused, .writtenOut] {
        let engine = try EngineChain(prepared.chain, fusion: fusion, nesting: .splitAt(place))
        let found = try engine.run(prepared.x, gradient: prepared.dy, training: true)
        let (error, name) = expected.worstError(of: found)
        #expect(error < Self.tolerance, "\(name), split at \(place), \(fusion)")
      }
    }
  }

  @Test("prediction, where outputs take turns in two buffers", arguments: ChainCase.all)
  func prediction(one: ChainCase) throws {
    let prepared = Prepared(one)
    let expected = prepared.chain.forward(prepared.x, training: false).output
    for fusion in [Sequential.Fusion.fused, .writtenOut] {
      let engine = try EngineChain(prepared.chain, fusion: fusion, composes: true)
      let shape = tensorShape(one.input)
      let (plan, outputShape) = try engine.network.plan(for: shape, training: false)
      let input = try Tensor(shape, budget: engine.budget)
      try input.fill(from: prepared.x.values.map { Float($0) })
      WorkTeam.run(threads: 2) { team in
        var pass = Pass(.evaluation, plan: plan, team: team)
        // The second and third time with weights that are known to be the same.
        for round in 0..<3 {
          pass.weightsAreUnchanged = round > 0
          let found = engine.network.chain.forward(
            Activations(Signal(input.values), shape: shape), pass: pass)
          #expect(
            relativeError(floats(found.signal.values, outputShape.count), expected.values) < Self.tolerance)
        }
      }
      withExtendedLifetime(input) {}
    }
  }

  @Test("the same bits for any number of threads and every repeat", arguments: ChainCase.all)
  func threads(one: ChainCase) throws {
    let prepared = Prepared(one)
    let reference = try EngineChain(prepared.chain, composes: true, threads: 1)
      .run(prepared.x, gradient: prepared.dy, training: true)
    for threads in [1, 2, 3, 4, 7] {
      let engine = try EngineChain(prepared.chain, composes: true, threads: threads)
      #expect(try engine.run(prepared.x, gradient: prepared.dy, training: true) == reference)
      // Again in the same memory; running statistics have moved on.
      let again = try engine.run(prepared.x, gradient: prepared.dy, training: true)
      #expect(again.output == reference.output && again.parameters == reference.parameters)
      #expect(again.inputGradient == reference.inputGradient)
    }
  }

  @Test("what nobody wants is left out, and the rest is the same", arguments: ChainCase.all)
  func whatIsWanted(one: ChainCase) throws {
    let prepared = Prepared(one)
    let engine = try EngineChain(prepared.chain)
    let all = try engine.run(prepared.x, gradient: prepared.dy, training: true)
    let weightsOnly = try engine.run(
      prepared.x, gradient: prepared.dy, training: true, needsInputGradient: false)
    #expect(weightsOnly.parameters == all.parameters)
    #expect(weightsOnly.inputGradient == nil)
    let inputOnly = try engine.run(
      prepared.x, gradient: prepared.dy, training: true, sumsWeightGradients: false)
    #expect(inputOnly.inputGradient == all.inputGradient)
    #expect(inputOnly.parameters.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  @Test("random chains")
  func randomChains() throws {
    let seed: UInt64 = 91
    var generator = SeededGenerator(seed: seed)
    var tally = Tally("network chains", seed: seed)
    for number in 0..<Tier.cases(150, release: 1_500) {
      let one = Self.draw(number, using: &generator)
      let prepared = Prepared(one, seed: UInt64(number))
      for training in [true, false] {
        let expected = Expected(prepared.chain, prepared.x, prepared.dy, training: training)
        let engine = try EngineChain(
          prepared.chain, fusion: number % 3 == 0 ? .writtenOut : .fused, composes: number % 2 == 0,
          threads: 1 + number % 3,
          instructionSet: InstructionSet(rawValue: Int32(number % 3)).flatMap {
            $0.rawValue <= InstructionSet.best.rawValue ? $0 : nil
          } ?? .portable)
        let (error, name) = expected.worstError(
          of: try engine.run(prepared.x, gradient: prepared.dy, training: training))
        // Batch norms over values that hardly differ enlarge roundings up to a hundredfold each;
        // faults show as parts of the values.
        tally.check(
          error: error, atMost: 5e-3, "case \(number), training \(training), \(name): \(one.layers)")
      }
    }
    tally.report()
    #expect(tally.passed == tally.run, Comment(rawValue: tally.firstFailure ?? ""))
  }

  /// One to seven layers, volumes of at least 18 voxels per channel in all.
  static func draw(_ number: Int, using generator: inout SeededGenerator) -> ChainCase {
    func one(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var shape = [2, one(1...4), one(1...3), one(3...8), one(3...17)]
    let input = shape
    var layers: [NaiveLayer] = []
    for index in 0..<one(1...7) {
      switch one(0...6) {
      case 0:
        let outputs = one(1...5)
        let kernel = [2 * one(0...1) + 1, 2 * one(0...1) + 1, 2 * one(0...1) + 1]
        layers.append(.convolution("l\(index)", weight: [outputs, shape[1]] + kernel))
        shape[1] = outputs
      case 1 where shape.dropFirst(2).reduce(1, *) < 400:
        let (outputs, growth) = (one(1...4), [one(1...2), one(1...2), one(1...2)])
        layers.append(.transposedConvolution("l\(index)", weight: [shape[1], outputs] + growth))
        shape = [2, outputs] + zip(shape.dropFirst(2), growth).map { $0 * $1 }
      case 2 where shape[3] >= 6 && shape[4] >= 6:
        let window = [shape[2] >= 2 ? one(1...2) : 1, 2, 2]
        layers.append(.maxPooling(window))
        shape = Array(shape[..<2]) + zip(shape.dropFirst(2), window).map { $0 / $1 }
      case 3: layers.append(.relu)
      case 4: layers.append(.sigmoid)
      default:
        // Two in a row have gradients of 0 but for rounding.
        if case .batchNorm = layers.last { layers.append(.relu) }
        layers.append(.batchNorm("l\(index)", channels: shape[1]))
      }
    }
    return ChainCase("random \(number)", input, layers)
  }
}
