public import ComputeRuntime
public import NeuralKernels
public import NeuralNetwork
public import SHAPR

/// Why a run ended without a result.
public enum RunError: Error, CustomStringConvertible {
  case file(FileError)
  case training(TrainingError)
  case evaluation(EvaluationError)
  /// There is a run already, and nobody said to go on with it.
  case alreadyThere(String)
  /// None of the checkpoints can be gone on with; the error is that of the oldest.
  case noGoodCheckpoint(TrainingError)
  /// There is a log of epochs, but no checkpoint.
  case checkpointsMissing(String)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .training(let error): error.description
    case .evaluation(let error): error.description
    case .alreadyThere(let path):
      "\(path) holds a run already: go on with it by --resume, or choose another --output"
    case .noGoodCheckpoint(let error):
      "\(error); no checkpoint is left to go on from, choose another --output to begin anew"
    case .checkpointsMissing(let path):
      "\(path) holds a log, but its checkpoints are gone: choose another --output to begin anew"
    }
  }
}

/// One cell of a cross-validation, in its folder `fold-K`: training with checkpoints and logs, then
/// predictions and scores of the test cells (docs/run-directory.md).
public final class CellRun {
  /// What the caller shows.
  public enum Event {
    case resumed(from: String, epoch: Int, step: Int)
    /// There was nothing to go on from.
    case begun
    /// Everything was there already, so nothing was done.
    case complete
    /// A checkpoint that cannot be read was passed over.
    case skipped(String)
    case step(Training.Step)
    case epoch(EpochRecord)
    /// Predicted and scored so many of the test cells.
    case scored(Int, of: Int)
  }

  private let folder: RunFolder
  private let source: FolderSource
  private let training: Training
  private let evaluation: Evaluation
  private let budget: MemoryBudget
  private static let checkpoints = "checkpoints"
  private static let log = "log.csv"
  /// Checkpoints that are kept.
  private static let kept = 2

  public init(
    _ settings: Settings, seed: UInt64, split: Split, source: FolderSource, folder: RunFolder,
    evaluation: Evaluation, workspace: KernelWorkspace, budget: MemoryBudget
  ) throws(RunError) {
    (self.folder, self.source) = (folder, source)
    (self.evaluation, self.budget) = (evaluation, budget)
    do {
      training = try Training(
        settings, seed: seed, source: source, split: split, workspace: workspace, budget: budget)
    } catch { throw .training(error) }
  }

  /// Runs to the end, from where ``goOn(resuming:show:)`` left it.
  ///
  /// - Parameter shouldStop: asked after each step, each batch of the validation and each predicted cell; if
  ///   true, a checkpoint is written and ``TrainingError/stopped`` thrown.
  /// - Returns: the scores of the test cells, or of the validation cells of a split without a test.
  public func run(
    team: WorkTeam, shouldStop: () -> Bool, show: (Event) -> Void
  ) throws(RunError) -> Scores {
    do throws(FileError) {
      try folder.makeFolder(Self.checkpoints)
      try folder.makeFolder("predictions")
    } catch { throw .file(error) }
    if let scores = finishedScores() {
      show(.complete)
      return scores
    }
    try prepareFolder()
    do throws(TrainingError) {
      let every = training.settings.checkpointSteps
      try training.run(
        team: team, shouldStop: shouldStop,
        onStep: { (step) throws(TrainingError) in
          show(.step(step))
          if let every, step.step % every == 0, step.step < step.steps { try self.save() }
          return !shouldStop()
        },
        onEpoch: { (record) throws(TrainingError) in
          try self.save()
          do throws(FileError) { try self.writeLogs() } catch { throw .cell(error) }
          show(.epoch(record))
          return true
        })
      try save()
    } catch {
      if case .stopped = error { do { try save() } catch { throw .training(error) } }
      throw .training(error)
    }
    do throws(FileError) { try writeLogs() } catch { throw .file(error) }
    try writeBest()
    return try score(team: team, shouldStop: shouldStop, show)
  }

  /// What can be known to go wrong with the folder goes wrong now, and not after hours of training.
  private func prepareFolder() throws(RunError) {
    do throws(TrainingError) {
      let (bytes, files) = try yetToCome()
      do throws(FileError) {
        try folder.checkRoom(bytes: bytes, files: files)
        try folder.probe([".", Self.checkpoints, "predictions"])
        // Scores are written last: where they are, everything else is, and is of this training.
        try folder.remove("scores.csv")
      } catch { throw .cell(error) }
    } catch { throw .training(error) }
  }

  /// What this run adds to the folder at least: checkpoints, of which there is one more for a moment than are
  /// kept, weights, predictions, and texts of few bytes. The discriminator of a stage to come is not counted.
  private func yetToCome() throws(TrainingError) -> (bytes: Int, files: Int) {
    let checkpoints = Self.kept + 1 - min(((try? checkpointNames()) ?? []).count, Self.kept)
    let model = folder.has("best.safetensors") ? 0 : 1
    let modelBytes = training.generator.network.stateValues.reduce(0) { $0 + 4 * $1.count }
    let volumes = training.split.scored.count { !folder.has("predictions/\(source.name(of: $0)).tif") }
    let texts = [Self.log, "log.jsonl", "scores.csv"].count { !folder.has($0) }
    let bytes = try checkpoints * training.checkpointBytes() + model * modelBytes
    return (bytes + volumes * source.extent.objectCount * 4, checkpoints + model + volumes + texts)
  }

  // MARK: - Checkpoints

