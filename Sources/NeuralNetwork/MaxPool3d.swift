internal import ComputeRuntime
public import NeuralKernels

/// The largest value of each window; windows do not overlap, and voxels that fill none are left out.
/// Of equal values the first in scan order gets the gradient. Remembers its input.
public final class MaxPool3d: Layer {
  public let window: Extent
  private struct Planned {
    let pooling: Pooling
    let workspace: KernelWorkspace
    let output: Scratch<Float>
    let inputGradient: Scratch<Float>
    var input: Activations?
  }
  private var planned = PerPlan<Planned>()

  /// - Parameter window: depth, height, width, each at least 1.
  public init(_ window: (Int, Int, Int)) {
    self.window = Extent(window.0, window.1, window.2)
    precondition(window.0 > 0 && window.1 > 0 && window.2 > 0, "a window has voxels")
  }

  public var readsPending: Bool { true }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    let pooling = Pooling(shape: input.buffer, window: window)
    let shape = TensorShape(pooling.output)
    guard shape.checkedCount != nil else {
      throw .wrongShape("a volume of \(input) is smaller than the pooling window")
    }
    planned[plan] = Planned(
      pooling: pooling, workspace: plan.workspace, output: try plan.output(shape),
      inputGradient: try plan.gradient(input))
    return shape
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let planned = planned[pass.plan]
    self.planned[pass.plan].input = input
    planned.pooling.forward(
      input.signal, to: planned.output.cells, workspace: planned.workspace, team: pass.team)
    return Activations(
      Signal(planned.output.cells), shape: TensorShape(planned.pooling.output))
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let planned = planned[pass.plan]
    guard let input = planned.input else { preconditionFailure("backward before forward") }
    planned.pooling.backward(
      gradient.signal.values, input: input.signal, to: planned.inputGradient.cells,
      workspace: planned.workspace, team: pass.team)
    return Gradients(GradientSignal(planned.inputGradient.cells), shape: input.shape)
  }
}
