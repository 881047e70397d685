/// One step of a chain. Layers with weights have a name, under which the state of the chain holds them.
public enum NaiveLayer: Sendable {
  /// `weight` = [out, in, D, H, W], without a bias.
  case convolution(String, weight: [Int])
  /// `weight` = [in, out, D, H, W], with a bias.
  case transposedConvolution(String, weight: [Int])
  case batchNorm(String, channels: Int)
  /// Takes a whole sample as one list of numbers.
  case linear(String, outputs: Int, inputs: Int)
  case maxPooling([Int])
  case relu
  case sigmoid

  /// Names and shapes of what the layer learns.
  var parameterShapes: [(name: String, shape: [Int])] {
    switch self {
    case .convolution(let name, let weight): [(name + ".weight", weight)]
    case .transposedConvolution(let name, let weight):
      [(name + ".weight", weight), (name + ".bias", [weight[1]])]
    case .batchNorm(let name, let channels): [(name + ".weight", [channels]), (name + ".bias", [channels])]
    case .linear(let name, let outputs, let inputs):
      [(name + ".weight", [outputs, inputs]), (name + ".bias", [outputs])]
    case .maxPooling, .relu, .sigmoid: []
    }
  }
}

/// Layers one after the other, forward and backward, in the twins of each layer.
public struct NaiveChain<T: BinaryFloatingPoint> {
  public var layers: [NaiveLayer]
  /// Weights and running statistics by their names in a PyTorch state dict; others may be there too.
  public var state: [String: NaiveTensor<T>]

  public init(_ layers: [NaiveLayer], state: [String: NaiveTensor<T>]) {
    self.layers = layers
    self.state = state
    for (name, shape) in layers.flatMap(\.parameterShapes) {
      precondition(state[name]?.shape == shape, "\(name) is \(state[name]?.shape ?? []), not \(shape)")
    }
  }

  /// Random weights for tests: of PyTorch's size (below 1 / sqrt(fan in)), and batch normalisations that are
  /// not the identity.
  public init(_ layers: [NaiveLayer], using generator: inout SeededGenerator) {
    var state: [String: NaiveTensor<T>] = [:]
    for layer in layers {
      for (name, shape) in layer.parameterShapes {
        let bound = 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot()
        state[name] = NaiveTensor(shape: shape, in: -bound...bound, using: &generator)
      }
      if case .batchNorm(let name, let channels) = layer {
        state[name + ".weight"] = NaiveTensor(shape: [channels], in: 0.5...1.5, using: &generator)
        state[name + ".running_mean"] = NaiveTensor(shape: [channels], in: -0.5...0.5, using: &generator)
        state[name + ".running_var"] = NaiveTensor(shape: [channels], in: 0.5...1.5, using: &generator)
      }
    }
    self.init(layers, state: state)
  }

  /// What the chain learns, in the order of the layers.
  public var parameterNames: [String] { layers.flatMap(\.parameterShapes).map(\.name) }

  /// What `forward` leaves for `backward`.
  public struct Pass {
    public var training: Bool
    /// The input, then what each layer gave.
    public var activations: [NaiveTensor<T>]

    public var output: NaiveTensor<T> { activations[activations.count - 1] }
    /// What the last layer gets: logits, where that is a sigmoid.
    public var logits: NaiveTensor<T> { activations[activations.count - 2] }
  }

  /// Does not touch the running statistics: see `updateRunningStatistics(after:)`.
  public func forward(_ input: NaiveTensor<T>, training: Bool) -> Pass {
    var pass = Pass(training: training, activations: [input])
    for layer in layers {
      pass.activations.append(output(of: layer, pass.output, training: training))
    }
    return pass
  }

  /// d loss / d input and d loss / d every parameter, by its name, from d loss / d output.
  ///
  /// - Parameter fromLogits: the gradient is with respect to `pass.logits`; the last layer is left out.
  public func backward(
    _ pass: Pass, _ outputGradient: NaiveTensor<T>, fromLogits: Bool = false
  ) -> (input: NaiveTensor<T>, parameters: [String: NaiveTensor<T>]) {
    var gradient = outputGradient
    var parameters: [String: NaiveTensor<T>] = [:]
    for index in layers.indices.dropLast(fromLogits ? 1 : 0).reversed() {
      let (input, output) = (pass.activations[index], pass.activations[index + 1])
      switch layers[index] {
      case .convolution(let name, _):
        let layer = NaiveConvolution(weight: tensor(name + ".weight"))
        parameters[name + ".weight"] = layer.weightGradient(gradient, input: input)
        gradient = layer.inputGradient(gradient)
      case .transposedConvolution(let name, _):
        let layer = NaiveTransposedConvolution(weight: tensor(name + ".weight"), bias: tensor(name + ".bias"))
        parameters[name + ".weight"] = layer.weightGradient(gradient, input: input)
        parameters[name + ".bias"] = layer.biasGradient(gradient)
        gradient = layer.inputGradient(gradient)
      case .batchNorm(let name, _):
        (gradient, parameters[name + ".weight"], parameters[name + ".bias"]) =
          batchNorm(name).gradients(gradient, input: input, training: pass.training)
      case .linear(let name, _, _):
        (gradient, parameters[name + ".weight"], parameters[name + ".bias"]) =
          NaiveLinear(weight: tensor(name + ".weight"), bias: tensor(name + ".bias"))
          .gradients(gradient, input: input)
      case .maxPooling(let kernel):
        gradient = NaiveMaxPooling(kernel: kernel).inputGradient(gradient, input: input)
      case .relu: gradient = naiveReLUGradient(gradient, input: input)
      case .sigmoid: gradient = naiveSigmoidGradient(gradient, output: output)
      }
    }
    return (gradient, parameters)
  }

  /// What a training step does to the running statistics of every batch normalisation.
  public mutating func updateRunningStatistics(after pass: Pass) {
    for (index, layer) in layers.enumerated() {
      guard case .batchNorm(let name, _) = layer else { continue }
      var layer = batchNorm(name)
      layer.updateRunningStatistics(with: pass.activations[index])
      state[name + ".running_mean"] = layer.runningMean
      state[name + ".running_var"] = layer.runningVariance
    }
  }

  private func output(of layer: NaiveLayer, _ input: NaiveTensor<T>, training: Bool) -> NaiveTensor<T> {
    switch layer {
    case .convolution(let name, _): NaiveConvolution(weight: tensor(name + ".weight"))(input)
    case .transposedConvolution(let name, _):
      NaiveTransposedConvolution(weight: tensor(name + ".weight"), bias: tensor(name + ".bias"))(input)
    case .batchNorm(let name, _): batchNorm(name)(input, training: training)
    case .linear(let name, _, _):
      NaiveLinear(weight: tensor(name + ".weight"), bias: tensor(name + ".bias"))(input)
    case .maxPooling(let kernel): NaiveMaxPooling(kernel: kernel)(input)
    case .relu: naiveReLU(input)
    case .sigmoid: naiveSigmoid(input)
    }
  }

  private func batchNorm(_ name: String) -> NaiveBatchNorm<T> {
    NaiveBatchNorm(
      weight: tensor(name + ".weight"), bias: tensor(name + ".bias"),
      runningMean: tensor(name + ".running_mean"), runningVariance: tensor(name + ".running_var"))
  }

  private func tensor(_ name: String) -> NaiveTensor<T> {
    guard let tensor = state[name] else { preconditionFailure("the state has no \(name)") }
    return tensor
  }
}
