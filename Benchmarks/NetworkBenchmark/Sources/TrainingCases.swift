import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR

/// Which cells an epoch learns from, in which order and changed how, as `Training` draws them with seed 0, so
/// that a peer can learn from the same. The first run tells of epoch 0, the next of epoch 1 and so on.
final class PlanCase: TimedCase {
  /// The cells to train on, in the order of the split.
  private let cells: [Int]
  private var epoch = 0
  /// Four numbers per cell: its index, then 1 or 0 for a horizontal flip, a vertical flip, a quarter turn.
  private(set) var values: [Double] = []

  init(_ inputs: Inputs) throws {
    cells = try inputs.tensor("train", of: "cells").array.map { Int($0) }
  }

  func run(team: WorkTeam) throws {
    var generator = KeyedGenerator(seed: 0, epoch: epoch, purpose: .shuffling)
    values = generator.shuffledIndices(cells.count).flatMap { place in
      let change = Augmentation(seed: 0, epoch: epoch, sample: cells[place])
      let changes = [change.flipsHorizontally, change.flipsVertically, change.turns]
      return [Double(cells[place])] + changes.map { $0 ? 1 : 0 }
    }
    epoch += 1
  }
}

/// What the topological loss costs of a training step: for each batch of real cells one step without it and one
/// with it, one after the other, so that a slow moment of the machine hits both.
///
/// The learning rate is 0: the predictions stay those of the given weights.
final class ShareCase: TimedCase {
  private let x: Tensor
  private let y: Tensor
  private let step: SupervisedStep
  private let topology: TopologicalVolumeLoss
  private let clock = ContinuousClock()
  private static let batch = 6
  /// Three numbers per batch, all seconds: a step without the topological loss, one with it, and of that one
  /// what it spent inside the loss.
  private(set) var values: [Double] = []

  /// - Parameters:
  ///   - weights: the file of the generator's weights.
  ///   - resolution: voxels per axis for the topological loss; nil for full size.
  init(
    _ inputs: Inputs, weights: String, resolution: Int?, threads: Int, _ workspace: KernelWorkspace
  ) throws {
    (x, y) = try (inputs.tensor("x", of: "batches"), inputs.tensor("y", of: "batches"))
    var settings = Settings()
    settings.topologicalResolution = resolution
    topology = try TopologicalVolumeLoss(
      settings.lossOptions(threads: threads), weight: settings.topologicalWeight,
      largestBatch: Self.batch, budget: inputs.budget)
    let generator = try Generator(workspace: workspace, budget: inputs.budget)
    try generator.read(from: inputs.file(weights))
    var adam = Adam.Settings()
    adam.rate = 0
    step = SupervisedStep(
      GeneratorPass(generator, budget: inputs.budget),
      optimiser: try Adam(generator.network.parameters, settings: adam, budget: inputs.budget))
  }

  func run(team: WorkTeam) throws {
    values = []
    for start in stride(from: 0, to: x.shape.batch, by: Self.batch) {
      var (inside, seconds) = (0.0, [0.0, 0.0])
      // Each of the two is the first in every other batch.
      for turn in [start / Self.batch % 2, 1 - start / Self.batch % 2] {
        let began = clock.now
        inside = try learn(from: start, topology: turn == 1, team: team) ?? inside
        seconds[turn] = (clock.now - began) / .seconds(1)
      }
      values += seconds + [inside]
    }
  }

  /// One step on the batch from this cell on; returns the seconds inside the topological loss, if it has one.
  private func learn(from start: Int, topology isOn: Bool, team: WorkTeam) throws -> Double? {
    let shape = TensorShape(
      batch: Self.batch, channels: 2, depth: 1, height: x.shape.height, width: x.shape.width)
    let target = y.values.suffix(from: start * y.shape.count / y.shape.batch)
    var inside: Double?
    func timed(
      probabilities: Floats, shape: TensorShape, gradient: Floats
    ) throws(NetworkError) -> Double {
      let began = clock.now
      let value = try topology(
        probabilities: probabilities, target: target, shape: shape, gradient: gradient)
      inside = (clock.now - began) / .seconds(1)
      return value
    }
    let losses = try step.run(
      input: x.values.suffix(from: start * x.shape.count / x.shape.batch), shape: shape,
      target: target, volumeLoss: isOn ? timed : nil, team: team)
    guard losses.total.isFinite else {
      throw BenchmarkError(description: "the loss is \(losses.total)")
    }
    return inside
  }
}
