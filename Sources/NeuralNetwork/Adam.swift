public import ComputeRuntime
public import NeuralKernels

/// The optimiser Adam (Kingma & Ba 2015) as PyTorch defines it: remembers two running means for each
/// weight and the number of its steps.
public final class Adam {
  public struct Settings: Equatable, Sendable {
    public var rate = 1e-3
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    /// Added to each gradient, times the weight.
    public var weightDecay = 0.0
    /// The gradients' common length is cut to this; nil leaves it.
    public var largestGradientNorm: Double?

    public init() {}
  }

  public var settings: Settings
  public private(set) var steps = 0
  public let parameters: [Parameter]
  /// Running means of the gradient and of its square, one of each per parameter.
  public let firstMoments: [Scratch<Float>]
  public let secondMoments: [Scratch<Float>]

  public init(
    _ parameters: [Parameter], settings: Settings = Settings(), budget: MemoryBudget
  ) throws(NetworkError) {
    (self.parameters, self.settings) = (parameters, settings)
    var (first, second): ([Scratch<Float>], [Scratch<Float>]) = ([], [])
    for parameter in parameters {
      try NetworkError.orRefused { () throws(ComputeError) in
        first.append(try Scratch(count: parameter.count, zeroed: true, budget: budget))
        second.append(try Scratch(count: parameter.count, zeroed: true, budget: budget))
      }
    }
    (firstMoments, secondMoments) = (first, second)
  }

  /// Moves every weight against its gradient; the gradients stay as they are.
  ///
  /// - Returns: the common length of all gradients, if they are to be cut.
  @discardableResult
  public func step(workspace: KernelWorkspace, team: WorkTeam) -> Double? {
    steps += 1
    var (norm, gradientScale): (Double?, Double) = (nil, 1)
    if let limit = settings.largestGradientNorm {
      let squares = parameters.reduce(0) {
        $0 + workspace.sumOfSquares($1.gradient, count: $1.count)
      }
      let length = squares.squareRoot()
      norm = length
      // PyTorch's clip_grad_norm_, with its 1e-6.
      gradientScale = min(1, limit / (length + 1e-6))
    }
    let numbers = KernelWorkspace.AdamNumbers(
      beta1: settings.beta1, beta2: settings.beta2,
      stepSize: Float(settings.rate / (1 - power(settings.beta1, steps))),
      rootCorrection: Float(1 / (1 - power(settings.beta2, steps)).squareRoot()),
      epsilon: Float(settings.epsilon), weightDecay: Float(settings.weightDecay),
      gradientScale: Float(gradientScale))
    for (index, parameter) in parameters.enumerated() {
      workspace.adamStep(
        weights: parameter.values, gradient: parameter.gradient,
        first: firstMoments[index].cells, second: secondMoments[index].cells,
        count: parameter.count, numbers: numbers, team: team)
    }
    return norm
  }

  /// Continues from a recorded number of steps.
  public func restore(steps: Int) { self.steps = steps }

  /// `base` to a whole power, by squaring; no rounding differs between machines.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
