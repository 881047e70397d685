internal import CProcessor
public import CTopoLoss
internal import ComputeRuntime
internal import SHAPR

@c @implementation
public func topoloss_run_options_init(_ options: UnsafeMutablePointer<topoloss_run_options>?) {
  guard let options = try? unsafe needed(options, "options") else { return }
  unsafe options.initialize(to: topoloss_run_options())
  unsafe options.pointee.struct_size = MemoryLayout<topoloss_run_options>.size
}

/// What a caller's options say of a call to the trainer, checked.
struct ParsedRunOptions {
  var means = Means()
  /// nil: nothing was said.
  private var wantedThreads: Int?

  /// Must be made on the thread that made the call.
  @unsafe
  init(_ given: UnsafePointer<topoloss_run_options>?) throws(Failure) {
    guard let given = unsafe given else { return }
    let fields = try unsafe TopoLossABI.fields(ofOptions: given, "topoloss_run_options")
    means = try unsafe Means(
      threads: fields.threads, maximumMemory: fields.max_memory, cancellation: fields.cancellation,
      shouldCancel: fields.should_cancel, context: fields.context)
    if unsafe fields.threads > 0 { wantedThreads = means.threads }
  }

  func threads(_ settings: Settings) -> Int {
    wantedThreads ?? (settings.threads > 0 ? settings.threads : means.threads)
  }

  var budget: MemoryBudget { MemoryBudget(limit: means.maximumMemory) }
  var interruption: Interruption { means.interruption }
}

/// A caller's settings: those named are changed, the others keep their defaults.
@unsafe
func parsedSettings(_ text: UnsafePointer<CChar>?) throws -> Settings {
  var settings = Settings()
  if let text = unsafe text { try settings.apply(unsafe string(text, "settings")) }
  return settings
}

@c @implementation
public func topoloss_settings(
  _ settings: UnsafePointer<CChar>?, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int64,
  _ length: UnsafeMutablePointer<Int64>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    try unsafe TextBuffer(text, capacity, length).write(parsedSettings(settings).json)
  }
}
