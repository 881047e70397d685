public import CTopoLoss
internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork
internal import SHAPR

/// What a `topoloss_training` handle stands for.
final class TrainingBox: HandleObject {
  static let handleKind = HandleKind.training
  let door = HandleGuard()
  let training: Training
  let threads: Int
  let budget: MemoryBudget
  /// A checkpoint was read in part.
  private var isBroken = false

  init(_ settings: Settings, _ cells: ArrayCells, _ split: Split, _ parsed: ParsedRunOptions) throws {
    (threads, budget) = (parsed.threads(settings), parsed.budget)
    try cells.check(budget: budget, interruption: parsed.interruption)
    training = try Training(
      settings, seed: settings.seeds[0], source: cells, split: split,
      workspace: KernelWorkspace(threads: threads, budget: budget), budget: budget)
  }

  func refuseIfBroken() throws(Failure) {
    guard !isBroken else {
      throw Failure(TOPOLOSS_EARGUMENT, "a checkpoint could not be read: load another one first")
    }
  }

  /// Goes on until `goesOn` says no after a step or an epoch, or the training is done.
  ///
  /// - Returns: what was done last.
  /// - Throws: ``TrainingError/stopped`` when the caller asked to stop.
  func run(
    _ parsed: ParsedRunOptions, _ goesOn: (topoloss_report) -> Bool
  ) throws -> topoloss_report {
    try refuseIfBroken()
    let last = LastReport(topoloss_report(doneBy: training))
    do throws(TrainingError) {
      try WorkTeam.run(threads: threads, interruption: parsed.interruption) {
        (team) throws(TrainingError) in
        try training.run(
          team: team,
          onStep: { (step) throws(TrainingError) in
            last.report = topoloss_report(step, of: training)
            last.isEnough = !goesOn(last.report)
            return !last.isEnough
          },
          onEpoch: { (record) throws(TrainingError) in
            last.report = topoloss_report(record, of: training)
            last.isEnough = !goesOn(last.report)
            return !last.isEnough
          })
      }
    } catch {
      guard case .stopped = error, last.isEnough else { throw error }
      return last.report
    }
    return topoloss_report(doneBy: training)
  }

  /// What a call has done so far, and whether that is all it was to do.
  private final class LastReport {
    var report: topoloss_report
    var isEnough = false
    init(_ report: topoloss_report) { self.report = report }
  }

  func load(_ path: String) throws {
    do { try training.readCheckpoint(from: path) } catch {
      if case .checkpoint(let error) = error, case .reading = error.row {} else { isBroken = true }
      throw error
    }
    isBroken = false
  }
}

@c @implementation
public func topoloss_training_create(
  _ settings: UnsafePointer<CChar>?, _ cells: UnsafePointer<topoloss_cells>?,
  _ split: UnsafePointer<topoloss_split>?, _ options: UnsafePointer<topoloss_run_options>?,
  _ training: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let training = try unsafe needed(training, "training")
    unsafe training.pointee = nil
    let (settings, parsed) = try unsafe (parsedSettings(settings), ParsedRunOptions(options))
    let source = try unsafe arrayCells(cells, withObjects: true)
    let lists = try unsafe parsedSplit(split, of: source.count)
    unsafe training.pointee = try newHandle(of: TrainingBox(settings, source, lists, parsed))
  }
}

@c @implementation
public func topoloss_training_step(
  _ training: OpaquePointer?, _ options: UnsafePointer<topoloss_run_options>?,
  _ report: UnsafeMutablePointer<topoloss_report>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    try unsafe advance(training, options, report) {
      // After the last step comes the validation, which belongs to it.
      $0.event == TOPOLOSS_STEP_DONE && $0.step == $0.steps
    }
  }
}

@c @implementation
public func topoloss_training_epoch(
  _ training: OpaquePointer?, _ options: UnsafePointer<topoloss_run_options>?,
  _ report: UnsafeMutablePointer<topoloss_report>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    try unsafe advance(training, options, report) { $0.event == TOPOLOSS_STEP_DONE }
  }
}

@c @implementation
public func topoloss_training_fit(
  _ training: OpaquePointer?, _ options: UnsafePointer<topoloss_run_options>?,
  _ progress: (@convention(c) (UnsafePointer<topoloss_report>?, UnsafeMutableRawPointer?) -> Int32)?,
  _ progress_context: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let (box, parsed) = try unsafe (object(of: training, TrainingBox.self), ParsedRunOptions(options))
    try box.door.use {
      var isCancelled = false
      _ = try box.run(parsed) { report in
        guard let progress = unsafe progress else { return true }
        isCancelled = box.door.pausing {
          unsafe withUnsafePointer(to: report) { unsafe progress($0, progress_context) != 0 }
        }
        return !isCancelled
      }
      if isCancelled { throw TrainingError.stopped }
    }
  }
}

@c @implementation
public func topoloss_training_save(
  _ training: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let (box, path) = try unsafe (object(of: training, TrainingBox.self), string(path, "path"))
    try box.door.use(whilePaused: true) {
      try box.refuseIfBroken()
      try box.training.writeCheckpoint(to: path)
    }
  }
}

@c @implementation
public func topoloss_training_load(
  _ training: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let (box, path) = try unsafe (object(of: training, TrainingBox.self), string(path, "path"))
    try box.door.use { try box.load(path) }
  }
}

@c @implementation
public func topoloss_training_log(
  _ training: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let box = try unsafe object(of: training, TrainingBox.self)
    try box.door.use(whilePaused: true) {
      let log = TrainingLog.jsonLines(box.training.progress.log)
      try unsafe TextBuffer(text, capacity, length).write(log)
    }
  }
}

@c @implementation
public func topoloss_training_model(
  _ training: OpaquePointer?, _ model: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let box = try unsafe object(of: training, TrainingBox.self)
    try unsafe putModel(model) {
      try box.door.use(whilePaused: true) {
        try box.refuseIfBroken()
        let generator = try box.training.bestGenerator(
          workspace: KernelWorkspace(threads: box.threads, budget: box.budget), budget: box.budget)
        return ModelBox(
          generator, metadata: box.training.modelMetadata, threads: box.threads, budget: box.budget)
      }
    }
  }
}

@c @implementation
public func topoloss_training_destroy(_ training: OpaquePointer?) -> topoloss_status {
  unsafe destroyHandle(training, of: TrainingBox.self)
}

/// Goes on as long as `goesOn` says, and tells the caller what was done last.
@unsafe
private func advance(
  _ training: OpaquePointer?, _ options: UnsafePointer<topoloss_run_options>?,
  _ report: UnsafeMutablePointer<topoloss_report>?, _ goesOn: (topoloss_report) -> Bool
) throws {
  let (box, parsed) = try unsafe (object(of: training, TrainingBox.self), ParsedRunOptions(options))
  let report = try unsafe aligned(report, "report")
  if let report = unsafe report {
    guard unsafe report.pointee.struct_size >= MemoryLayout<topoloss_report>.size else {
      throw Failure(TOPOLOSS_EARGUMENT, "topoloss_report.struct_size is too small")
    }
  }
  let done = try box.door.use { try box.run(parsed, goesOn) }
  if let report = unsafe report { unsafe report.pointee = done }
}
