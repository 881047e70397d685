public import ComputeRuntime
public import NeuralKernels
internal import NeuralNetwork

/// The training of one generator on one split: supervised, then adversarial if wished. Remembers networks,
/// optimisers, the best weights so far and its progress; all of it is in a checkpoint.
///
/// Every number follows from settings, seed, split and cells: not from threads, time or restarts.
public final class Training {
  public let settings: Settings
  public let seed: UInt64
  public let split: Split
  public internal(set) var progress: TrainingProgress
  public let generator: Generator
  let source: any CellSource
  let budget: MemoryBudget
  let supervised: SupervisedStep
  var adversarial: AdversarialStep?
  /// The weights with the lowest validation loss, in the order of the generator's parameters and buffers.
  var best: [Scratch<Float>] = []
  let pass: GeneratorPass
  let topology: TopologicalVolumeLoss?
  let loader: BatchLoader
  private var statistics: RunningStatistics

  /// What the caller may want to see, and do, after each step.
  public struct Step: Sendable {
    public let stage: Stage
    public let epoch: Int
    /// Epochs of the stage, at most.
    public let epochs: Int
    /// Steps of this epoch that are done, of all that it has.
    public let step: Int
    public let steps: Int
    /// The means of the epoch so far.
    public let losses: EpochLosses
  }

  public init(
    _ settings: Settings, seed: UInt64, source: any CellSource, split: Split,
    workspace: KernelWorkspace, budget: MemoryBudget
  ) throws(TrainingError) {
    guard !split.train.isEmpty, !split.validation.isEmpty else {
      throw .split("a split needs cells to train on and cells to validate on")
    }
    let extent = source.extent
    guard
      settings.adversarialEpochs == 0
        || [extent.depth, extent.height, extent.width].allSatisfy({ $0 % 16 == 0 })
    else {
      throw .split("the adversarial stage takes cells whose extents are multiples of 16")
    }
    (self.settings, self.seed, self.source) = (settings, seed, source)
    (self.split, self.budget) = (split, budget)
    var earlyStopping = EarlyStopping()
    earlyStopping.patience = settings.earlyStoppingPatience
    progress = TrainingProgress(
      rate: settings.learningRate, schedule: settings.learningRateSchedule,
      earlyStopping: earlyStopping)
    do throws(NetworkError) {
      generator = try Generator(settings.model, workspace: workspace, budget: budget)
      generator.network.initialise(seed: seed)
      pass = GeneratorPass(generator, budget: budget)
      var adam = Adam.Settings()
      adam.rate = settings.learningRate
      adam.weightDecay = settings.weightDecay
      adam.largestGradientNorm = settings.largestGradientNorm
      supervised = SupervisedStep(
        pass,
        optimiser: try Adam(generator.network.parameters, settings: adam, budget: budget),
        loss: settings.geometricLoss)
      topology =
        settings.topologicalWeight > 0
        ? try TopologicalVolumeLoss(
          settings.lossOptions(threads: workspace.threads), weight: settings.topologicalWeight,
          largestBatch: settings.batchSize, budget: budget) : nil
      loader = try BatchLoader(source, largestBatch: settings.batchSize, budget: budget)
      statistics = try RunningStatistics(of: [generator.network], budget: budget)
      for values in generator.network.stateValues {
        do throws(ComputeError) {
          best.append(try Scratch(count: values.count, budget: budget))
        } catch { throw NetworkError(error) }
      }
    } catch { throw .network(error) }
    keepBest()
  }

