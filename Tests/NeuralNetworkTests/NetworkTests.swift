import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("networks: memory, refusals, initial weights")
struct NetworkTests {
  static let layers = WholeNetworkTests.layers

  static func chain(seed: UInt64 = 141) -> NaiveChain<Double> {
    var generator = SeededGenerator(seed: seed)
    return NaiveChain(layers, using: &generator)
  }

  /// Bytes that a budget has given out: a request for all of `limit` is refused, and the refusal says it.
  static func held(_ budget: MemoryBudget, limit: Int) -> Int {
    do throws(ComputeError) {
      _ = try Scratch<UInt8>(count: limit, budget: budget)
      return 0
    } catch {
      guard case .memoryRefused(let bytes) = error else { return -1 }
      return Int(bytes) - limit
    }
  }

  @Test("the same shapes take no more memory than the first time")
  func memoryIsPlannedOnce() throws {
    let limit = 1 << 26
    let budget = MemoryBudget(limit: UInt64(limit))
    let engine = try EngineChain(Self.chain(), composes: true, budget: budget)
    let network = engine.network
    let before = Self.held(budget, limit: limit)
    #expect(before > 0)
    let shapes = [[2, 2, 1, 6, 8], [1, 2, 1, 12, 16]]
    var generator = SeededGenerator(seed: 142)
    func step(_ shape: [Int]) throws {
      let x = NaiveTensor<Double>(shape: shape, using: &generator)
      let dy = NaiveTensor<Double>(shape: [shape[0], 1, 2, shape[3], shape[4]], using: &generator)
      _ = try engine.run(x, gradient: dy, training: true)
      _ = try engine.run(x, gradient: dy, training: false)
    }
    for shape in shapes { try step(shape) }
    let after = Self.held(budget, limit: limit)
    #expect(after > before)
    // Every byte that is left, but for the batch itself: whoever asks for more is refused.
    let batch = 4 * 3 * 2 * 12 * 16 + 4 * 64
    let rest = try Scratch<UInt8>(count: limit - after - batch, budget: budget)
    for _ in 0..<3 { for shape in shapes { try step(shape) } }
    for shape in shapes {
      #expect(
        try network.plan(for: tensorShape(shape), training: false).plan
          === network.plan(for: tensorShape(shape), training: true).plan)
    }
    #expect(throws: NetworkError.self) {
      _ = try network.plan(for: tensorShape([3, 2, 1, 6, 8]), training: true)
    }
    rest.release()
    // The refusal has left everything usable.
    for shape in shapes + [[3, 2, 1, 6, 8]] { try step(shape) }
  }

  @Test("a plan for prediction does not serve training, and takes less")
  func predictionTakesLess() throws {
    func held(training: Bool) throws -> Int {
      let limit = 1 << 26
      let engine = try EngineChain(Self.chain(), budget: MemoryBudget(limit: UInt64(limit)))
      let before = Self.held(engine.budget, limit: limit)
      _ = try engine.network.plan(for: tensorShape([2, 2, 1, 32, 32]), training: training)
      return Self.held(engine.budget, limit: limit) - before
    }
    #expect(try held(training: false) < held(training: true))
    let network = try EngineChain(Self.chain()).network
    let shape = tensorShape([2, 2, 1, 6, 8])
    let prediction = try network.plan(for: shape, training: false)
    let training = try network.plan(for: shape, training: true)
    #expect(!prediction.plan.isTraining && training.plan.isTraining)
    #expect(training.output == tensorShape([2, 1, 2, 6, 8]) && prediction.output == training.output)
  }

  @Test(
    "shapes that are none, and shapes that no machine has",
    arguments: [
      [0, 2, 1, 6, 8], [2, 0, 1, 6, 8], [2, 2, 0, 6, 8], [2, 2, 1, 0, 8], [2, 2, 1, 6, 0], [-1, 2, 1, 6, 8],
      [2, 2, -1, -6, 8], [.max, 2, 1, 6, 8], [2, 2, .max, .max, .max], [.min, 2, 1, 6, 8],
      [1 << 16, 2, 1, 1 << 15, 1 << 15], [1, 2, 1 << 31, 6, 8],
    ])
  func wrongShapes(shape: [Int]) throws {
    let network = try EngineChain(Self.chain()).network
    for training in [true, false] {
      do throws(NetworkError) {
        _ = try network.plan(for: tensorShape(shape), training: training)
        Issue.record("\(shape) was taken")
      } catch {
        guard case .wrongShape = error else {
          Issue.record("\(error)")
          return
        }
      }
    }
    #expect(tensorShape(shape).checkedCount == nil)
    #expect(throws: NetworkError.self) { _ = try Tensor(tensorShape(shape), budget: MemoryBudget()) }
  }

  /// Inputs that are allowed, whose outputs pass 2^31 - 1 elements, or the caller's limit long before.
  @Test(
    "memory that the caller's limit does not allow",
    arguments: [[1, 2, 1, 32_000, 32_000], [1, 2, 1, 1024, 1024], [1 << 20, 2, 1, 6, 8]])
  func refusedMemory(shape: [Int]) throws {
    let budget = MemoryBudget(limit: 1 << 20)
    let network = try EngineChain(Self.chain(), budget: budget).network
    for training in [true, false] {
      #expect(throws: NetworkError.self) {
        _ = try network.plan(for: tensorShape(shape), training: training)
      }
    }
    _ = try network.plan(for: tensorShape([1, 2, 1, 4, 4]), training: true)
  }

  @Test("a tensor takes as many values as it has")
  func fill() throws {
    let tensor = try Tensor(tensorShape([1, 2, 1, 1, 2]), budget: MemoryBudget())
    #expect(tensor.array == [0, 0, 0, 0])
    #expect(throws: NetworkError.wrongShape("a tensor of shape 1 x 2 x 1 x 1 x 2 takes 4 values, got 3")) {
      try tensor.fill(from: [1, 2, 3])
    }
    try tensor.fill(from: [1, 2, 3, 4])
    #expect(tensor[0, 1, 0, 0, 0] == 3)
    tensor[0, 1, 0, 0, 1] = 5
    #expect(tensor.array == [1, 2, 3, 5])
  }

  @Test("initial weights: one seed, one network; uniform in +-1/sqrt(fan in)")
  func initialise() throws {
    let layers: [NaiveLayer] = [
      .convolution("c", weight: [40, 12, 1, 3, 3]), .batchNorm("b", channels: 40),
      .transposedConvolution("u", weight: [40, 20, 2, 2, 2]), .convolution("d", weight: [10, 20, 3, 3, 3]),
      .linear("l", outputs: 30, inputs: 90),
    ]
    var generator = SeededGenerator(seed: 143)
    let network = try EngineChain(NaiveChain<Double>(layers, using: &generator)).network
    func weights(seed: UInt64) -> [String: [Float]] {
      network.initialise(seed: seed)
      return Dictionary(
        uniqueKeysWithValues: network.parameters.map { ($0.name, floats($0.values, $0.count)) })
    }
    network.chain.counters[0].count = 9
    let first = weights(seed: 5)
    #expect(network.chain.counters[0].count == 0)
    #expect(floats(network.chain.buffers[0].values, 40) == [Float](repeating: 0, count: 40))
    #expect(floats(network.chain.buffers[1].values, 40) == [Float](repeating: 1, count: 40))
    let second = weights(seed: 6)
    #expect(weights(seed: 5) == first)
    // PyTorch's fan in: of a transposed convolution the outputs count.
    let fans = ["c": 12 * 9, "u": 20 * 8, "d": 20 * 27, "l": 90]
    for (name, values) in first {
      let layer = String(name.prefix(1))
      if layer == "b" {
        #expect(values.allSatisfy { $0 == (name == "b.weight" ? 1 : 0) })
        continue
      }
      #expect(values != second[name])
      let bound = 1 / Double(fans[layer] ?? 1).squareRoot()
      let count = Double(values.count)
      #expect(values.allSatisfy { abs(Double($0)) <= bound * 1.000_001 }, "\(name)")
      // A uniform draw has mean 0 with deviation bound / sqrt(3 n), and a tenth of it in each tenth of its
      // range with deviation sqrt(0.09 n); five deviations happen by chance once in a million.
      let mean = values.reduce(0) { $0 + Double($1) } / count
      #expect(abs(mean) < 5 * bound / (3 * count).squareRoot(), "\(name)")
      for tenth in 0..<10 {
        let inside = values.count { Int((Double($0) / bound + 1) * 5) == tenth }
        #expect(abs(Double(inside) - count / 10) < 5 * (0.09 * count).squareRoot() + 1, "\(name) \(tenth)")
      }
    }
    // Parameters do not share their numbers, and nothing repeats along one of them.
    // (Bounds differ, so signs are compared: twenty equal ones happen once in a million.)
    let signs = ["c", "u", "d", "l"].map { (first[$0 + ".weight"] ?? []).prefix(20).map { $0 < 0 } }
    #expect(Set(signs).count == 4)
    for name in ["c.weight", "u.weight", "d.weight", "l.weight"] {
      let values = first[name] ?? []
      // 24 random bits: a few pairs among thousands.
      #expect(Set(values).count > values.count * 99 / 100, "\(name)")
    }
  }
}
