internal import ComputeRuntime
internal import NeuralKernels

/// Layers in a row: forward is a loop over them, backward a loop in reverse.
public final class Sequential: Layer {
  public let layers: [any Layer]
  /// Whether what a layer leaves pending is applied by the next; without it every step is written out,
  /// which the tests compare with.
  public enum Fusion: Sendable { case fused, writtenOut }
  public let fusion: Fusion

  private struct Planned {
    let workspace: KernelWorkspace
    /// For each layer, memory for its input or its output's gradient where these are written out.
    var inputs: [Scratch<Float>?] = []
    var gradients: [Scratch<Float>?] = []
    var output: Scratch<Float>?
    var inputGradient: Scratch<Float>?
    var shapes: [TensorShape] = []
  }
  private var planned = PerPlan<Planned>()

  public init(_ layers: [any Layer], fusion: Fusion = .fused) {
    (self.layers, self.fusion) = (layers, fusion)
  }

  public var parameters: [Parameter] { layers.flatMap(\.parameters) }
  public var buffers: [StateBuffer] { layers.flatMap(\.buffers) }
  public var counters: [BatchCounter] { layers.flatMap(\.counters) }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    var state = Planned(workspace: plan.workspace)
    var (shape, isPending) = (input, false)
    for layer in layers {
      state.shapes.append(shape)
      let isWritten = isPending && (fusion == .writtenOut || !layer.readsPending)
      state.inputs.append(isWritten ? try plan.output(shape) : nil)
      // A ReLU behind something pending passes it on; alone it leaves a note of its own.
      isPending = layer.leavesPending || (isPending && !isWritten && layer is ReLU)
      shape = try layer.prepare(shape, plan: plan)
    }
    state.output = isPending ? try plan.output(shape) : nil
    // Gradients run the other way: what a layer leaves pending is read by the one before it.
    for (index, layer) in layers.enumerated() {
      let isLast = index + 1 == layers.count
      let leaves = !isLast && layers[index + 1].leavesPending
      let isWritten =
        plan.isTraining && leaves && (fusion == .writtenOut || !layer.readsPendingGradient)
      state.gradients.append(
        isWritten ? try plan.writtenGradient(isLast ? shape : state.shapes[index + 1]) : nil)
    }
    state.inputGradient =
      plan.isTraining && layers.first?.leavesPending == true ? try plan.writtenGradient(input) : nil
    state.shapes.append(shape)
    planned[plan] = state
    return shape
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let planned = planned[pass.plan]
    var values = input
    for (index, layer) in layers.enumerated() {
      writeOut(&values, planned.inputs[index], planned, pass)
      values = layer.forward(values, pass: pass)
    }
    writeOut(&values, planned.output, planned, pass)
    return values
  }

  private func writeOut(
    _ values: inout Activations, _ memory: Scratch<Float>?, _ planned: Planned, _ pass: Pass
  ) {
    guard let memory, values.signal.pending != nil else { return }
    planned.workspace.apply(
      values.signal, shape: values.shape.buffer, to: memory.cells, team: pass.team)
    values = Activations(Signal(memory.cells), shape: values.shape)
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let planned = planned[pass.plan]
    var gradient = gradient
    for index in layers.indices.reversed() {
      writeOut(&gradient, planned.gradients[index], planned, pass)
      var step = pass
      // Layers without weights hand gradients through; the first one with weights ends the chain.
      let isNeeded = pass.needsInputGradient || layers[..<index].contains { !$0.parameters.isEmpty }
      step.needsInputGradient = isNeeded
      guard let next = layers[index].backward(gradient, pass: step), isNeeded else { return nil }
      gradient = next
    }
    writeOut(&gradient, planned.inputGradient, planned, pass)
    return gradient
  }

  private func writeOut(
    _ gradient: inout Gradients, _ memory: Scratch<Float>?, _ planned: Planned, _ pass: Pass
  ) {
    guard let memory, gradient.signal.pending != nil else { return }
    planned.workspace.apply(
      gradient.signal, shape: gradient.shape.buffer, to: memory.cells, team: pass.team)
    gradient = Gradients(GradientSignal(memory.cells), shape: gradient.shape)
  }
}
