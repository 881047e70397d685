internal import ArgumentParser
internal import SHAPR

/// Every setting as a flag: its JSON name with hyphens. What a flag means is said by `SettingsKey`.
struct SettingsFlags: ParsableArguments {
  @OptionGroup(title: "DATA AND RUN DIRECTORY") var run: RunFlags
  @OptionGroup(title: "TRAINING") var training: TrainingFlags
  @OptionGroup(title: "TOPOLOGICAL LOSS") var topology: TopologyFlags
  @OptionGroup(title: "NETWORKS") var networks: NetworkFlags

  /// The flags that were given, by JSON name.
  var given: [(name: String, value: String)] {
    (run.all + training.all + topology.all + networks.all)
      .compactMap { name, value in value.map { (name, $0) } }
  }
}

struct RunFlags: ParsableArguments {
  @Option(help: help("data", "folder")) var data: String?
  @Option(help: help("output", "folder")) var output: String?
  @Option(help: help("split", "file")) var split: String?
  @Option(help: help("folds", "n")) var folds: String?
  @Option(help: help("fold", "n")) var fold: String?
  @Option(name: [.customLong("seeds"), .customLong("seed")], help: help("seeds", "n,n")) var seeds: String?
  @Option(help: help("threads", "n")) var threads: String?

  fileprivate var all: [(String, String?)] {
    [
      ("data", data),
      ("output", output),
      ("split", split),
      ("folds", folds),
      ("fold", fold),
      ("seeds", seeds),
      ("threads", threads),
    ]
  }
}

struct TrainingFlags: ParsableArguments {
  @Option(help: help("epochs", "n")) var epochs: String?
  @Option(help: help("batch_size", "n")) var batchSize: String?
  @Option(help: help("learning_rate", "x")) var learningRate: String?
  @Option(help: help("schedule", "name")) var schedule: String?
  @Option(help: help("early_stopping_patience", "n")) var earlyStoppingPatience: String?
  @Option(help: help("largest_gradient_norm", "x")) var largestGradientNorm: String?
  @Option(help: help("weight_decay", "x")) var weightDecay: String?
  @Option(help: help("augmentation", "name")) var augmentation: String?
  @Option(help: help("checkpoint_steps", "n")) var checkpointSteps: String?
  @Option(help: help("cross_entropy", "name")) var crossEntropy: String?
  @Option(help: help("dice", "name")) var dice: String?
  @Option(help: help("adversarial_epochs", "n")) var adversarialEpochs: String?
  @Option(help: help("adversarial_learning_rate", "x")) var adversarialLearningRate: String?

  fileprivate var all: [(String, String?)] {
    [
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
      ("adversarial_epochs", adversarialEpochs),
      ("adversarial_learning_rate", adversarialLearningRate),
    ]
  }
}

struct TopologyFlags: ParsableArguments {
  @Option(help: help("topological_weight", "x")) var topologicalWeight: String?
  @Option(help: help("topological_resolution", "n")) var topologicalResolution: String?
  @Option(help: help("topological_dimensions", "n,n")) var topologicalDimensions: String?
  @Option(help: help("filtration", "name")) var filtration: String?
  @Option(help: help("construction", "name")) var construction: String?
  @Option(help: help("total_persistence", "true|false")) var totalPersistence: String?
  @Option(help: help("order", "x")) var order: String?
  @Option(help: help("essential_classes", "name")) var essentialClasses: String?
  @Option(help: help("dimension_reduction", "name")) var dimensionReduction: String?

  fileprivate var all: [(String, String?)] {
    [
      ("topological_weight", topologicalWeight),
      ("topological_resolution", topologicalResolution),
      ("topological_dimensions", topologicalDimensions),
      ("filtration", filtration),
      ("construction", construction),
      ("total_persistence", totalPersistence),
      ("order", order),
      ("essential_classes", essentialClasses),
      ("dimension_reduction", dimensionReduction),
    ]
  }
}

struct NetworkFlags: ParsableArguments {
  @Option(help: help("decoder", "name")) var decoder: String?
  @Option(help: help("base_filters", "n")) var baseFilters: String?

  fileprivate var all: [(String, String?)] {
    [
      ("decoder", decoder),
      ("base_filters", baseFilters),
    ]
  }
}

/// The meaning of a setting and its default.
private func help(_ name: String, _ valueName: String) -> ArgumentHelp {
  guard let key = SettingsKey.all.first(where: { $0.name == name }) else { return "" }
  let usual = key.text(of: Settings())
  return ArgumentHelp(
    usual == "null" ? key.help : "\(key.help) [\(usual.filter { !"\"[]".contains($0) })]",
    valueName: valueName)
}
