internal import ComputeRuntime
public import CTopoLoss
internal import OptimalTransport

@c @implementation
public func topoloss_distance_options_init(_ options: UnsafeMutablePointer<topoloss_distance_options>?) {
  guard let options = try? unsafe needed(options, "options") else { return }
  unsafe options.initialize(to: topoloss_distance_options())
  unsafe options.pointee.struct_size = MemoryLayout<topoloss_distance_options>.size
  unsafe options.pointee.order = 2
}

/// What a caller's distance options say, checked.
struct ParsedDistanceOptions {
  var options = TransportOptions()
  var means = Means()

  /// Must be made on the thread that made the call.
  @unsafe
  init(_ given: UnsafePointer<topoloss_distance_options>?) throws(Failure) {
    guard let given = unsafe given else {
      options.threads = means.threads
      return
    }
    let fields = try unsafe TopoLossABI.fields(ofOptions: given, "topoloss_distance_options")
    options.order = unsafe fields.order
    switch unsafe Int(fields.ground_norm) {
    case TOPOLOSS_MAXIMUM_NORM: options.groundNorm = .maximum
    case TOPOLOSS_EUCLIDEAN_NORM: options.groundNorm = .euclidean
    default: throw Failure(TOPOLOSS_EARGUMENT, "unknown ground norm \(unsafe fields.ground_norm)")
    }
    options.essentialClasses = try unsafe essentialClasses(fields.essential_classes)
    means = try unsafe Means(
      threads: fields.threads, maximumMemory: fields.max_memory, cancellation: fields.cancellation,
      shouldCancel: fields.should_cancel, context: fields.context)
    options.threads = means.threads
    options.maximumMemory = means.maximumMemory
    options.cancellation = means.cancellation
  }
}

func essentialClasses(_ choice: Int32) throws(Failure) -> EssentialClasses {
  switch Int(choice) {
  case TOPOLOSS_ESSENTIAL_MATCHED: .matched
  case TOPOLOSS_ESSENTIAL_IGNORED: .ignored
  case TOPOLOSS_ESSENTIAL_EXTREME: .extreme
  default: throw Failure(TOPOLOSS_EARGUMENT, "unknown choice \(choice) for essential classes")
  }
}
