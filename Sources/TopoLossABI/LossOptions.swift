internal import ComputeRuntime
public import CTopoLoss
internal import PersistentHomology
internal import TopologicalLoss

@c @implementation
public func topoloss_loss_options_init(_ options: UnsafeMutablePointer<topoloss_loss_options>?) {
  guard let options = try? unsafe needed(options, "options") else { return }
  var defaults = unsafe topoloss_loss_options()
  unsafe defaults.struct_size = MemoryLayout<topoloss_loss_options>.size
  unsafe defaults.dimensions = HomologyDimensions.h2.rawValue
  unsafe defaults.essential_classes = Int32(TOPOLOSS_ESSENTIAL_EXTREME)
  unsafe defaults.order = 2
  unsafe defaults.total_persistence = 1
  unsafe defaults.resolution = (16, 16, 16)
  unsafe defaults.weights = (1, 1, 1)
  unsafe defaults.gradient_scale = 1
  unsafe options.initialize(to: defaults)
}

/// What a caller's loss options say, checked as far as it goes without a volume.
struct ParsedLossOptions {
  var options = LossOptions()
  var gradientIsZero = false
  var means = Means()

  /// Must be made on the thread that made the call.
  @unsafe
  init(_ given: UnsafePointer<topoloss_loss_options>?, rank: Int) throws(Failure) {
    guard let given = unsafe given else {
      options.threads = means.threads
      return
    }
    let fields = try unsafe TopoLossABI.fields(ofOptions: given, "topoloss_loss_options")
    options.filtration = try unsafe filtration(fields.filtration)
    options.construction = try unsafe construction(fields.construction)
    options.dimensions = unsafe HomologyDimensions(rawValue: fields.dimensions)
    options.essentialClasses = try unsafe essentialClasses(fields.essential_classes)
    options.order = unsafe fields.order
    options.totalPersistence = unsafe fields.total_persistence != 0
    switch unsafe Int(fields.dimension_reduction) {
    case TOPOLOSS_SUM: options.dimensionReduction = .sum
    case TOPOLOSS_ROOT: options.dimensionReduction = .root
    default:
      throw Failure(
        TOPOLOSS_EARGUMENT, "unknown dimension_reduction \(unsafe fields.dimension_reduction)")
    }
    let resolution = unsafe fields.resolution
    options.resolution = try wantedExtents([resolution.0, resolution.1, resolution.2], rank)
    options.weights = unsafe [fields.weights.0, fields.weights.1, fields.weights.2]
    options.minimumPersistence = unsafe fields.minimum_persistence
    options.gradientScale = unsafe fields.gradient_scale
    options.gradientAtResolution = unsafe fields.gradient_at_resolution != 0
    gradientIsZero = unsafe fields.gradient_is_zero != 0
    means = try unsafe Means(
      threads: fields.threads, maximumMemory: fields.max_memory, cancellation: fields.cancellation,
      shouldCancel: fields.should_cancel, context: fields.context)
    options.threads = means.threads
    options.maximumMemory = means.maximumMemory
    options.cancellation = means.cancellation
  }
}

/// A caller's resolution: 0 is the extent itself.
func wantedExtents(_ resolution: [Int64], _ rank: Int) throws(Failure) -> [Int?] {
  var extents: [Int?] = []
  for extent in resolution.prefix(max(rank, 0)) {
    guard extent >= 0 else {
      throw Failure(TOPOLOSS_EARGUMENT, "resolution must not be negative, got \(extent)")
    }
    extents.append(extent == 0 ? nil : Int(extent))
  }
  return extents
}
