public import ComputeRuntime
public import NeuralKernels
public import NeuralNetwork

/// A loss of whole volumes that is added to the geometric one, such as the topological loss: given the
/// probabilities, it returns its value and overwrites the buffer with its gradient with respect to them,
/// both with its weight in. When it throws, nothing is learned.
public typealias VolumeLoss = (
  _ probabilities: Floats, _ shape: TensorShape, _ gradient: Floats
) throws(NetworkError) -> Double

/// One generator with memory for its outputs and for losses: remembers a set for each batch size.
public final class GeneratorPass {
  public let generator: Generator
  private let budget: MemoryBudget
  private var memories: [Memory] = []

  /// Buffers of one batch size, each of the output's shape.
  private struct Memory {
    let shape: TensorShape
    let probabilities: Scratch<Float>
    let logitGradient: Scratch<Float>
    let extraGradient: Scratch<Float>
    let lossScratch: Scratch<Float>
  }

  /// What a forward pass left behind; valid until the next one.
  public struct Output {
    public let shape: TensorShape
    public let logits: Floats
    public let probabilities: Floats
    let logitGradient: Floats
    let extraGradient: Floats
    let lossScratch: Floats
    let plan: MemoryPlan
  }

  public init(_ generator: Generator, budget: MemoryBudget) {
    (self.generator, self.budget) = (generator, budget)
  }

  /// Runs the generator.
  ///
  /// - Parameters:
  ///   - input: `N x 2 x 1 x H x W`.
  ///   - keepsForBackward: whether a backward pass may follow.
  ///   - weightsAreUnchanged: since the last pass with this shape.
  public func forward(
    _ input: Floats, shape: TensorShape, mode: Pass.Mode, keepsForBackward: Bool,
    weightsAreUnchanged: Bool = false, team: WorkTeam
  ) throws(NetworkError) -> Output {
    let (plan, shapeOfOutput) = try generator.plan(for: shape, training: keepsForBackward)
    let memory = try memory(for: shapeOfOutput, training: keepsForBackward)
    var pass = Pass(mode, plan: plan, team: team)
    pass.weightsAreUnchanged = weightsAreUnchanged
    let result = generator.network.chain.forward(
      Activations(Signal(input), shape: shape), pass: pass)
    generator.network.workspace.sigmoid(
      result.signal.values, count: shapeOfOutput.count, to: memory.probabilities.cells, team: team)
    return Output(
      shape: shapeOfOutput, logits: result.signal.values,
      probabilities: memory.probabilities.cells, logitGradient: memory.logitGradient.cells,
      extraGradient: memory.extraGradient.cells, lossScratch: memory.lossScratch.cells, plan: plan)
  }

  /// Adds the weights' gradients; `output.logitGradient` is the gradient with respect to the logits.
  func backward(_ output: Output, team: WorkTeam) {
    var pass = Pass(.training, plan: output.plan, team: team)
    pass.needsInputGradient = false
    _ = generator.network.chain.backward(
      Gradients(GradientSignal(output.logitGradient), shape: output.shape), pass: pass)
  }

  private func memory(for shape: TensorShape, training: Bool) throws(NetworkError) -> Memory {
    for memory in memories
    where memory.shape == shape && (!training || memory.logitGradient.capacity > 0) {
      return memory
    }
    let (count, forBackward) = (shape.count, training ? shape.count : 0)
    let budget = budget
    let memory: Memory
    do {
      memory = Memory(
        shape: shape, probabilities: try Scratch(count: count, budget: budget),
        logitGradient: try Scratch(count: forBackward, budget: budget),
        extraGradient: try Scratch(count: forBackward, zeroed: true, budget: budget),
        lossScratch: try Scratch(count: GeometricLoss.scratchCount(shape), budget: budget))
    } catch { throw NetworkError(error) }
    memories.append(memory)
    return memory
  }
}

/// Supervised training, one batch at a time: forward, losses, backward, Adam.
public final class SupervisedStep {
  public struct Losses: Equatable, Sendable {
    public var geometric: GeometricLoss.Value
    /// The volume loss, with its weight.
    public var volume: Double
    public var total: Double { geometric.combined + volume }
  }

  public let pass: GeneratorPass
  public let optimiser: Adam
  public var loss: GeometricLoss

  public init(
    _ pass: GeneratorPass, optimiser: Adam, loss: GeometricLoss = GeometricLoss()
  ) {
    (self.pass, self.optimiser, self.loss) = (pass, optimiser, loss)
  }

  /// Learns from one batch.
  ///
  /// - Parameters:
  ///   - input: `N x 2 x 1 x H x W`; `target`: `N x 1 x 64 x H x W`, in [0, 1].
  /// - Returns: the losses before the weights moved.
  /// - Throws: ``NetworkError/cancelled`` before the weights move, if the team's caller asked to stop; running
  ///   statistics have moved then.
  public func run(
    input: Floats, shape: TensorShape, target: Floats, volumeLoss: VolumeLoss? = nil,
    team: WorkTeam
  ) throws(NetworkError) -> Losses {
    let losses = try gradients(
      input: input, shape: shape, target: target, volumeLoss: volumeLoss, team: team)
    try team.commitStep { optimiser.step(workspace: pass.generator.network.workspace, team: team) }
    return losses
  }

  /// The losses and the weights' gradients, without moving the weights.
  public func gradients(
    input: Floats, shape: TensorShape, target: Floats, volumeLoss: VolumeLoss? = nil,
    team: WorkTeam
  ) throws(NetworkError) -> Losses {
    let network = pass.generator.network
    let output = try pass.forward(
      input, shape: shape, mode: .training, keepsForBackward: true, team: team)
    let volume = try volumeLoss?(output.probabilities, output.shape, output.extraGradient) ?? 0
    let geometric = loss(
      logits: output.logits, probabilities: output.probabilities, target: target,
      shape: output.shape, extraGradient: volumeLoss == nil ? nil : output.extraGradient,
      gradient: output.logitGradient, scratch: output.lossScratch, workspace: network.workspace,
      team: team)
    network.clearGradients()
    pass.backward(output, team: team)
    return Losses(geometric: geometric, volume: volume)
  }
}

extension WorkTeam {
  /// Moves weights, all of them or, if the caller asked to stop, none.
  func commitStep(_ optimise: () -> Void) throws(NetworkError) {
    do { try commit(optimise) } catch { throw NetworkError(error) }
  }
}
