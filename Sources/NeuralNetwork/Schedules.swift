/// How the learning rate changes from epoch to epoch. All state is in plain properties: who stores and
/// restores them continues the same way.
public enum LearningRateSchedule: Equatable, Sendable {
  case constant
  case plateau(PlateauSchedule)
  case step(StepSchedule)

  /// The rate for the next epoch, after one with `rate` that ended with a validation loss.
  public mutating func rate(after rate: Double, validationLoss: Double) -> Double {
    switch self {
    case .constant: return rate
    case .plateau(var schedule):
      defer { self = .plateau(schedule) }
      return schedule.rate(after: rate, validationLoss: validationLoss)
    case .step(var schedule):
      defer { self = .step(schedule) }
      return schedule.rate(after: rate)
    }
  }
}

/// Lowers the rate when the loss has stopped falling: PyTorch's `ReduceLROnPlateau`, mode "min",
/// threshold mode "rel".
public struct PlateauSchedule: Equatable, Sendable {
  /// What the rate is multiplied by.
  public var factor = 0.1
  /// So many epochs in a row may fail to be better; the next one lowers the rate.
  public var patience = 2
  /// A loss is better when it is below the best one by this fraction of it.
  public var threshold = 1e-4
  /// So many epochs after lowering are not counted.
  public var cooldown = 0
  /// The rate never goes below this.
  public var minimumRate = 0.0
  /// A rate that would change by this or less stays.
  public var smallestChange = 1e-8

  public var best = Double.infinity
  public var badEpochs = 0
  public var cooldownLeft = 0

  public init() {}

  /// The rate for the next epoch. A loss that is NaN is not better than any.
  public mutating func rate(after rate: Double, validationLoss: Double) -> Double {
    if validationLoss < best * (1 - threshold) {
      best = validationLoss
      badEpochs = 0
    } else {
      badEpochs += 1
    }
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      badEpochs = 0
    }
    guard badEpochs > patience else { return rate }
    cooldownLeft = cooldown
    badEpochs = 0
    let lowered = max(rate * factor, minimumRate)
    return rate - lowered > smallestChange ? lowered : rate
  }
}

/// Lowers the rate every few epochs: PyTorch's `StepLR`.
public struct StepSchedule: Equatable, Sendable {
  /// Epochs between two changes; never below 1.
  public var stepSize: Int
  /// What the rate is multiplied by.
  public var gamma: Double

  /// Epochs that have ended.
  public var epochs = 0

  public init(stepSize: Int, gamma: Double = 0.1) {
    self.stepSize = max(stepSize, 1)
    self.gamma = gamma
  }

  /// The rate for the next epoch.
  public mutating func rate(after rate: Double) -> Double {
    epochs += 1
    return epochs.isMultiple(of: stepSize) ? rate * gamma : rate
  }
}

/// Ends training when the validation loss has not fallen for many epochs. Remembers the best loss.
public struct EarlyStopping: Equatable, Sendable {
  /// So many epochs in a row without a better loss end the training.
  public var patience = 15
  /// A loss is better when it is below the best one by more than this.
  public var minimumDelta = 0.0

  public var best = Double.infinity
  public var badEpochs = 0

  public init() {}

  public enum Verdict: Equatable, Sendable {
    /// The best epoch so far: its weights are worth keeping.
    case better
    case notBetter
    /// Not better, and it was the last one.
    case stop
  }

  /// Looks at the validation loss of an epoch. NaN is not better than any.
  public mutating func judge(_ validationLoss: Double) -> Verdict {
    if validationLoss + minimumDelta < best {
      best = validationLoss
      badEpochs = 0
      return .better
    }
    badEpochs += 1
    return badEpochs >= patience ? .stop : .notBetter
  }
}
