internal import ArgumentParser
internal import SHAPR

/// Every setting as a flag: its JSON name with hyphens. What a flag means is said by `SettingsKey`.
struct SettingsFlags: ParsableArguments {
  @Option(name: .customLong("data"), help: help("data")) var data: String?
  @Option(name: .customLong("output"), help: help("output")) var output: String?
  @Option(name: .customLong("split"), help: help("split")) var split: String?
  @Option(name: .customLong("folds"), help: help("folds")) var folds: String?
  @Option(name: .customLong("fold"), help: help("fold")) var fold: String?
  @Option(name: [.customLong("seeds"), .customLong("seed")], help: help("seeds")) var seeds: String?
  @Option(name: .customLong("threads"), help: help("threads")) var threads: String?
  @Option(name: .customLong("epochs"), help: help("epochs")) var epochs: String?
  @Option(name: .customLong("batch-size"), help: help("batch_size")) var batchSize: String?
  @Option(name: .customLong("learning-rate"), help: help("learning_rate")) var learningRate: String?
  @Option(name: .customLong("schedule"), help: help("schedule")) var schedule: String?
  @Option(name: .customLong("early-stopping-patience"), help: help("early_stopping_patience"))
  var earlyStoppingPatience: String?
  @Option(name: .customLong("largest-gradient-norm"), help: help("largest_gradient_norm"))
  var largestGradientNorm: String?
  @Option(name: .customLong("weight-decay"), help: help("weight_decay")) var weightDecay: String?
  @Option(name: .customLong("augmentation"), help: help("augmentation")) var augmentation: String?
  @Option(name: .customLong("checkpoint-steps"), help: help("checkpoint_steps")) var checkpointSteps: String?
  @Option(name: .customLong("cross-entropy"), help: help("cross_entropy")) var crossEntropy: String?
  @Option(name: .customLong("dice"), help: help("dice")) var dice: String?
  @Option(name: .customLong("topological-weight"), help: help("topological_weight")) var topologicalWeight:
    String?
  @Option(name: .customLong("topological-resolution"), help: help("topological_resolution"))
  var topologicalResolution: String?
  @Option(name: .customLong("topological-dimensions"), help: help("topological_dimensions"))
  var topologicalDimensions: String?
  @Option(name: .customLong("filtration"), help: help("filtration")) var filtration: String?
  @Option(name: .customLong("construction"), help: help("construction")) var construction: String?
  @Option(name: .customLong("total-persistence"), help: help("total_persistence")) var totalPersistence:
    String?
  @Option(name: .customLong("order"), help: help("order")) var order: String?
  @Option(name: .customLong("essential-classes"), help: help("essential_classes")) var essentialClasses:
    String?
  @Option(name: .customLong("dimension-reduction"), help: help("dimension_reduction")) var dimensionReduction:
    String?
  @Option(name: .customLong("adversarial-epochs"), help: help("adversarial_epochs")) var adversarialEpochs:
    String?
  @Option(name: .customLong("adversarial-learning-rate"), help: help("adversarial_learning_rate"))
  var adversarialLearningRate: String?
  @Option(name: .customLong("decoder"), help: help("decoder")) var decoder: String?
  @Option(name: .customLong("base-filters"), help: help("base_filters")) var baseFilters: String?

  /// The flags that were given, by JSON name.
  var given: [(name: String, value: String)] {
    let all: [(String, String?)] = [
      ("data", data),
      ("output", output),
      ("split", split),
      ("folds", folds),
      ("fold", fold),
      ("seeds", seeds),
      ("threads", threads),
      ("epochs", epochs),
      ("batch_size", batchSize),
      ("learning_rate", learningRate),
      ("schedule", schedule),
      ("early_stopping_patience", earlyStoppingPatience),
      ("largest_gradient_norm", largestGradientNorm),
      ("weight_decay", weightDecay),
      ("augmentation", augmentation),
      ("checkpoint_steps", checkpointSteps),
      ("cross_entropy", crossEntropy),
      ("dice", dice),
      ("topological_weight", topologicalWeight),
      ("topological_resolution", topologicalResolution),
      ("topological_dimensions", topologicalDimensions),
      ("filtration", filtration),
      ("construction", construction),
      ("total_persistence", totalPersistence),
      ("order", order),
      ("essential_classes", essentialClasses),
      ("dimension_reduction", dimensionReduction),
      ("adversarial_epochs", adversarialEpochs),
      ("adversarial_learning_rate", adversarialLearningRate),
      ("decoder", decoder),
      ("base_filters", baseFilters),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }
}

/// The meaning of a setting and its default.
private func help(_ name: String) -> ArgumentHelp {
  guard let key = SettingsKey.all.first(where: { $0.name == name }) else { return "" }
  return ArgumentHelp(stringLiteral: "\(key.help) [\(key.text(of: Settings()))]")
}
