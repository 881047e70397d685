public import ComputeRuntime
public import NeuralKernels

/// Transposed convolution of volumes whose kernel equals its stride, with bias: every voxel grows into a
/// block of its own.
///
/// Weights `[in][out][depth][height][width]`, bias `[out]`. Remembers its input for the backward pass.
public final class ConvTranspose3d: Layer {
  public let weight: Parameter
  public let bias: Parameter
  public let inputs: Int
  public let outputs: Int
  /// The factor by which depth, height and width grow; the width by 1 or 2.
  public let growth: Extent
  private let map: StencilMap
  private let stencil = PlannedStencil()
  private struct Planned {
    let weights: Scratch<Float>
    let gradient: Scratch<Float>
  }
  private var planned = PerPlan<Planned>()

  public init(
    _ name: String, inputs: Int, outputs: Int, growth: (Int, Int, Int), budget: MemoryBudget
  ) throws(NetworkError) {
    let growth = Extent(growth.0, growth.1, growth.2)
    (self.inputs, self.outputs, self.growth) = (inputs, outputs, growth)
    map = .transposed(inputs: inputs, outputs: outputs, growth: growth)
    let fanIn = outputs * growth.count
    weight = try Parameter(
      "\(name).weight", shape: [inputs, outputs, growth.depth, growth.height, growth.width],
      start: .uniform, fanIn: fanIn, budget: budget)
    bias = try Parameter(
      "\(name).bias", shape: [outputs], start: .uniform, fanIn: fanIn, budget: budget)
  }

  public var parameters: [Parameter] { [weight, bias] }
  public var readsPending: Bool { true }
  public var readsPendingGradient: Bool { true }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    planned[plan] = Planned(
      weights: try plan.memory(map.composedCount),
      gradient: try plan.memory(plan.isTraining ? map.composedCount : 0))
    return try stencil.prepare(map, input, layer: weight.name, plan: plan)
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let arranged = planned[pass.plan].weights
    forEachWeight { index, place, isBias in
      arranged.cells[place] = isBias ? bias.values[index] : weight.values[index]
    }
    return stencil.forward(input, weights: arranged.cells, strides: .composed(map), pass: pass)
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let (arranged, arrangedGradient) = (planned[pass.plan].weights, planned[pass.plan].gradient)
    if pass.sumsWeightGradients {
      arrangedGradient.cells.fill(0..<map.composedCount, with: 0)
    }
    let result = stencil.backward(
      gradient, weights: arranged.cells, strides: .composed(map),
      weightGradient: pass.sumsWeightGradients ? arrangedGradient.cells : nil, pass: pass)
    if pass.sumsWeightGradients {
      forEachWeight { index, place, isBias in
        let target = isBias ? bias.gradient : weight.gradient
        target[index] += arrangedGradient.cells[place]
      }
    }
    return result
  }

  /// Every weight and where it stands in the map; a bias stands once for each position of the block.
  private func forEachWeight(_ body: (_ index: Int, _ place: Int, _ isBias: Bool) -> Void) {
    let strides = WeightStrides.composed(map)
    let positions = growth.count
    for position in 0..<positions {
      for output in 0..<outputs {
        let row = position * strides.parity + output * strides.output
        for input in 0..<inputs {
          body((input * outputs + output) * positions + position, row + input, false)
        }
        body(output, row + inputs, true)
      }
    }
  }
}
