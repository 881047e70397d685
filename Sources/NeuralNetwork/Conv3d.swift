public import ComputeRuntime
public import NeuralKernels

/// Convolution of volumes with an odd kernel, stride 1, zeros around the volume and no bias: the output
/// is as large as the input.
///
/// Weights `[out][in][depth][height][width]`. Remembers its input for the backward pass.
public final class Conv3d: Layer {
  public let weight: Parameter
  public let map: StencilMap
  private let stencil = PlannedStencil()

  /// - Parameter kernel: depth, height, width, each odd.
  public init(
    _ name: String, inputs: Int, outputs: Int, kernel: (Int, Int, Int), budget: MemoryBudget
  ) throws(NetworkError) {
    let kernel = Extent(kernel.0, kernel.1, kernel.2)
    map = .convolution(inputs: inputs, outputs: outputs, kernel: kernel)
    weight = try Parameter(
      "\(name).weight", shape: [outputs, inputs, kernel.depth, kernel.height, kernel.width],
      start: .uniform, fanIn: inputs * kernel.count, budget: budget)
  }

  public var parameters: [Parameter] { [weight] }
  public var readsPending: Bool { true }
  public var readsPendingGradient: Bool { true }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    try stencil.prepare(map, input, layer: weight.name, plan: plan)
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    stencil.forward(input, weights: weight.values, strides: .convolution(map), pass: pass)
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    stencil.backward(
      gradient, weights: weight.values, strides: .convolution(map),
      weightGradient: pass.sumsWeightGradients ? weight.gradient : nil, pass: pass)
  }
}
