public import ComputeRuntime
internal import NeuralKernels

/// Batch normalisation (Ioffe & Szegedy 2015): each channel gets mean 0 and variance 1 over batch and
/// volume, then a learned scale and shift.
///
/// As PyTorch: the batch's biased variance normalises; running mean and unbiased variance are kept with
/// momentum 0.1 and used in evaluation; eps 1e-5. Writes no normalised copy: the next layer applies scale
/// and shift while it reads. Remembers its input and the statistics of its last training pass.
public final class BatchNorm3d: Layer {
  public let weight: Parameter
  public let bias: Parameter
  public let runningMean: StateBuffer
  public let runningVariance: StateBuffer
  public let batchesTracked: BatchCounter
  public let channels: Int
  static let momentum = 0.1
  static let epsilon = 1e-5

  private struct Planned {
    let shape: TensorShape
    let workspace: KernelWorkspace
    /// Seven rows of one number per channel.
    let rows: Scratch<Float>
    let moments: Scratch<Float>
    let gradientSums: Scratch<Float>
    var input: Activations?
    var usesBatchStatistics = true
  }
  private enum Row: Int { case scale, shift, mean, inverseDeviation, slope, factor, offset }
  private var planned = PerPlan<Planned>()

  public init(_ name: String, channels: Int, budget: MemoryBudget) throws(NetworkError) {
    self.channels = channels
    weight = try Parameter(
      "\(name).weight", shape: [channels], start: .constant(1), budget: budget)
    bias = try Parameter("\(name).bias", shape: [channels], start: .constant(0), budget: budget)
    runningMean = try StateBuffer(
      "\(name).running_mean", count: channels, initial: 0, budget: budget)
    runningVariance = try StateBuffer(
      "\(name).running_var", count: channels, initial: 1, budget: budget)
    batchesTracked = BatchCounter("\(name).num_batches_tracked")
  }

  public var parameters: [Parameter] { [weight, bias] }
  public var buffers: [StateBuffer] { [runningMean, runningVariance] }
  public var counters: [BatchCounter] { [batchesTracked] }
  public var leavesPending: Bool { true }

  public func prepare(_ input: TensorShape, plan: MemoryPlan) throws(NetworkError) -> TensorShape {
    guard input.channels == channels else {
      throw .wrongShape("\(weight.name) takes \(channels) channels, got \(input.channels) (\(input))")
    }
    let sums = plan.isTraining ? input.buffer.momentCount : 0
    planned[plan] = Planned(
      shape: input, workspace: plan.workspace, rows: try plan.memory(7 * channels),
      moments: try plan.memory(sums), gradientSums: try plan.memory(sums))
    return input
  }

  private func row(_ row: Row, _ planned: Planned) -> Floats {
    planned.rows.cells.suffix(from: row.rawValue * channels)
  }

  public func forward(_ input: Activations, pass: Pass) -> Activations {
    let usesBatchStatistics = pass.mode == .training
    self.planned[pass.plan].input = input
    self.planned[pass.plan].usesBatchStatistics = usesBatchStatistics
    let planned = planned[pass.plan]
    if usesBatchStatistics { takeStatistics(of: input, planned, pass) }
    let (scale, shift) = (row(.scale, planned), row(.shift, planned))
    for c in 0..<channels {
      if !usesBatchStatistics {
        row(.mean, planned)[c] = runningMean.values[c]
        row(.inverseDeviation, planned)[c] = Float(
          1 / (Double(runningVariance.values[c]) + Self.epsilon).squareRoot())
      }
      scale[c] = weight.values[c] * row(.inverseDeviation, planned)[c]
      shift[c] = bias.values[c] - row(.mean, planned)[c] * scale[c]
    }
    let map = ChannelMap(scale: scale, shift: shift, rectified: false)
    var result = Activations(Signal(input.signal.values, pending: map), shape: planned.shape)
    result.request = GradientMomentRequest(
      forward: map, means: row(.mean, planned), sums: planned.gradientSums.cells)
    return result
  }

  /// Mean and deviation of the batch; the running statistics move towards them.
  private func takeStatistics(of input: Activations, _ planned: Planned, _ pass: Pass) {
    let shape = planned.shape.buffer
    let moments = input.moments ?? planned.moments.cells
    if input.moments == nil {
      planned.workspace.moments(
        input.signal.values, shape: shape, to: moments, team: pass.team)
    }
    let perPlane = Double(shape.extent.height * shape.extent.width)
    let count = perPlane * Double(shape.planes)
    for c in 0..<channels {
      var sum = 0.0
      for plane in 0..<shape.planes { sum += Double(moments[(plane * channels + c) * 2]) }
      let mean = sum / count
      // The planes' own deviations, and that of their means from the common one (Chan et al. 1979).
      var squares = 0.0
      for plane in 0..<shape.planes {
        let difference = Double(moments[(plane * channels + c) * 2]) / perPlane - mean
        squares += Double(moments[(plane * channels + c) * 2 + 1])
        squares += perPlane * difference * difference
      }
      row(.mean, planned)[c] = Float(mean)
      row(.inverseDeviation, planned)[c] = Float(
        1 / (squares / count + Self.epsilon).squareRoot())
      move(runningMean, c, towards: mean)
      move(runningVariance, c, towards: squares / max(1, count - 1))
    }
    batchesTracked.count += 1
  }

  private func move(_ running: StateBuffer, _ channel: Int, towards value: Double) {
    running.values[channel] = Float(
      (1 - Self.momentum) * Double(running.values[channel]) + Self.momentum * value)
  }

  public func backward(_ gradient: Gradients, pass: Pass) -> Gradients? {
    let planned = planned[pass.plan]
    guard let input = planned.input else { preconditionFailure("backward before forward") }
    let (shape, usesBatchStatistics) = (planned.shape.buffer, planned.usesBatchStatistics)
    let map = ChannelMap(
      scale: row(.scale, planned), shift: row(.shift, planned),
      rectified: gradient.isBehindReLU)
    let request = GradientMomentRequest(
      forward: map, means: row(.mean, planned), sums: planned.gradientSums.cells)
    if !gradient.hasMoments {
      planned.workspace.gradientMoments(
        gradient.signal.values, values: input.signal.values, shape: shape, request: request,
        team: pass.team)
    }
    let count = Double(shape.planes * shape.extent.height * shape.extent.width)
    for c in 0..<channels {
      var (sum, product) = (0.0, 0.0)
      for plane in 0..<shape.planes {
        sum += Double(request.sums[(plane * channels + c) * 2])
        product += Double(request.sums[(plane * channels + c) * 2 + 1])
      }
      let inverse = Double(row(.inverseDeviation, planned)[c])
      if pass.sumsWeightGradients {
        weight.gradient[c] += Float(product * inverse)
        bias.gradient[c] += Float(sum)
      }
      let slope = Double(map.scale[c])
      // With running statistics the map does not depend on the batch.
      let factor = usesBatchStatistics ? -slope * inverse * inverse * product / count : 0
      let mean = Double(row(.mean, planned)[c])
      row(.slope, planned)[c] = Float(slope)
      row(.factor, planned)[c] = Float(factor)
      row(.offset, planned)[c] = Float(
        usesBatchStatistics ? -slope * sum / count - factor * mean : 0)
    }
    guard pass.needsInputGradient else { return nil }
    let pending = GradientMap(
      values: input.signal.values, forward: map, slope: row(.slope, planned),
      factor: row(.factor, planned), offset: row(.offset, planned))
    return Gradients(
      GradientSignal(gradient.signal.values, pending: pending), shape: planned.shape)
  }
}
