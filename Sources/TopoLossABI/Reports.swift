internal import CTopoLoss
internal import SHAPR

extension topoloss_report {
  /// After a step.
  init(_ step: Training.Step, of training: Training) {
    self.init(TOPOLOSS_STEP_DONE, step.stage, epoch: step.epoch, of: training)
    (self.step, steps) = (Int64(step.step), Int64(step.steps))
    train = topoloss_losses(step.losses)
  }

  /// After an epoch.
  init(_ record: EpochRecord, of training: Training) {
    self.init(TOPOLOSS_EPOCH_DONE, record.stage, epoch: record.epoch, of: training)
    step = steps
    is_best = record.isBest ? 1 : 0
    learning_rate = record.rate
    (train, validation) = (topoloss_losses(record.train), topoloss_losses(record.validation))
  }

  /// When nothing is left to do.
  init(doneBy training: Training) {
    self.init(
      TOPOLOSS_TRAINING_DONE, training.progress.stage, epoch: training.progress.epoch, of: training)
  }

  private init(_ event: Int, _ stage: Stage, epoch: Int, of training: Training) {
    self.init()
    struct_size = MemoryLayout<topoloss_report>.size
    self.event = Int32(event)
    self.stage = Int32(stage == .supervised ? TOPOLOSS_SUPERVISED : TOPOLOSS_ADVERSARIAL)
    (self.epoch, epochs) = (Int64(epoch), Int64(training.epochsOfStage))
    steps = Int64(training.stepsPerEpoch)
    learning_rate = training.progress.rate
  }
}

extension topoloss_losses {
  init(_ losses: EpochLosses) {
    self.init(
      dice: losses.dice, cross_entropy: losses.crossEntropy, geometric: losses.geometric,
      topological: losses.topological, total: losses.total, adversarial: losses.adversarial,
      discriminator: losses.discriminator)
  }
}
