public import ComputeRuntime
public import NeuralKernels

/// Where the layers get their memory when a batch size is prepared.
///
/// In training each layer keeps its output for the backward pass; in prediction outputs take turns in
/// two buffers. Gradients always do: each is read by one layer only. A gradient that is written out
/// between two layers has a third buffer, so that it is never the one that its reader writes to.
public final class MemoryPlan {
  public let isTraining: Bool
  /// Which of a network's plans this is: 0, 1, ...
  public let number: Int
  public let workspace: KernelWorkspace
  public let budget: MemoryBudget
  private let outputs: [Scratch<Float>]
  private let gradients: [Scratch<Float>]
  private let writtenGradients: Scratch<Float>
  private var (outputTurn, gradientTurn) = (0, 0)

  public init(number: Int, training: Bool, workspace: KernelWorkspace, budget: MemoryBudget) {
    (self.number, isTraining) = (number, training)
    (self.workspace, self.budget) = (workspace, budget)
    outputs = [Scratch(budget: budget), Scratch(budget: budget)]
    gradients = [Scratch(budget: budget), Scratch(budget: budget)]
    writtenGradients = Scratch(budget: budget)
  }

  /// Memory of a layer's own.
  func memory(_ count: Int) throws(NetworkError) -> Scratch<Float> {
    let budget = budget
    return try NetworkError.orRefused { () throws(ComputeError) in
      try Scratch(count: count, zeroed: true, budget: budget)
    }
  }

  /// Memory for a layer's output.
  func output(_ shape: TensorShape) throws(NetworkError) -> Scratch<Float> {
    guard shape.checkedCount != nil else { throw .wrongShape("\(shape) is not the shape of a tensor") }
    if isTraining { return try memory(shape.count) }
    outputTurn = 1 - outputTurn
    return try turn(outputs[outputTurn], shape.count)
  }

  /// Memory for the gradient with respect to a layer's input; none in prediction.
  func gradient(_ shape: TensorShape) throws(NetworkError) -> Scratch<Float> {
    gradientTurn = 1 - gradientTurn
    return try turn(gradients[gradientTurn], isTraining ? shape.count : 0)
  }

  /// Memory for a gradient with what was pending on it.
  func writtenGradient(_ shape: TensorShape) throws(NetworkError) -> Scratch<Float> {
    try turn(writtenGradients, shape.count)
  }

  private func turn(_ buffer: Scratch<Float>, _ count: Int) throws(NetworkError) -> Scratch<Float> {
    try NetworkError.orRefused { () throws(ComputeError) in try buffer.replace(count) }
    return buffer
  }
}

/// What a layer remembers for each plan: its memory, and what its last forward pass left there.
struct PerPlan<State> {
  private var states: [State?] = []

  subscript(plan: MemoryPlan) -> State {
    get {
      guard states.indices ~= plan.number, let state = states[plan.number] else {
        preconditionFailure("a pass before the layer was prepared for its plan")
      }
      return state
    }
    set {
      while states.count <= plan.number { states.append(nil) }
      states[plan.number] = newValue
    }
  }
}
