public import ComputeRuntime
public import NeuralKernels

/// A chain of layers that is ready to run: remembers a memory plan for each shape of input that it met.
///
/// The first pass with a new shape allocates, the ones after it do not.
public final class Network {
  public let chain: Sequential
  public let workspace: KernelWorkspace
  private let budget: MemoryBudget
  private var plans: [Planned] = []

  private struct Planned {
    let input: TensorShape
    let output: TensorShape
    let plan: MemoryPlan
  }

  public init(_ chain: Sequential, workspace: KernelWorkspace, budget: MemoryBudget) {
    (self.chain, self.workspace, self.budget) = (chain, workspace, budget)
  }

  public var parameters: [Parameter] { chain.parameters }

  /// The memory for inputs of a shape; for training also that of the backward pass.
  ///
  /// - Returns: the plan, and the shape of the network's output.
  public func plan(
    for input: TensorShape, training: Bool
  ) throws(NetworkError) -> (plan: MemoryPlan, output: TensorShape) {
    // Memory for training serves a pass in evaluation mode as well.
    for planned in plans where planned.input == input && (planned.plan.isTraining || !training) {
      return (planned.plan, planned.output)
    }
    guard input.checkedCount != nil else { throw .wrongShape("\(input) is not the shape of a batch") }
    let plan = MemoryPlan(
      number: plans.count, training: training, workspace: workspace, budget: budget)
    let output = try chain.prepare(input, plan: plan)
    plans.append(Planned(input: input, output: output, plan: plan))
    return (plan, output)
  }

  /// Everything that a prediction depends on: weights, then running statistics.
  public var stateValues: [Floats] { parameters.map(\.values) + chain.buffers.map(\.values) }

  public func clearGradients() {
    for parameter in parameters { parameter.clearGradient() }
  }

  /// Draws all weights anew; the same seed gives the same weights.
  ///
  /// Each parameter has numbers of its own, keyed by its place in the chain and `firstKey`: networks that
  /// are trained together have different ones.
  public func initialise(seed: UInt64, firstKey: Int = 0) {
    for (index, parameter) in parameters.enumerated() {
      var generator = KeyedGenerator(
        seed: seed, sample: firstKey + index, purpose: .initialisation)
      parameter.initialise(using: &generator)
    }
    for buffer in chain.buffers { buffer.reset() }
    for counter in chain.counters { counter.count = 0 }
  }
}
