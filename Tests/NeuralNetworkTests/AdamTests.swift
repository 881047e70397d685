import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("Adam")
struct AdamTests {
  let budget = MemoryBudget()

  /// Two parameters and their twins.
  struct Bench {
    let parameters: [Parameter]
    var twins: [String: NaiveTensor<Double>] = [:]
    var generator = SeededGenerator(seed: 131)

    init(budget: MemoryBudget) throws {
      parameters = [
        try Parameter("a", shape: [3, 7], start: .constant(0), budget: budget),
        try Parameter("b", shape: [40], start: .constant(0), budget: budget),
      ]
      for parameter in parameters {
        let values = NaiveTensor<Double>(shape: parameter.shape, using: &generator)
        for (index, value) in values.values.enumerated() { parameter.values[index] = Float(value) }
        twins[parameter.name] = values
      }
    }

    /// New random gradients, for the engine and for the twin.
    mutating func draw() -> [String: NaiveTensor<Double>] {
      var gradients: [String: NaiveTensor<Double>] = [:]
      for parameter in parameters {
        let gradient = NaiveTensor<Double>(shape: parameter.shape, in: -2...2, using: &generator)
        for (index, value) in gradient.values.enumerated() { parameter.gradient[index] = Float(value) }
        gradients[parameter.name] = gradient
      }
      return gradients
    }

    func error() -> Double {
      parameters.map { relativeError(floats($0.values, $0.count), twins[$0.name]?.values ?? []) }.max() ?? 0
    }
  }

  func step(_ adam: Adam, threads: Int = 2) -> Double? {
    let workspace = KernelWorkspace(threads: threads, budget: budget)
    return WorkTeam.run(threads: threads) { team in adam.step(workspace: workspace, team: team) }
  }

  @Test("steps with and without weight decay", arguments: [0, 0.05])
  func plain(weightDecay: Double) throws {
    var bench = try Bench(budget: budget)
    var settings = Adam.Settings()
    (settings.rate, settings.beta1, settings.beta2, settings.epsilon) = (0.02, 0.8, 0.99, 1e-4)
    settings.weightDecay = weightDecay
    let adam = try Adam(bench.parameters, settings: settings, budget: budget)
    var twin = NaiveAdam<Double>()
    (twin.learningRate, twin.beta1, twin.beta2, twin.epsilon) = (0.02, 0.8, 0.99, 1e-4)
    twin.weightDecay = weightDecay
    for number in 1...20 {
      let gradients = bench.draw()
      twin.step(&bench.twins, along: gradients)
      #expect(step(adam) == nil)
      #expect(adam.steps == number)
      // The gradients stay as they are.
      #expect(floats(bench.parameters[0].gradient, 21) == gradients["a"]?.values.map { Float($0) })
    }
    // Twenty steps of 0.02, each rounded to a few parts in 10^7.
    #expect(bench.error() < 1e-6)
  }

  @Test("the settings are PyTorch's by default")
  func defaults() {
    let (settings, twin) = (Adam.Settings(), NaiveAdam<Double>())
    #expect(settings.rate == twin.learningRate && settings.epsilon == twin.epsilon)
    #expect(settings.beta1 == twin.beta1 && settings.beta2 == twin.beta2)
    #expect(settings.weightDecay == 0 && settings.largestGradientNorm == nil)
  }

  @Test("gradients longer than the limit are cut to it, all by one factor", arguments: [0.5, 1e6])
  func clipping(limit: Double) throws {
    var bench = try Bench(budget: budget)
    var settings = Adam.Settings()
    (settings.largestGradientNorm, settings.epsilon) = (limit, 0.1)
    let adam = try Adam(bench.parameters, settings: settings, budget: budget)
    var twin = NaiveAdam<Double>()
    // So large that the length of the gradient matters: Adam hardly feels it otherwise.
    twin.epsilon = 0.1
    for _ in 0..<5 {
      var gradients = bench.draw()
      let length = gradients.values.flatMap(\.values).reduce(0) { $0 + $1 * $1 }.squareRoot()
      let factor = min(1, limit / (length + 1e-6))
      gradients = gradients.mapValues { gradient in
        NaiveTensor(shape: gradient.shape, values: gradient.values.map { $0 * factor })
      }
      twin.step(&bench.twins, along: gradients)
      let found = try #require(step(adam))
      #expect(abs(found - length) < 1e-6 * length)
    }
    #expect(bench.error() < 1e-6)
  }

  @Test("goes on from recorded moments and a recorded number of steps")
  func restore() throws {
    var whole = try Bench(budget: budget)
    let straight = try Adam(whole.parameters, budget: budget)
    for _ in 0..<5 {
      _ = whole.draw()
      _ = step(straight)
    }

    var parted = try Bench(budget: budget)
    let first = try Adam(parted.parameters, budget: budget)
    for _ in 0..<3 {
      _ = parted.draw()
      _ = step(first)
    }
    let second = try Adam(parted.parameters, budget: budget)
    for (index, parameter) in parted.parameters.enumerated() {
      second.firstMoments[index].cells.copy(first.firstMoments[index].cells, count: parameter.count, to: 0)
      second.secondMoments[index].cells.copy(first.secondMoments[index].cells, count: parameter.count, to: 0)
    }
    second.restore(steps: 3)
    for _ in 0..<2 {
      _ = parted.draw()
      _ = step(second)
    }
    #expect(second.steps == 5)
    for (one, other) in zip(whole.parameters, parted.parameters) {
      #expect(floats(one.values, one.count) == floats(other.values, other.count))
    }
  }
}
