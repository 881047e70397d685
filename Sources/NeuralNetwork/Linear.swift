public import ComputeRuntime
internal import NeuralKernels

/// A matrix times the features of each sample, plus bias. Channels and voxels together are the features.
///
/// Weights `[out][in]`, bias `[out]`; the output has one voxel. Meant for a last layer of a few features:
/// it runs on one thread. Remembers its input.
public final class Linear: Layer {
  public let weight: Parameter
  public let bias: Parameter
  public let inputs: Int
  public let outputs: Int
  private struct Planned {
    let output: Scratch<Float>
    let inputGradient: Scratch<Float>
    var input: Activations?
  }
  private var planned = PerPlan<Planned>()

  public init(_ name: String, inputs: Int, outputs: Int, budget: MemoryBudget) throws(NetworkError) {
    (self.inputs, self.outputs) = (inputs, outputs)
    weight = try Parameter(
      "\(name).weight", shape: [outputs, inputs], start: .uniform, fanIn: inputs, budget: budget)
    bias = try Parameter(
      "\(name).bias", shape: [outputs], start: .uniform, fanIn: inputs, budget: budget)
  }

  public var parameters: [Parameter] { [weight, bias] }

  private func outputShape(_ batch: Int) -> TensorShape {
    TensorShape(batch: batch, channels: outputs, depth: 1, height: 1, width: 1)
  }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    guard input.count == input.batch * inputs else {
      throw .wrongShape("\(weight.name) takes \(inputs) features, got \(input)")
    }
    planned[plan] = Planned(
      output: try plan.output(outputShape(input.batch)), inputGradient: try plan.gradient(input))
    return outputShape(input.batch)
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let output = planned[pass.plan].output
    self.planned[pass.plan].input = input
    for sample in 0..<input.shape.batch {
      for o in 0..<outputs {
        var sum = Double(bias.values[o])
        for i in 0..<inputs {
          sum +=
            Double(weight.values[o * inputs + i])
            * Double(input.signal.values[sample * inputs + i])
        }
        output.cells[sample * outputs + o] = Float(sum)
      }
    }
    return Activations(Signal(output.cells), shape: outputShape(input.shape.batch))
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let inputGradient = planned[pass.plan].inputGradient
    guard let input = planned[pass.plan].input else { preconditionFailure("backward before forward") }
    let given = gradient.signal.values
    let values = input.signal.values
    for sample in 0..<input.shape.batch {
      for i in 0..<inputs {
        var sum: Float = 0
        for o in 0..<outputs {
          let g = given[sample * outputs + o]
          sum += weight.values[o * inputs + i] * g
          if pass.sumsWeightGradients {
            weight.gradient[o * inputs + i] += values[sample * inputs + i] * g
          }
        }
        inputGradient.cells[sample * inputs + i] = sum
      }
      if pass.sumsWeightGradients {
        for o in 0..<outputs { bias.gradient[o] += given[sample * outputs + o] }
      }
    }
    return Gradients(GradientSignal(inputGradient.cells), shape: input.shape)
  }
}
