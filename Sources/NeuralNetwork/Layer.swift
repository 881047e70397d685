public import ComputeRuntime
public import NeuralKernels

/// One step of a network. Remembers its parameters and what its backward pass needs of its last forward
/// pass.
///
/// A network is a plain chain of layers: backward is a loop over them in reverse.
public protocol Layer: AnyObject {
  var parameters: [Parameter] { get }
  var buffers: [StateBuffer] { get }
  var counters: [BatchCounter] { get }

  /// Whether the layer applies what is pending on its input itself; else it is applied before.
  var readsPending: Bool { get }
  /// Whether the layer leaves something pending on its output.
  var leavesPending: Bool { get }
  /// Whether the layer applies what is pending on a gradient itself.
  var readsPendingGradient: Bool { get }

  /// Gets all memory for inputs of this shape; the passes allocate nothing.
  ///
  /// - Returns: the shape of the output.
  func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape

  func forward(_ input: Activations, pass: Pass) -> Activations

  /// From the gradient with respect to the output, adds the parameters' gradients (unless the pass leaves
  /// them out) and returns that with respect to the input, or nil if the pass says that nobody needs it.
  func backward(_ gradient: Gradients, pass: Pass) -> Gradients?
}

extension Layer {
  public var parameters: [Parameter] { [] }
  public var buffers: [StateBuffer] { [] }
  public var counters: [BatchCounter] { [] }
  public var readsPending: Bool { false }
  public var leavesPending: Bool { false }
  public var readsPendingGradient: Bool { false }
}

/// Values between two layers, and what the layer before leaves to the next.
public struct Activations {
  public var signal: Signal
  public var shape: TensorShape
  /// Sums for batch norm that the layer before took while it wrote the values.
  public var moments: Floats?
  /// Sums that batch norm will want of the gradient with respect to these values.
  public var request: GradientMomentRequest?

  public init(_ signal: Signal, shape: TensorShape) { (self.signal, self.shape) = (signal, shape) }
}

/// A gradient between two layers.
public struct Gradients {
  public var signal: GradientSignal
  public var shape: TensorShape
  /// Whether the sums that batch norm asked for were taken.
  public var hasMoments = false
  /// Whether a ReLU has left its own gradient to the batch norm before it.
  public var isBehindReLU = false

  public init(_ signal: GradientSignal, shape: TensorShape) {
    (self.signal, self.shape) = (signal, shape)
  }
}

/// What one pass through a network is for, and who works on it.
public struct Pass {
  /// The memory that the layers got for inputs of this shape.
  public let plan: MemoryPlan
  public enum Mode: Sendable {
    /// Batch norm uses the batch's own statistics and keeps a running mean of them.
    case training
    /// Batch norm uses the running statistics.
    case evaluation
  }
  public let mode: Mode
  public let team: WorkTeam
  /// Whether the parameters' gradients are computed in a backward pass.
  public var sumsWeightGradients = true
  /// Whether the gradient with respect to the layer's input is.
  public var needsInputGradient = true
  /// Whether weights are the same as in the pass before: what was derived from them can stay.
  public var weightsAreUnchanged = false

  public init(_ mode: Mode, plan: MemoryPlan, team: WorkTeam) {
    (self.mode, self.plan, self.team) = (mode, plan, team)
  }
}