  /// Trains until the end, an early stop, or the caller's wish.
  ///
  /// When this returns or throws, the state stands between two steps, and no thread is left behind: another
  /// call, or a checkpoint, goes on from there. The team's caller may ask to stop in the middle of a step, which is then
  /// taken back.
  ///
  /// - Parameters:
  ///   - shouldStop: asked after each batch of the validation, which may be long; true stops like `onStep`.
  ///   - onStep: called after each step; false stops with ``TrainingError/stopped``.
  ///   - onEpoch: called after each epoch and its validation, likewise; the progress then stands before the
  ///     next one.
  public func run(
    team: WorkTeam, shouldStop: () -> Bool = { false },
    onStep: (Step) throws(TrainingError) -> Bool,
    onEpoch: (EpochRecord) throws(TrainingError) -> Bool
  ) throws(TrainingError) {
    defer { loader.finish() }
    while !progress.isFinished {
      if isStageOver {
        try beginNextStage()
        continue
      }
      try trainEpoch(team: team, onStep: onStep)
      let validation = try validate(split.validation, team: team, shouldStop: shouldStop)
      let record = endEpoch(validation)
      guard try onEpoch(record) else { throw .stopped }
    }
  }

  // MARK: - One epoch

  private func trainEpoch(
    team: WorkTeam, onStep: (Step) throws(TrainingError) -> Bool
  ) throws(TrainingError) {
    let plans = trainingPlans()
    while progress.step < plans.count {
      let plan = plans[progress.step]
      let batch = try loader.batch(plan)
      if progress.step + 1 < plans.count { loader.prepare(plans[progress.step + 1]) }
      let losses = try learn(from: batch, team: team)
      try requireFinite(losses, of: plan)
      progress.losses.add(losses, cells: plan.cells.count)
      progress.step += 1
      let report = Step(
        stage: progress.stage, epoch: progress.epoch, epochs: epochsOfStage, step: progress.step,
        steps: plans.count, losses: progress.losses)
      guard try onStep(report) else { throw .stopped }
    }
  }

  /// Ends a training that has diverged. Weights and statistics that are not finite never become so again.
  func requireFinite(_ losses: EpochLosses, of plan: BatchPlan) throws(TrainingError) {
    guard losses.total.isFinite, losses.adversarial.isFinite, losses.discriminator.isFinite else {
      throw .notFinite(
        stage: progress.stage, epoch: progress.epoch, step: progress.step,
        cells: plan.cells.map { source.name(of: $0) })
    }
  }

  /// The batches of the present epoch, in an order that follows from seed and epoch.
  private func trainingPlans() -> [BatchPlan] {
    let epoch = progress.epochsBegun
    var generator = KeyedGenerator(seed: seed, epoch: epoch, purpose: .shuffling)
    let order = generator.shuffledIndices(split.train.count).map { split.train[$0] }
    let key =
      settings.augmentation == .paper ? BatchPlan.Key(seed: seed, epoch: epoch) : nil
    return batches(of: order).map { BatchPlan(cells: $0, augmentation: key) }
  }

  func batches(of cells: [Int]) -> [[Int]] {
    stride(from: 0, to: cells.count, by: settings.batchSize).map {
      Array(cells[$0..<min(cells.count, $0 + settings.batchSize)])
    }
  }

  private func learn(
    from batch: BatchLoader.Batch, team: WorkTeam
  ) throws(TrainingError) -> EpochLosses {
    var losses = EpochLosses()
    // It has statistics of its own.
    if progress.stage == .adversarial {
      do { _ = try adversarialStep() } catch { throw .network(error) }
    }
    statistics.keep()
    func term(
      probabilities: Floats, shape: TensorShape, gradient: Floats
    ) throws(NetworkError) -> Double {
      try topology?(
        probabilities: probabilities, target: batch.target, shape: shape, gradient: gradient,
        interruption: team.interruption) ?? 0
    }
    let volumeLoss: VolumeLoss? = topology == nil ? nil : term
    do {
      switch progress.stage {
      case .supervised:
        supervised.optimiser.settings.rate = progress.rate
        let found = try supervised.run(
          input: batch.input, shape: batch.inputShape, target: batch.target,
          volumeLoss: volumeLoss, team: team)
        losses.dice = found.geometric.dice
        losses.crossEntropy = found.geometric.crossEntropy
        losses.topological = found.volume
      case .adversarial:
        let step = try adversarialStep()
        step.generatorOptimiser.settings.rate = progress.rate
        step.discriminatorOptimiser.settings.rate = progress.rate
        let found = try step.run(
          input: batch.input, shape: batch.inputShape, target: batch.target,
          volumeLoss: volumeLoss, team: team)
        losses.dice = found.geometric.dice
        losses.crossEntropy = found.geometric.crossEntropy
        losses.topological = found.volume
        losses.adversarial = found.adversarial
        losses.discriminator = found.discriminator
      }
    } catch {
      statistics.restore()
      throw error == .cancelled ? .stopped : .network(error)
    }
    return losses
  }

