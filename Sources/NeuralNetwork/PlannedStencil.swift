internal import ComputeRuntime
internal import NeuralKernels

/// What convolutions, transposed convolutions and their composition have in common: a ``StencilMap``
/// with memory for one batch size. Remembers its last input.
final class PlannedStencil {
  private struct Planned {
    let plan: StencilPlan
    let output: Scratch<Float>
    let moments: Scratch<Float>
    let inputGradient: Scratch<Float>
    let outputShape: TensorShape
    var input: Activations?
  }
  private var planned = PerPlan<Planned>()

  func prepare(
    _ map: StencilMap, _ input: TensorShape, layer: String, plan memory: MemoryPlan
  ) throws(NetworkError) -> TensorShape {
    guard input.channels == map.inputs else {
      throw .wrongShape("\(layer) takes \(map.inputs) channels, got \(input.channels) (\(input))")
    }
    let shape = TensorShape(
      batch: input.batch, channels: map.outputs, depth: input.depth * map.growth.depth,
      height: input.height * map.growth.height, width: input.width * map.growth.width)
    let output = try memory.output(shape)
    let moments = try memory.memory(memory.isTraining ? shape.buffer.momentCount : 0)
    let inputGradient = try memory.gradient(input)
    let plan = try NetworkError.orRefused { () throws(ComputeError) in
      try StencilPlan(
        map: map, batch: input.batch, extent: input.extent, training: memory.isTraining,
        workspace: memory.workspace, budget: memory.budget)
    }
    planned[memory] = Planned(
      plan: plan, output: output, moments: moments, inputGradient: inputGradient,
      outputShape: shape)
    return shape
  }

  func forward(
    _ input: Activations, weights: Floats, strides: WeightStrides, pass: Pass
  ) -> Activations {
    let planned = planned[pass.plan]
    self.planned[pass.plan].input = input
    let moments = pass.mode == .training ? planned.moments.cells : nil
    if pass.weightsAreUnchanged {
      planned.plan.forward(input.signal, to: planned.output.cells, moments: moments, team: pass.team)
    } else {
      planned.plan.forward(
        input.signal, weights: weights, strides: strides, to: planned.output.cells,
        moments: moments, team: pass.team)
    }
    var result = Activations(Signal(planned.output.cells), shape: planned.outputShape)
    result.moments = moments
    return result
  }

  func backward(
    _ gradient: Gradients, weights: Floats, strides: WeightStrides, weightGradient: Floats?,
    pass: Pass
  ) -> Gradients? {
    let planned = planned[pass.plan]
    guard let input = planned.input else { preconditionFailure("backward before forward") }
    let inputGradient = pass.needsInputGradient ? planned.inputGradient.cells : nil
    planned.plan.backward(
      input: input.signal, gradient: gradient.signal, weights: weights, strides: strides,
      weightGradient: weightGradient, inputGradient: inputGradient, moments: input.request,
      team: pass.team)
    guard let inputGradient else { return nil }
    var result = Gradients(GradientSignal(inputGradient), shape: input.shape)
    result.hasMoments = input.request != nil
    return result
  }
}
