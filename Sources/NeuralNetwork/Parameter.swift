public import ComputeRuntime
public import NeuralKernels

/// Weights that are learned: remembers their values and the gradient that was added up for them.
public final class Parameter {
  /// As PyTorch calls it in a state dict, for example `conv1.encoderblock.0.weight`.
  public let name: String
  public let shape: [Int]
  public let count: Int
  /// How many inputs one output sums over, for the initial range.
  let fanIn: Int
  private let start: Start
  private let valueMemory: Scratch<Float>
  private let gradientMemory: Scratch<Float>

  /// What the values are before anything is learned.
  enum Start {
    case constant(Float)
    /// Uniform in +-1/sqrt(fan in): He et al. 2015 with a = sqrt 5, PyTorch's default for
    /// convolutions and linear layers, weights and biases alike.
    case uniform
  }

  /// - Parameter shape: of positive axes; from settings that were checked.
  init(
    _ name: String, shape: [Int], start: Start, fanIn: Int = 1, budget: MemoryBudget
  ) throws(NetworkError) {
    (self.name, self.shape, self.start, self.fanIn) = (name, shape, start, fanIn)
    let count = shape.reduce(1, *)
    self.count = count
    (valueMemory, gradientMemory) = try NetworkError.orRefused { () throws(ComputeError) in
      (
        try Scratch<Float>(count: count, zeroed: true, budget: budget),
        try Scratch<Float>(count: count, zeroed: true, budget: budget)
      )
    }
    if case .constant(let value) = start { values.fill(0..<count, with: value) }
  }

  public var values: Floats { valueMemory.cells }
  public var gradient: Floats { gradientMemory.cells }

  public func clearGradient() { gradient.fill(0..<count, with: 0) }

  /// Draws the initial values anew.
  func initialise(using generator: inout KeyedGenerator) {
    switch start {
    case .constant(let value): values.fill(0..<count, with: value)
    case .uniform:
      let bound = 1 / Float(fanIn).squareRoot()
      for index in 0..<count { values[index] = (2 * generator.uniform() - 1) * bound }
    }
  }
}

/// Numbers that a layer collects without learning them, such as running statistics.
public final class StateBuffer {
  public let name: String
  public let count: Int
  private let memory: Scratch<Float>
  private let initial: Float

  init(_ name: String, count: Int, initial: Float, budget: MemoryBudget) throws(NetworkError) {
    (self.name, self.count, self.initial) = (name, count, initial)
    memory = try NetworkError.orRefused { () throws(ComputeError) in
      try Scratch<Float>(count: count, budget: budget)
    }
    reset()
  }

  public var values: Floats { memory.cells }

  func reset() { values.fill(0..<count, with: initial) }
}

/// How many batches a batch norm has seen: PyTorch's `num_batches_tracked`.
public final class BatchCounter {
  public let name: String
  public var count: Int64 = 0

  init(_ name: String) { self.name = name }
}