  // MARK: - Between epochs

  private func endEpoch(_ validation: EpochLosses) -> EpochRecord {
    let verdict = progress.earlyStopping.judge(validation.total)
    let record = EpochRecord(
      stage: progress.stage, epoch: progress.epoch, rate: progress.rate, train: progress.losses,
      validation: validation, isBest: verdict == .better)
    if verdict == .better { keepBest() }
    progress.rate = progress.schedule.rate(
      after: progress.rate, validationLoss: validation.total)
    progress.log.append(record)
    progress.losses = EpochLosses()
    progress.step = 0
    progress.epoch += 1
    progress.epochsBegun += 1
    if verdict == .stop { progress.epoch = max(progress.epoch, epochsOfStage) }
    return record
  }

  /// Epochs of the present stage, at most.
  public var epochsOfStage: Int {
    progress.stage == .supervised ? settings.epochs : settings.adversarialEpochs
  }

  private var isStageOver: Bool { progress.epoch >= epochsOfStage }

  /// The adversarial stage goes on with the best weights, its own optimisers and its own patience.
  private func beginNextStage() throws(TrainingError) {
    restoreBest()
    guard progress.stage == .supervised, settings.adversarialEpochs > 0 else {
      progress.isFinished = true
      return
    }
    progress.stage = .adversarial
    progress.epoch = 0
    progress.rate = settings.adversarialLearningRate
    progress.schedule = settings.learningRateSchedule
    let best = progress.earlyStopping.best
    progress.earlyStopping = EarlyStopping()
    progress.earlyStopping.patience = settings.earlyStoppingPatience
    // The stage has to be better than what it began with.
    progress.earlyStopping.best = best
    do { _ = try adversarialStep() } catch { throw .network(error) }
  }

  func adversarialStep() throws(NetworkError) -> AdversarialStep {
    if let adversarial { return adversarial }
    let extent = source.extent
    let discriminator = try Discriminator(
      baseFilters: settings.baseFilters, extent: (extent.depth, extent.height, extent.width),
      workspace: generator.network.workspace, budget: budget)
    // Numbers of its own: the generator has fewer than a thousand parameters.
    discriminator.network.initialise(seed: seed, firstKey: 1000)
    var adam = Adam.Settings()
    (adam.rate, adam.beta1) = (settings.adversarialLearningRate, 0.5)
    let step = try AdversarialStep(
      pass, discriminator,
      generatorOptimiser: try Adam(
        generator.network.parameters, settings: adam, budget: budget),
      discriminatorOptimiser: try Adam(
        discriminator.network.parameters, settings: adam, budget: budget),
      loss: settings.geometricLoss, largestBatch: settings.batchSize, budget: budget)
    statistics = try RunningStatistics(
      of: [generator.network, discriminator.network], budget: budget)
    adversarial = step
    return step
  }

  // MARK: - The best weights

  private func keepBest() {
    for (copy, values) in zip(best, generator.network.stateValues) {
      copy.cells.copy(values, count: values.count, to: 0)
    }
  }

  func restoreBest() {
    for (copy, values) in zip(best, generator.network.stateValues) {
      values.copy(copy.cells, count: values.count, to: 0)
    }
  }
}

extension Settings {
  var learningRateSchedule: LearningRateSchedule {
    switch schedule {
    case .constant: .constant
    case .plateau: .plateau(PlateauSchedule())
    case .step: .step(StepSchedule(stepSize: 10, gamma: 0.5))
    }
  }
}
