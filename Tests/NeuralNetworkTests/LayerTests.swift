import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import NeuralNetwork

// Forward and backward of every layer, alone and between others, are in SequentialTests; here is what only
// one kind of layer does.

@Suite("batch norm")
struct BatchNorm3dTests {
  @Test("running statistics after several batches, and what evaluation makes of them")
  func runningStatistics() throws {
    var generator = SeededGenerator(seed: 101)
    var twin = NaiveChain<Double>(
      [.convolution("c", weight: [3, 2, 1, 3, 3]), .batchNorm("b", channels: 3)], using: &generator)
    let engine = try EngineChain(twin)
    let counter = try #require(engine.network.chain.counters.first)
    #expect(counter.name == "b.num_batches_tracked")
    for batch in 1...4 {
      let x = NaiveTensor<Double>(shape: [2, 2, 2, 4, 5], in: -1...3, using: &generator)
      let pass = twin.forward(x, training: true)
      twin.updateRunningStatistics(after: pass)
      let found = try engine.run(x, gradient: pass.output, training: true)
      for name in ["b.running_mean", "b.running_var"] {
        #expect(relativeError(found.buffers[name] ?? [], twin.state[name]?.values ?? []) < 1e-6, "\(name)")
      }
      #expect(counter.count == Int64(batch))
      // Evaluation uses them and leaves them as they are.
      let evaluated = try engine.run(x, gradient: pass.output, training: false)
      #expect(relativeError(evaluated.output, twin.forward(x, training: false).output.values) < 1e-5)
      #expect(evaluated.buffers == found.buffers && counter.count == Int64(batch))
    }
  }

  @Test("values far from 0 are normalised as those around it")
  func largeMean() throws {
    var generator = SeededGenerator(seed: 102)
    let chain = NaiveChain<Double>([.batchNorm("b", channels: 2)], using: &generator)
    // Whole 1/64 around 1000: Floats hold them exactly.
    let x = NaiveTensor<Double>(
      shape: [2, 2, 3, 8, 8],
      values: (0..<2 * 2 * 192).map { _ in 1000 + Double(Int.random(in: -64...64, using: &generator)) / 64 })
    let dy = NaiveTensor<Double>(shape: x.shape, using: &generator)
    let found = try EngineChain(chain).run(x, gradient: dy, training: true)
    // The mean, rounded to one part in 10^7, times a scale of 2: 2e-4; the squares do not suffer.
    let (error, name) = Expected(chain, x, dy, training: true).worstError(of: found)
    #expect(error < 5e-4, "\(name)")
  }

  @Test("a batch of one voxel has no variance, and no number that is none")
  func oneVoxel() throws {
    var generator = SeededGenerator(seed: 103)
    let chain = NaiveChain<Double>([.batchNorm("b", channels: 2), .relu], using: &generator)
    let x = NaiveTensor<Double>(shape: [1, 2, 1, 1, 1], values: [3, -5])
    let found = try EngineChain(chain).run(x, gradient: x, training: true)
    // (x - mean) is 0, so the output is ReLU of the bias, and moving x changes nothing.
    #expect(
      relativeError(found.output, try #require(chain.state["b.bias"]).values.map { max(0, $0) }) < 1e-3)
    #expect(try #require(found.inputGradient).allSatisfy { abs($0) < 1e-3 })
    // The unbiased variance of one value is not defined (PyTorch refuses); here it counts as 0.
    let variance = try #require(chain.state["b.running_var"]).values.map { 0.9 * $0 }
    #expect(relativeError(try #require(found.buffers["b.running_var"]), variance) < 1e-6)
  }
}

@Suite("what layers refuse")
struct LayerErrorTests {
  func refusal(_ layers: [NaiveLayer], _ shape: [Int]) throws -> NetworkError? {
    var generator = SeededGenerator(seed: 104)
    let engine = try EngineChain(NaiveChain<Double>(layers, using: &generator))
    do throws(NetworkError) {
      _ = try engine.network.plan(for: tensorShape(shape), training: true)
      return nil
    } catch {
      return error
    }
  }

  @Test("another number of channels, with the layer's name")
  func channels() throws {
    for (layers, name) in [
      ([NaiveLayer.convolution("some.c", weight: [4, 3, 1, 3, 3])], "some.c.weight"),
      ([.transposedConvolution("some.u", weight: [3, 4, 2, 1, 1])], "some.u.weight"),
      ([.batchNorm("some.b", channels: 3)], "some.b.weight"),
    ] {
      #expect(
        try refusal(layers, [2, 5, 1, 4, 6])
          == .wrongShape("\(name) takes 3 channels, got 5 (2 x 5 x 1 x 4 x 6)"))
      #expect(try refusal(layers, [2, 3, 1, 4, 6]) == nil)
    }
    let linear = [NaiveLayer.linear("some.l", outputs: 2, inputs: 12)]
    #expect(
      try refusal(linear, [2, 5, 1, 1, 2])
        == .wrongShape("some.l.weight takes 12 features, got 2 x 5 x 1 x 1 x 2"))
    #expect(try refusal(linear, [2, 3, 1, 2, 2]) == nil)
  }

  @Test("a volume smaller than the pooling window", arguments: [[1, 4, 4], [2, 1, 4], [2, 4, 1]])
  func smallVolume(extent: [Int]) throws {
    guard case .wrongShape = try refusal([.maxPooling([2, 2, 2])], [2, 3] + extent) else {
      Issue.record("pooled a volume of \(extent)")
      return
    }
  }
}

@Suite("what is no number")
struct NotANumberTests {
  /// Training stops when the loss is no number: no layer may turn a broken weight into a finite output.
  @Test("a weight that is no number reaches the output", arguments: ChainCase.all)
  func reachesTheOutput(one: ChainCase) throws {
    let prepared = SequentialTests.Prepared(one)
    for fusion in [Sequential.Fusion.fused, .writtenOut] {
      let engine = try EngineChain(prepared.chain, fusion: fusion, composes: true)
      guard let weight = engine.network.parameters.first else { continue }
      weight.values.fill(0..<weight.count, with: .nan)
      let found = try engine.run(prepared.x, gradient: prepared.dy, training: true)
      #expect(found.output.contains { $0.isNaN }, "\(fusion)")
    }
  }
}
