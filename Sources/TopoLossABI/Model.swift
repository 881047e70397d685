public import CTopoLoss
internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork
internal import SHAPR

/// What a `topoloss_model` handle stands for.
final class ModelBox: HandleObject {
  static let handleKind = HandleKind.model
  let door = HandleGuard()
  let predictor: CellPredictor
  /// What its file says, or will say, of it.
  let metadata: [String: String]
  let threads: Int

  init(_ generator: Generator, metadata: [String: String], threads: Int, budget: MemoryBudget) {
    predictor = CellPredictor(generator, budget: budget)
    (self.metadata, self.threads) = (metadata, threads)
  }

  /// The settings that it was trained with; of a file that does not tell, those of its tensors' shapes.
  var settings: Settings {
    var settings = Settings()
    if let text = metadata["settings"], (try? settings.apply(text)) != nil {
      if let seed = metadata["seed"].flatMap(UInt64.init) { settings.seeds = [seed] }
      return settings
    }
    settings = Settings()
    settings.decoder = predictor.generator.settings.decoder
    settings.baseFilters = predictor.generator.settings.baseFilters
    return settings
  }
}

@c @implementation
public func topoloss_model_create(
  _ settings: UnsafePointer<CChar>?, _ options: UnsafePointer<topoloss_run_options>?,
  _ model: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    try unsafe putModel(model) {
      let (settings, parsed) = try unsafe (parsedSettings(settings), ParsedRunOptions(options))
      let (threads, budget) = (parsed.threads(settings), parsed.budget)
      let generator = try Generator(
        settings.model, workspace: KernelWorkspace(threads: threads, budget: budget), budget: budget)
      let seed = settings.seeds[0]
      generator.network.initialise(seed: seed)
      return ModelBox(
        generator, metadata: settings.modelMetadata(seed: seed), threads: threads, budget: budget)
    }
  }
}

@c @implementation
public func topoloss_model_load(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<topoloss_run_options>?,
  _ model: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    try unsafe putModel(model) {
      let (path, parsed) = try unsafe (string(path, "path"), ParsedRunOptions(options))
      let (threads, budget) = (parsed.means.threads, parsed.budget)
      let file = try CheckpointFile(path: path, checksums: .whenPresent, budget: budget)
      let generator = try Generator(
        reading: file, workspace: KernelWorkspace(threads: threads, budget: budget), budget: budget)
      let metadata = ["settings", "seed"].compactMap { name in
        file.metadata(name).map { (name, $0) }
      }
      return ModelBox(
        generator, metadata: Dictionary(uniqueKeysWithValues: metadata), threads: threads,
        budget: budget)
    }
  }
}

@c @implementation
public func topoloss_model_save(
  _ model: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let (box, path) = try unsafe (object(of: model, ModelBox.self), string(path, "path"))
    try box.door.use { try box.predictor.generator.write(to: path, metadata: box.metadata) }
  }
}

@c @implementation
public func topoloss_model_settings(
  _ model: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let box = try unsafe object(of: model, ModelBox.self)
    try unsafe TextBuffer(text, capacity, length).write(box.settings.json)
  }
}

@c @implementation
public func topoloss_model_predict(
  _ model: OpaquePointer?, _ cells: UnsafePointer<topoloss_cells>?,
  _ options: UnsafePointer<topoloss_run_options>?, _ volumes: UnsafeMutablePointer<Float>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let (box, parsed) = try unsafe (object(of: model, ModelBox.self), ParsedRunOptions(options))
    let source = try unsafe arrayCells(cells, withObjects: false)
    let volumes = try unsafe needed(volumes, "volumes")
    let (elements, overflow) = source.count.multipliedReportingOverflow(
      by: source.extent.objectCount)
    guard !overflow else { throw Failure(TOPOLOSS_ELIMIT, "the predictions are too large") }
    let output = unsafe FencedPointer(base: volumes, count: elements)
    try box.door.use {
      try source.check(budget: parsed.budget, interruption: parsed.interruption)
      try WorkTeam.run(threads: box.threads, interruption: parsed.interruption) { team in
        for index in 0..<source.count {
          try box.predictor.predict(index, of: source, team: team) { volume, extent in
            output.copy(volume, count: extent.objectCount, to: index * extent.objectCount)
          }
        }
      }
    }
  }
}

@c @implementation
public func topoloss_model_destroy(_ model: OpaquePointer?) -> topoloss_status {
  unsafe destroyHandle(model, of: ModelBox.self)
}

/// Gives the caller a handle of what `make` makes, or NULL if it throws.
@unsafe
func putModel(
  _ model: UnsafeMutablePointer<OpaquePointer?>?, _ make: () throws -> ModelBox
) throws {
  let model = try unsafe needed(model, "model")
  unsafe model.pointee = nil
  unsafe model.pointee = try newHandle(of: make())
}
