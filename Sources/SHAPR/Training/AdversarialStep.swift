public import ComputeRuntime
public import NeuralKernels
public import NeuralNetwork

/// Adversarial training, one batch at a time: the generator learns to please the discriminator too, then the
/// discriminator learns to tell the generator's volumes from real ones.
///
/// One forward pass of the generator serves both. The discriminator sees the probabilities, so that its
/// opinion reaches the generator (docs/decisions/0011-adversarial-step.md).
public final class AdversarialStep {
  public struct Losses: Equatable, Sendable {
    public var geometric: GeometricLoss.Value
    public var volume: Double
    /// How sure the discriminator is that the generator's volumes are not real.
    public var adversarial: Double
    /// (10 * geometric + adversarial) / 11 + volume: what the generator learned from.
    public var generator: Double { (10 * geometric.combined + adversarial) / 11 + volume }
    /// The mean of the discriminator's cross entropies on real and on generated volumes.
    public var discriminator: Double
  }

  public let pass: GeneratorPass
  public let discriminator: Discriminator
  public let generatorOptimiser: Adam
  public let discriminatorOptimiser: Adam
  public var loss: GeometricLoss
  /// The gradient with respect to the discriminator's verdicts.
  private let verdictGradient: Scratch<Float>

  /// - Parameter largestBatch: samples in a batch, at most.
  public init(
    _ pass: GeneratorPass, _ discriminator: Discriminator, generatorOptimiser: Adam,
    discriminatorOptimiser: Adam, loss: GeometricLoss = GeometricLoss(), largestBatch: Int,
    budget: MemoryBudget
  ) throws(NetworkError) {
    (self.pass, self.discriminator, self.loss) = (pass, discriminator, loss)
    self.generatorOptimiser = generatorOptimiser
    self.discriminatorOptimiser = discriminatorOptimiser
    do { verdictGradient = try Scratch(count: max(1, largestBatch), budget: budget) } catch {
      throw NetworkError(error)
    }
  }

  /// Learns from one batch: see ``SupervisedStep/run(input:shape:target:volumeLoss:team:)``.
  public func run(
    input: Floats, shape: TensorShape, target: Floats, volumeLoss: VolumeLoss? = nil,
    team: WorkTeam
  ) throws(NetworkError) -> Losses {
    precondition(shape.batch <= verdictGradient.capacity, "a batch larger than planned")
    let workspace = pass.generator.network.workspace
    let output = try pass.forward(
      input, shape: shape, mode: .training, keepsForBackward: true, team: team)
    let plan = try discriminator.network.plan(for: output.shape, training: true).plan
    let judged = Pass(.training, plan: plan, team: team)

    // The generator: geometry, volume loss, and the opinion of the discriminator.
    let verdicts = verdicts(on: output.probabilities, output.shape, judged)
    let adversarial = BinaryCrossEntropy.ofLogits(
      verdicts, target: 1, count: shape.batch, weight: 1 / 11, gradient: verdictGradient.cells)
    var opinion = judged
    opinion.sumsWeightGradients = false
    let opinionGradient = backward(shape.batch, opinion)
    let volume = try volumeLoss?(output.probabilities, output.shape, output.extraGradient) ?? 0
    if volumeLoss == nil { output.extraGradient.fill(0..<output.shape.count, with: 0) }
    if let opinionGradient {
      workspace.add(
        opinionGradient, to: output.extraGradient, count: output.shape.count, team: team)
    }
    let geometric = loss(
      logits: output.logits, probabilities: output.probabilities, target: target,
      shape: output.shape, weight: 10 / 11, extraGradient: output.extraGradient,
      gradient: output.logitGradient, scratch: output.lossScratch, workspace: workspace,
      team: team)
    pass.generator.network.clearGradients()
    pass.backward(output, team: team)

    // The discriminator: the same verdicts, now to be 0; then real volumes, to be 1.
    discriminator.network.clearGradients()
    var learning = judged
    learning.needsInputGradient = false
    let onGenerated = BinaryCrossEntropy.ofLogits(
      verdicts, target: 0, count: shape.batch, weight: 0.5, gradient: verdictGradient.cells)
    _ = backward(shape.batch, learning)
    let onReal = BinaryCrossEntropy.ofLogits(
      self.verdicts(on: target, output.shape, judged), target: 1, count: shape.batch, weight: 0.5,
      gradient: verdictGradient.cells)
    _ = backward(shape.batch, learning)
    // Neither learns from the other's new weights, so both move together or not at all.
    try team.commitStep {
      generatorOptimiser.step(workspace: workspace, team: team)
      discriminatorOptimiser.step(workspace: workspace, team: team)
    }

    return Losses(
      geometric: geometric, volume: volume, adversarial: adversarial,
      discriminator: (onReal + onGenerated) / 2)
  }

  private func verdicts(on volumes: Floats, _ shape: TensorShape, _ pass: Pass) -> Floats {
    discriminator.network.chain.forward(Activations(Signal(volumes), shape: shape), pass: pass)
      .signal.values
  }

  /// From the gradient with respect to the verdicts to that with respect to the volumes.
  private func backward(_ batch: Int, _ pass: Pass) -> Floats? {
    let shape = TensorShape(batch: batch, channels: 1, depth: 1, height: 1, width: 1)
    return discriminator.network.chain.backward(
      Gradients(GradientSignal(verdictGradient.cells), shape: shape), pass: pass)?.signal.values
  }
}
