internal import ComputeRuntime
internal import NeuralKernels

/// A transposed convolution and the convolution after it, computed as the one linear map that they are.
///
/// Nothing stands between the two, so the large volume between them is never made: for the last layers
/// of SHAPR 80 multiply-adds per voxel instead of 370. Both layers keep their own weights, and their
/// gradients are exact: the map's gradient is carried back through the composition.
/// (docs/decisions/0009-one-linear-map.md)
public final class UpConv3d: Layer {
  public let up: ConvTranspose3d
  public let convolution: Conv3d
  private let stencil = PlannedStencil()
  private var compositions = PerPlan<Composition>()

  public init(_ up: ConvTranspose3d, _ convolution: Conv3d) {
    precondition(convolution.map.inputs == up.outputs, "the layers' channels must agree")
    (self.up, self.convolution) = (up, convolution)
  }

  public var parameters: [Parameter] { up.parameters + convolution.parameters }
  public var readsPending: Bool { true }
  public var readsPendingGradient: Bool { true }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    let shape = convolution.weight.shape
    let kernel = Extent(shape[2], shape[3], shape[4])
    let composition = try NetworkError.orRefused { () throws(ComputeError) in
      try Composition(
        inputs: up.inputs, between: up.outputs, outputs: convolution.map.outputs,
        growth: up.growth, kernel: kernel, training: plan.isTraining, workspace: plan.workspace,
        budget: plan.budget)
    }
    compositions[plan] = composition
    return try stencil.prepare(composition.map, input, layer: up.weight.name, plan: plan)
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let composition = compositions[pass.plan]
    if !pass.weightsAreUnchanged {
      composition.compose(
        transposed: up.weight.values, bias: up.bias.values,
        convolution: convolution.weight.values, team: pass.team)
    }
    return stencil.forward(
      input, weights: composition.weights.cells, strides: .composed(composition.map), pass: pass)
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let composition = compositions[pass.plan]
    if pass.sumsWeightGradients { composition.clearGradient() }
    let result = stencil.backward(
      gradient, weights: composition.weights.cells, strides: .composed(composition.map),
      weightGradient: pass.sumsWeightGradients ? composition.gradient.cells : nil, pass: pass)
    if pass.sumsWeightGradients {
      composition.addGradients(
        transposed: up.weight.gradient, bias: up.bias.gradient,
        convolution: convolution.weight.gradient, team: pass.team)
    }
    return result
  }
}
