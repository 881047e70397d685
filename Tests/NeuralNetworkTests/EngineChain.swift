import ComputeRuntime
import NeuralKernels
import TestOracles

@testable import NeuralNetwork

/// The engine's layers for a chain of the oracles, with the same weights under the same names.
struct EngineChain {
  let network: Network
  let budget: MemoryBudget
  private let threads: Int

  /// How the layers are put into chains.
  enum Nesting: Sendable, Equatable {
    case flat
    /// The layers before this one in a chain of their own, and the others.
    case splitAt(Int)
  }

  /// - Parameter composes: a transposed convolution and the convolution behind it become one layer.
  init(
    _ chain: NaiveChain<Double>, fusion: Sequential.Fusion = .fused, composes: Bool = false,
    nesting: Nesting = .flat, threads: Int = 2, instructionSet: InstructionSet = .best,
    budget: MemoryBudget = MemoryBudget()
  ) throws {
    (self.threads, self.budget) = (threads, budget)
    var layers: [any Layer] = []
    for layer in chain.layers {
      let next = try Self.layer(layer, budget)
      if composes, let up = layers.last as? ConvTranspose3d, let convolution = next as? Conv3d {
        layers[layers.count - 1] = UpConv3d(up, convolution)
      } else {
        layers.append(next)
      }
    }
    if case .splitAt(let place) = nesting {
      layers = [
        Sequential(Array(layers[..<place]), fusion: fusion),
        Sequential(Array(layers[place...]), fusion: fusion),
      ]
    }
    network = Network(
      Sequential(layers, fusion: fusion),
      workspace: KernelWorkspace(threads: threads, budget: budget, instructionSet: instructionSet),
      budget: budget)
    read(chain.state)
  }

  private static func layer(_ layer: NaiveLayer, _ budget: MemoryBudget) throws -> any Layer {
    switch layer {
    case .convolution(let name, let s):
      try Conv3d(name, inputs: s[1], outputs: s[0], kernel: (s[2], s[3], s[4]), budget: budget)
    case .transposedConvolution(let name, let s):
      try ConvTranspose3d(name, inputs: s[0], outputs: s[1], growth: (s[2], s[3], s[4]), budget: budget)
    case .batchNorm(let name, let channels): try BatchNorm3d(name, channels: channels, budget: budget)
    case .linear(let name, let outputs, let inputs):
      try Linear(name, inputs: inputs, outputs: outputs, budget: budget)
    case .maxPooling(let window): MaxPool3d((window[0], window[1], window[2]))
    case .relu: ReLU()
    case .sigmoid: Sigmoid()
    }
  }

  private func read(_ state: [String: NaiveTensor<Double>]) {
    for (name, values) in network.parameters.map({ ($0.name, $0.values) })
      + network.chain.buffers.map({ ($0.name, $0.values) })
    {
      for (index, value) in (state[name]?.values ?? []).enumerated() { values[index] = Float(value) }
    }
  }

  /// What one pass gave, and what it left behind.
  struct Found: Equatable {
    var output: [Float]
    var inputGradient: [Float]?
    var parameters: [String: [Float]]
    var buffers: [String: [Float]]
  }

  /// Forward and backward; parameters' gradients are cleared before.
  func run(
    _ x: NaiveTensor<Double>, gradient dy: NaiveTensor<Double>, training: Bool,
    sumsWeightGradients: Bool = true, needsInputGradient: Bool = true
  ) throws -> Found {
    let shape = tensorShape(x.shape)
    let (plan, outputShape) = try network.plan(for: shape, training: true)
    let input = try Tensor(shape, budget: budget)
    try input.fill(from: x.values.map { Float($0) })
    let gradient = try Tensor(outputShape, budget: budget)
    try gradient.fill(from: dy.values.map { Float($0) })
    network.clearGradients()
    var output: [Float] = []
    var inputGradient: [Float]?
    WorkTeam.run(threads: threads) { team in
      var pass = Pass(training ? .training : .evaluation, plan: plan, team: team)
      pass.sumsWeightGradients = sumsWeightGradients
      pass.needsInputGradient = needsInputGradient
      let result = network.chain.forward(Activations(Signal(input.values), shape: shape), pass: pass)
      output = result.signal.pending == nil ? floats(result.signal.values, outputShape.count) : []
      let back = network.chain.backward(
        Gradients(GradientSignal(gradient.values), shape: outputShape), pass: pass)
      inputGradient = back.map {
        $0.signal.pending == nil ? floats($0.signal.values, shape.count) : []
      }
    }
    withExtendedLifetime((input, gradient)) {}
    return Found(
      output: output, inputGradient: inputGradient,
      parameters: Dictionary(
        uniqueKeysWithValues: network.parameters.map { ($0.name, floats($0.gradient, $0.count)) }),
      buffers: Dictionary(
        uniqueKeysWithValues: network.chain.buffers.map { ($0.name, floats($0.values, $0.count)) }))
  }
}

func floats(_ values: Floats, _ count: Int) -> [Float] { (0..<count).map { values[$0] } }

/// [N, C] and [N, C, D, H, W] as the engine has them.
func tensorShape(_ shape: [Int]) -> TensorShape {
  let full = shape + Array(repeating: 1, count: 5 - shape.count)
  return TensorShape(batch: full[0], channels: full[1], depth: full[2], height: full[3], width: full[4])
}

/// The largest difference, as part of the largest expected value or of `scale`, whichever is larger.
func relativeError(_ found: [Float], _ expected: [Double], scale: Double = 1e-30) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = expected.reduce(scale) { max($0, abs($1)) }
  return zip(found, expected).reduce(0) { worst, pair in
    let error = abs(Double(pair.0) - pair.1) / scale
    return error <= worst ? worst : error.isNaN ? .infinity : error
  }
}

/// What the oracles expect of one pass.
struct Expected {
  var output: NaiveTensor<Double>
  var inputGradient: NaiveTensor<Double>
  var parameters: [String: NaiveTensor<Double>]
  var state: [String: NaiveTensor<Double>]

  init(_ chain: NaiveChain<Double>, _ x: NaiveTensor<Double>, _ dy: NaiveTensor<Double>, training: Bool) {
    var chain = chain
    let pass = chain.forward(x, training: training)
    output = pass.output
    (inputGradient, parameters) = chain.backward(pass, dy)
    if training { chain.updateRunningStatistics(after: pass) }
    state = chain.state
  }

  /// The largest error of all tensors, and whose it is.
  ///
  /// Gradients that are 0 but for rounding (of a bias in front of batch norm) count as parts of the largest
  /// gradient of all.
  func worstError(of found: EngineChain.Found) -> (error: Double, name: String) {
    var worst = (error: relativeError(found.output, output.values), name: "output")
    func take(_ error: Double, _ name: String) { if !(error <= worst.error) { worst = (error, name) } }
    let all = parameters.values.flatMap(\.values) + inputGradient.values
    let scale = 1e-2 * all.reduce(1e-30) { max($0, abs($1)) }
    if let gradient = found.inputGradient {
      take(relativeError(gradient, inputGradient.values, scale: scale), "input gradient")
    }
    if Set(parameters.keys) != Set(found.parameters.keys) { take(.infinity, "names") }
    for (name, gradient) in parameters {
      take(relativeError(found.parameters[name] ?? [], gradient.values, scale: scale), name)
    }
    for (name, values) in found.buffers {
      take(relativeError(values, state[name]?.values ?? []), name)
    }
    return worst
  }
}
