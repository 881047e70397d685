public import NeuralNetwork
public import OptimalTransport
public import PersistentHomology
public import TopologicalLoss

/// Everything that decides what a training run computes, but for the data themselves.
///
/// One JSON object holds them (``SettingsKey`` says the names), and each is a flag of `shapr train`. The
/// defaults are those of the paper (Waibel et al. 2022; docs/decisions/0013-settings.md).
public struct Settings: Equatable, Sendable {
  public enum Schedule: String, Sendable, CaseIterable {
    /// The rate stays.
    case constant
    /// Ten times lower after two epochs without a better validation loss.
    case plateau
    /// Half of it every ten epochs.
    case step
  }
  public enum Augmentation: String, Sendable, CaseIterable {
    /// Flips and a quarter turn, each with probability 0.33.
    case paper
    case none
  }

  // The run.
  public var data: String?
  public var output: String?
  public var seeds: [UInt64] = [0]
  public var folds = 5
  /// Which cell of the cross-validation is run; nil for all.
  public var fold: Int?
  /// A file with lists `train`, `val` and optionally `test`, instead of folds.
  public var split: String?
  public var threads = 0

  // Training.
  public var epochs = 100
  public var batchSize = 6
  public var learningRate = 1e-3
  public var schedule = Schedule.constant
  public var earlyStoppingPatience = 15
  public var largestGradientNorm: Double?
  public var weightDecay = 0.0
  public var augmentation = Augmentation.paper
  public var checkpointSteps: Int?
  public var crossEntropy = GeometricLoss.CrossEntropy.ordinary
  public var dice = GeometricLoss.Dice.batch

  // The topological loss.
  public var topologicalWeight = 0.1
  /// Voxels per axis that volumes are resampled to; nil for full size.
  public var topologicalResolution: Int? = 16
  public var topologicalDimensions = [2]
  public var filtration = Filtration.superlevel
  public var construction = Construction.topCells
  public var totalPersistence = true
  public var order = 2.0
  public var essentialClasses = EssentialClasses.extreme
  public var dimensionReduction = DimensionReduction.sum

  // The adversarial stage.
  public var adversarialEpochs = 0
  public var adversarialLearningRate = 1e-4

  // The networks.
  public var decoder = ModelSettings.Decoder.slice
  public var baseFilters = 10

  public init() {}

  /// What the published code does differently: sublevel filtration, no total persistence, cross entropy
  /// with its arguments exchanged, rates lowered on plateaus.
  public static var reference: Settings {
    var settings = Settings()
    settings.filtration = .sublevel
    settings.totalPersistence = false
    settings.crossEntropy = .swappedArguments
    settings.schedule = .plateau
    return settings
  }

  public var model: ModelSettings { ModelSettings(decoder: decoder, baseFilters: baseFilters) }

  public var geometricLoss: GeometricLoss { GeometricLoss(crossEntropy: crossEntropy, dice: dice) }

  /// The topological loss that these settings ask for, on `threads` threads.
  public func lossOptions(threads: Int) -> LossOptions {
    var options = LossOptions()
    options.filtration = filtration
    options.construction = construction
    options.dimensions = topologicalDimensions.reduce(into: HomologyDimensions()) {
      $0.insert(HomologyDimensions(rawValue: 1 << UInt32($1)))
    }
    options.essentialClasses = essentialClasses
    options.order = order
    options.totalPersistence = totalPersistence
    options.dimensionReduction = dimensionReduction
    options.resolution = Array(repeating: topologicalResolution, count: 3)
    options.threads = max(1, threads)
    return options
  }
}

/// Why settings cannot be used: where in the text, and the reason.
public struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Bytes from the start of the text, if the settings came from one.
  public let offset: Int?
  public let reason: String

  init(offset: Int? = nil, _ reason: String) { (self.offset, self.reason) = (offset, reason) }

  public var description: String { reason }
}
