import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR

/// Something whose runs are timed. Remembers its models, which share nothing with those of other cases.
protocol TimedCase {
  func run(team: WorkTeam) throws
  /// What the last run computed.
  var values: [Double] { get }
}

/// The case of this name, its models made from the files.
func makeCase(_ name: String, folder: String, threads: Int) throws -> any TimedCase {
  let inputs = Inputs(folder: folder)
  let workspace = KernelWorkspace(threads: threads, budget: inputs.budget)
  switch name {
  case "step": return try TrainingCase(inputs, workspace)
  case "adversarial": return try AdversarialCase(inputs, workspace)
  case "inference6": return try InferenceCase(inputs, batch: 6, workspace)
  case "inference1": return try InferenceCase(inputs, batch: 1, workspace)
  case "plan": return try PlanCase(inputs)
  case "share16-start", "share16-trained", "share64-start", "share64-trained":
    return try ShareCase(
      inputs, weights: String(name.dropFirst("share16-".count)),
      resolution: name.hasPrefix("share16") ? 16 : nil, threads: threads, workspace)
  default: throw BenchmarkError(description: "there is no case \(name)")
  }
}

/// A generator with the given weights.
private func generatorPass(
  _ inputs: Inputs, _ workspace: KernelWorkspace
) throws -> GeneratorPass {
  let generator = try Generator(workspace: workspace, budget: inputs.budget)
  try generator.read(from: inputs.file("generator"))
  return GeneratorPass(generator, budget: inputs.budget)
}

/// Forward, (2 Dice + BCE) / 2, backward, Adam.
final class TrainingCase: TimedCase {
  private let x: Tensor
  private let y: Tensor
  private let step: SupervisedStep
  /// The loss.
  private(set) var values: [Double] = []

  init(_ inputs: Inputs, _ workspace: KernelWorkspace) throws {
    (x, y) = try (inputs.tensor("x", of: "batch"), inputs.tensor("y", of: "batch"))
    let pass = try generatorPass(inputs, workspace)
    step = SupervisedStep(
      pass, optimiser: try Adam(pass.generator.network.parameters, budget: inputs.budget))
  }

  func run(team: WorkTeam) throws {
    values = [try step.run(input: x.values, shape: x.shape, target: y.values, team: team).total]
  }
}

/// One generator forward, both updates.
final class AdversarialCase: TimedCase {
  private let x: Tensor
  private let y: Tensor
  private let step: AdversarialStep
  /// The loss of the generator and that of the discriminator.
  private(set) var values: [Double] = []

  init(_ inputs: Inputs, _ workspace: KernelWorkspace) throws {
    (x, y) = try (inputs.tensor("x", of: "batch"), inputs.tensor("y", of: "batch"))
    let pass = try generatorPass(inputs, workspace)
    let discriminator = try Discriminator(workspace: workspace, budget: inputs.budget)
    try discriminator.read(from: inputs.file("discriminator"))
    var settings = Adam.Settings()
    (settings.rate, settings.beta1) = (1e-4, 0.5)
    step = try AdversarialStep(
      pass, discriminator,
      generatorOptimiser: Adam(
        pass.generator.network.parameters, settings: settings, budget: inputs.budget),
      discriminatorOptimiser: Adam(
        discriminator.network.parameters, settings: settings, budget: inputs.budget),
      largestBatch: x.shape.batch, budget: inputs.budget)
  }

  func run(team: WorkTeam) throws {
    let losses = try step.run(input: x.values, shape: x.shape, target: y.values, team: team)
    values = [losses.generator, losses.discriminator]
  }
}

/// Predictions of the first samples with running statistics.
final class InferenceCase: TimedCase {
  private let x: Tensor
  private let shape: TensorShape
  private let pass: GeneratorPass
  private var prediction: GeneratorPass.Output?

  init(_ inputs: Inputs, batch: Int, _ workspace: KernelWorkspace) throws {
    x = try inputs.tensor("x", of: "batch")
    shape = TensorShape(
      batch: batch, channels: x.shape.channels, depth: x.shape.depth, height: x.shape.height,
      width: x.shape.width)
    pass = try generatorPass(inputs, workspace)
  }

  func run(team: WorkTeam) throws {
    // As a predictor does, which keeps what the first pass derived from the weights.
    prediction = try pass.forward(
      x.values, shape: shape, mode: .evaluation, keepsForBackward: false,
      weightsAreUnchanged: prediction != nil, team: team)
  }

  /// Mean and mean square of the prediction.
  var values: [Double] {
    guard let prediction else { return [] }
    let count = prediction.shape.count
    var (sum, squares) = (0.0, 0.0)
    for index in 0..<count {
      let value = Double(prediction.probabilities[index])
      sum += value
      squares += value * value
    }
    return [sum / Double(count), squares / Double(count)]
  }
}
