internal import CProcessor
internal import ComputeRuntime
public import CTopoLoss
internal import PersistentHomology

@c @implementation
public func topoloss_options_init(_ options: UnsafeMutablePointer<topoloss_options>?) {
  guard let options = try? unsafe needed(options, "options") else { return }
  unsafe options.initialize(to: topoloss_options())
  unsafe options.pointee.struct_size = MemoryLayout<topoloss_options>.size
}

/// What a caller's options say, checked.
struct ParsedOptions {
  var options = PersistenceOptions(threads: Int(cprocessor_count()))
  let interruption: Interruption

  /// Must be made on the thread that made the call.
  @unsafe
  init(_ given: UnsafePointer<topoloss_options>?) throws(Failure) {
    guard let given = unsafe given else {
      interruption = Interruption()
      return
    }
    let fields = try unsafe TopoLossABI.fields(ofOptions: given, "topoloss_options")
    options.filtration = try unsafe TopoLossABI.filtration(fields.filtration)
    options.construction = try unsafe TopoLossABI.construction(fields.construction)
    if unsafe fields.dimensions != 0 {
      options.dimensions = unsafe HomologyDimensions(rawValue: fields.dimensions)
    }
    options.keepsZeroPersistence = unsafe fields.zero_persistence != 0
    let means = try unsafe Means(
      threads: fields.threads, maximumMemory: fields.max_memory, cancellation: fields.cancellation,
      shouldCancel: fields.should_cancel, context: fields.context)
    options.threads = means.threads
    options.maximumMemory = means.maximumMemory
    options.cancellation = means.cancellation
    interruption = means.interruption
  }
}

func filtration(_ choice: Int32) throws(Failure) -> Filtration {
  switch Int(choice) {
  case TOPOLOSS_SUPERLEVEL: .superlevel
  case TOPOLOSS_SUBLEVEL: .sublevel
  default: throw Failure(TOPOLOSS_EARGUMENT, "unknown filtration \(choice)")
  }
}

func construction(_ choice: Int32) throws(Failure) -> Construction {
  switch Int(choice) {
  case TOPOLOSS_TOP_CELLS: .topCells
  case TOPOLOSS_VERTICES: .vertices
  default: throw Failure(TOPOLOSS_EARGUMENT, "unknown construction \(choice)")
  }
}

/// With what means a call works: the last fields of every options struct.
struct Means {
  var threads = Int(cprocessor_count())
  var maximumMemory: UInt64?
  var cancellation: Cancellation?
  var interruption = Interruption()

  init() {}

  /// Must be made on the thread that made the call.
  @unsafe
  init(
    threads: Int32, maximumMemory: UInt64, cancellation: OpaquePointer?,
    shouldCancel: (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?,
    context: UnsafeMutableRawPointer?
  ) throws(Failure) {
    guard threads >= 0 else { throw Failure(TOPOLOSS_EARGUMENT, "threads must not be negative") }
    // More threads than this help nobody, and each needs memory of its own.
    if threads > 0 { self.threads = min(Int(threads), 256) }
    if maximumMemory > 0 { self.maximumMemory = maximumMemory }
    if unsafe cancellation != nil { self.cancellation = try unsafe object(of: cancellation) }
    interruption = Interruption(
      token: self.cancellation,
      shouldCancel: unsafe shouldCancel.map { ask in { unsafe ask(context) != 0 } })
  }
}
