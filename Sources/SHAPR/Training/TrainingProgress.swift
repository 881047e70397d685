public import NeuralNetwork

/// Why training ended without a result.
public enum TrainingError: Error, CustomStringConvertible {
  case network(NetworkError)
  case checkpoint(FileError)
  /// A cell could not be loaded.
  case cell(any Error)
  /// The loss stopped being a number.
  case notFinite(stage: Stage, epoch: Int, step: Int, cells: [String])
  /// The caller asked to stop; the state is in the last checkpoint.
  case stopped
  /// A split that cannot be trained on.
  case split(String)

  public var description: String {
    switch self {
    case .network(let error): error.description
    case .checkpoint(let error): error.description
    case .cell(let error): "\(error)"
    case .notFinite(let stage, let epoch, let step, let cells):
      "the loss is not a number (\(stage.rawValue) epoch \(epoch), step \(step), cells "
        + cells.joined(separator: ", ") + ")"
    case .stopped: "stopped"
    case .split(let sentence): sentence
    }
  }
}

public enum Stage: String, Sendable {
  case supervised, adversarial
}

/// The mean losses of an epoch, over cells.
public struct EpochLosses: Equatable, Sendable {
  public var dice = 0.0
  public var crossEntropy = 0.0
  public var topological = 0.0
  public var adversarial = 0.0
  public var discriminator = 0.0
  /// Cells that were added up.
  public var cells = 0

  public init() {}

  public var geometric: Double { dice + crossEntropy / 2 }
  /// What training lowers and early stopping watches: geometric and topological loss, the latter with
  /// its weight.
  public var total: Double { geometric + topological }

  /// Counts a batch: its losses are means over `cells`.
  mutating func add(_ batch: EpochLosses, cells count: Int) {
    let weight = Double(count) / Double(cells + count)
    dice += (batch.dice - dice) * weight
    crossEntropy += (batch.crossEntropy - crossEntropy) * weight
    topological += (batch.topological - topological) * weight
    adversarial += (batch.adversarial - adversarial) * weight
    discriminator += (batch.discriminator - discriminator) * weight
    cells += count
  }
}

/// One line of the training log.
public struct EpochRecord: Equatable, Sendable {
  public var stage: Stage
  /// From 0, in its stage.
  public var epoch: Int
  public var rate: Double
  public var train: EpochLosses
  public var validation: EpochLosses
  /// Whether no epoch before had a lower validation loss.
  public var isBest: Bool
}

/// Where a training run stands: everything but weights and optimisers. What follows depends on nothing else.
public struct TrainingProgress: Equatable, Sendable {
  public var stage = Stage.supervised
  /// From 0, in its stage.
  public var epoch = 0
  /// Steps of this epoch that are done.
  public var step = 0
  /// Epochs of both stages that began: what order and augmentation are keyed by.
  public var epochsBegun = 0
  public var rate: Double
  public var schedule: LearningRateSchedule
  public var earlyStopping: EarlyStopping
  /// The present epoch so far.
  public var losses = EpochLosses()
  public var log: [EpochRecord] = []
  public var isFinished = false
}
