internal import ComputeRuntime
internal import NeuralKernels

/// max(x, 0). Behind a batch norm it only adds to what that left pending.
public final class ReLU: Layer {
  private struct Planned {
    let shape: TensorShape
    let ones: Scratch<Float>
    let zeros: Scratch<Float>
    var input: Activations?
  }
  private var planned = PerPlan<Planned>()

  public init() {}

  public var readsPending: Bool { true }
  public var leavesPending: Bool { true }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    let state = Planned(
      shape: input, ones: try plan.memory(input.channels), zeros: try plan.memory(input.channels))
    state.ones.cells.fill(0..<input.channels, with: 1)
    planned[plan] = state
    return input
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let planned = planned[pass.plan]
    self.planned[pass.plan].input = input
    var result = input
    result.moments = nil
    var map =
      input.signal.pending
      ?? ChannelMap(scale: planned.ones.cells, shift: planned.zeros.cells, rectified: false)
    map.rectified = true
    result.signal.pending = map
    result.request?.forward = map
    return result
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let planned = planned[pass.plan]
    guard let input = planned.input else { preconditionFailure("backward before forward") }
    var result = gradient
    if input.signal.pending != nil {
      result.isBehindReLU = true
    } else {
      let map = ChannelMap(
        scale: planned.ones.cells, shift: planned.zeros.cells, rectified: true)
      result.signal.pending = GradientMap(
        values: input.signal.values, forward: map, slope: planned.ones.cells,
        factor: planned.zeros.cells, offset: planned.zeros.cells)
    }
    return result
  }
}

/// 1 / (1 + exp(-x)). Remembers its output.
public final class Sigmoid: Layer {
  private struct Planned {
    let shape: TensorShape
    let workspace: KernelWorkspace
    let output: Scratch<Float>
    let inputGradient: Scratch<Float>
  }
  private var planned = PerPlan<Planned>()

  public init() {}

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    planned[plan] = Planned(
      shape: input, workspace: plan.workspace, output: try plan.output(input),
      inputGradient: try plan.gradient(input))
    return input
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let planned = planned[pass.plan]
    planned.workspace.sigmoid(
      input.signal.values, count: planned.shape.count, to: planned.output.cells, team: pass.team)
    return Activations(Signal(planned.output.cells), shape: planned.shape)
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let planned = planned[pass.plan]
    planned.workspace.sigmoidBackward(
      gradient.signal.values, output: planned.output.cells, count: planned.shape.count,
      to: planned.inputGradient.cells, team: pass.team)
    return Gradients(GradientSignal(planned.inputGradient.cells), shape: planned.shape)
  }
}