  /// Whether there is a checkpoint in a cell's folder.
  public static func hasBegun(in folder: String) -> Bool {
    ((try? entries(ofFolder: "\(folder)/\(checkpoints)")) ?? []).contains { $0.hasSuffix(".safetensors") }
  }

  private func name(_ steps: Int) -> String {
    let digits = String(steps)
    return "ckpt-" + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
      + ".safetensors"
  }

  private func checkpointNames() throws(RunError) -> [String] {
    do throws(FileError) {
      return try folder.names(in: Self.checkpoints).filter {
        $0.hasPrefix("ckpt-") && $0.hasSuffix(".safetensors")
      }
    } catch { throw .file(error) }
  }

  /// Removes files that were being written when the program was killed. Their like may not be written again: a
  /// checkpoint may be one of a run that was asked to stop between two regular ones.
  private func removeRemains() throws(RunError) {
    do throws(FileError) {
      for part in [Self.checkpoints, "."] {
        for name in try folder.names(in: part) where name.hasSuffix(".tmp") {
          try folder.remove("\(part)/\(name)")
        }
      }
    } catch { throw .file(error) }
  }

  /// Takes the state of the newest good checkpoint, if there is a run already.
  ///
  /// - Parameter resuming: whether it may be gone on with.
  public func goOn(resuming: Bool, show: (Event) -> Void) throws(RunError) {
    let names = try checkpointNames()
    guard !names.isEmpty || folder.has(Self.log) else { return show(.begun) }
    guard resuming else { throw .alreadyThere(folder.path) }
    try removeRemains()
    var lastError: TrainingError?
    for name in names.reversed() {
      let path = folder.file("\(Self.checkpoints)/\(name)")
      do {
        try training.readCheckpoint(from: path)
        guard finishedScores() == nil else { return }
        show(
          .resumed(from: path, epoch: training.progress.epoch, step: training.progress.step))
        return
      } catch {
        show(.skipped(error.description))
        lastError = error
      }
    }
    if let lastError { throw .noGoodCheckpoint(lastError) }
    throw .checkpointsMissing(folder.path)
  }

  private func save() throws(TrainingError) {
    let name = name(training.stepsDone)
    try training.writeCheckpoint(to: folder.file("\(Self.checkpoints)/\(name)"))
    // Newer ones may be there that could not be read: they do not count, and are written anew when the training
    // comes to them.
    let names = ((try? checkpointNames()) ?? []).filter { $0 <= name }
    // One that cannot be removed only takes room, and is tried again after the next save.
    for old in names.dropLast(Self.kept) { try? folder.remove("\(Self.checkpoints)/\(old)") }
  }

  // MARK: - Results

  private func writeLogs() throws(FileError) {
    try folder.write(TrainingLog.csv(training.progress.log), to: Self.log)
    try folder.write(TrainingLog.jsonLines(training.progress.log), to: "log.jsonl")
  }

  private func writeBest() throws(RunError) {
    do {
      try training.generator.write(
        to: folder.file("best.safetensors"),
        metadata: training.modelMetadata)
    } catch {
      switch error {
      case .network(let error): throw .training(.network(error))
      case .checkpoint(let error): throw .training(.checkpoint(error))
      }
    }
  }

  /// The scores of a training that has ended, if all its results are there.
  private func finishedScores() -> Scores? {
    guard training.progress.isFinished else { return nil }
    let names = training.split.scored.map(source.name(of:))
    let files = ["log.csv", "log.jsonl", "best.safetensors"] + names.map { "predictions/\($0).tif" }
    guard files.allSatisfy(folder.has), let scores = try? readScores(folder.file("scores.csv")),
      scores.measures == evaluation.measures, scores.cells.map(\.name) == names
    else { return nil }
    return scores
  }

  /// Predicts and scores the cells that were kept aside.
  private func score(
    team: WorkTeam, shouldStop: () -> Bool, _ show: (Event) -> Void
  ) throws(RunError) -> Scores {
    let cells = training.split.scored
    var scores = Scores(measures: evaluation.measures)
    do throws(TrainingError) {
      try training.predict(cells, team: team) { (batch) throws(TrainingError) in
        let found = try team.map(batch) { (predicted) throws(TrainingError) in
          do {
            return try folder.keep(
              predicted.probabilities, truth: predicted.object, cell: predicted.cell, of: source,
              evaluation: evaluation, budget: budget)
          } catch { throw .cell(error) }
        }
        for score in found { scores.append(score) }
        show(.scored(scores.cells.count, of: cells.count))
        // The training's last checkpoint is there; predictions are made again.
        if shouldStop() { throw .stopped }
      }
    } catch { throw .training(error) }
    do throws(FileError) { try folder.write(scores.csv, to: "scores.csv") } catch {
      throw .file(error)
    }
    return scores
  }
}

extension RunFolder {
  /// Writes the prediction of one cell into `predictions/`, and scores it.
  func keep(
    _ volume: Floats, truth: Floats, cell: Int, of source: FolderSource, evaluation: Evaluation,
    budget: MemoryBudget
  ) throws -> CellScore {
    let (name, extent) = (source.name(of: cell), source.extent)
    try VolumeWriter(
      volume, extents: [extent.depth, extent.height, extent.width], budget: budget
    ).writeTIFF(to: file("predictions/\(name).tif"))
    return try evaluation.score(
      name: name, className: source.className(of: cell), prediction: volume, truth: truth,
      extent: Extent(extent.depth, extent.height, extent.width), budget: budget)
  }
}
