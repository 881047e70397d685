public import ComputeRuntime
public import NeuralKernels
public import NeuralNetwork

extension Training {
  /// The mean losses over cells, with running statistics and without augmentation. One that is no number is
  /// an error, as in training.
  public func validate(
    _ cells: [Int], team: WorkTeam, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> EpochLosses {
    var sums = EpochLosses()
    let plans = batches(of: cells).map { BatchPlan(cells: $0, augmentation: nil) }
    for (index, plan) in plans.enumerated() {
      let batch = try loader.batch(plan)
      if index + 1 < plans.count { loader.prepare(plans[index + 1]) }
      var losses = EpochLosses()
      do {
        let output = try pass.forward(
          batch.input, shape: batch.inputShape, mode: .evaluation, keepsForBackward: false,
          team: team)
        let value = settings.geometricLoss(
          logits: output.logits, probabilities: output.probabilities, target: batch.target,
          shape: output.shape, gradient: nil, scratch: output.lossScratch,
          workspace: generator.network.workspace, team: team)
        losses.dice = value.dice
        losses.crossEntropy = value.crossEntropy
        losses.topological =
          try topology?(
            probabilities: output.probabilities, target: batch.target, shape: output.shape,
            gradient: nil, interruption: team.interruption) ?? 0
      } catch { throw .network(error) }
      // First: a loss that was broken off is no number either.
      if shouldStop() || team.asksToStop() { throw .stopped }
      try requireFinite(losses, of: plan)
      sums.add(losses, cells: plan.cells.count)
    }
    return sums
  }

  /// A generator of its own with the weights that had the lowest validation loss so far.
  public func bestGenerator(
    workspace: KernelWorkspace, budget: MemoryBudget
  ) throws(NetworkError) -> Generator {
    let copy = try Generator(settings.model, workspace: workspace, budget: budget)
    for (values, best) in zip(copy.network.stateValues, best) {
      values.copy(best.cells, count: values.count, to: 0)
    }
    for (counter, own) in zip(copy.network.chain.counters, generator.network.chain.counters) {
      counter.count = own.count
    }
    return copy
  }

  /// What the file of the best weights says of them.
  public var modelMetadata: [String: String] { settings.modelMetadata(seed: seed) }

  /// Predicts cells with the present weights, a batch at a time.
  ///
  /// - Parameter body: gets a batch's cells with the probabilities and the object of each, `D x H x W`, valid
  ///   during the call. The team is idle then.
  public func predict(
    _ cells: [Int], team: WorkTeam, _ body: ([PredictedCell]) throws(TrainingError) -> Void
  ) throws(TrainingError) {
    for cells in batches(of: cells) {
      let batch = try loader.batch(BatchPlan(cells: cells, augmentation: nil))
      let probabilities: Floats
      do {
        probabilities = try pass.forward(
          batch.input, shape: batch.inputShape, mode: .evaluation, keepsForBackward: false,
          team: team
        ).probabilities
      } catch { throw .network(error) }
      guard !team.asksToStop() else { throw .stopped }
      let count = source.extent.objectCount
      try body(
        cells.enumerated().map { place, cell in
          PredictedCell(
            cell: cell, probabilities: probabilities.suffix(from: place * count).prefix(count),
            object: batch.target.suffix(from: place * count).prefix(count))
        })
    }
  }
}

/// A cell's prediction beside its truth.
public struct PredictedCell {
  public let cell: Int
  public let probabilities: Floats
  public let object: Floats
}
