internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork

/// Cells that are learned from in one step.
struct BatchPlan: Equatable, Sendable {
  /// Indices into the source.
  let cells: [Int]
  /// What each cell's augmentation is keyed by; nil for none.
  let augmentation: Key?

  struct Key: Equatable, Sendable {
    let seed: UInt64
    let epoch: Int
  }
}

/// Loads batches, the next one beside the step that learns from the present one.
final class BatchLoader {
  /// A batch in memory; valid until the one after the next is loaded.
  struct Batch {
    let plan: BatchPlan
    let input: Floats
    let target: Floats
    let inputShape: TensorShape
  }

  private let source: any CellSource
  private let slots: [Slot]
  private var turn = 0
  private var companion: Companion?

  /// Buffers of one batch, and what went wrong while it was loaded.
  private final class Slot: @unchecked Sendable {
    let input: Scratch<Float>
    let target: Scratch<Float>
    /// One cell before augmentation.
    let plainInput: Scratch<Float>
    let plainObject: Scratch<Float>
    var plan: BatchPlan?
    var failure: (any Error)?

    init(_ batch: Int, _ extent: CellExtent, budget: MemoryBudget) throws(ComputeError) {
      input = try Scratch(count: batch * extent.inputCount, budget: budget)
      target = try Scratch(count: batch * extent.objectCount, budget: budget)
      plainInput = try Scratch(count: extent.inputCount, budget: budget)
      plainObject = try Scratch(count: extent.objectCount, budget: budget)
    }
  }

  init(_ source: any CellSource, largestBatch: Int, budget: MemoryBudget) throws(NetworkError) {
    self.source = source
    do {
      slots = [
        try Slot(largestBatch, source.extent, budget: budget),
        try Slot(largestBatch, source.extent, budget: budget),
      ]
    } catch { throw NetworkError(error) }
  }

  /// The batch, loaded now unless ``prepare(_:)`` was told of it before.
  func batch(_ plan: BatchPlan) throws(TrainingError) -> Batch {
    finish()
    let slot = slots[turn]
    if slot.plan != plan { Self.load(plan, from: source, into: slot) }
    slot.plan = nil
    turn = 1 - turn
    if let failure = slot.failure { throw .cell(failure) }
    let extent = source.extent
    return Batch(
      plan: plan, input: slot.input.cells, target: slot.target.cells,
      inputShape: TensorShape(
        batch: plan.cells.count, channels: 2, depth: 1, height: extent.height,
        width: extent.width))
  }

  /// Starts to load the batch that will be asked for next.
  func prepare(_ plan: BatchPlan) {
    companion?.wait()
    let (source, slot) = (source, slots[turn])
    companion = Companion { Self.load(plan, from: source, into: slot) }
  }

  /// Returns when nothing is being loaded any more; what was prepared stays.
  func finish() {
    companion?.wait()
    companion = nil
  }

  private static func load(_ plan: BatchPlan, from source: any CellSource, into slot: Slot) {
    let extent = source.extent
    slot.plan = plan
    slot.failure = nil
    do {
      for (place, cell) in plan.cells.enumerated() {
        let input = slot.input.cells.suffix(from: place * extent.inputCount)
          .prefix(extent.inputCount)
        let object = slot.target.cells.suffix(from: place * extent.objectCount)
          .prefix(extent.objectCount)
        let change = plan.augmentation.map {
          Augmentation(seed: $0.seed, epoch: $0.epoch, sample: cell)
        }
        guard let change, !change.changesNothing, extent.height == extent.width else {
          try source.load(cell, input: input, object: object)
          continue
        }
        try source.load(
          cell, input: slot.plainInput.cells, object: slot.plainObject.cells)
        change.apply(slot.plainInput.cells, planes: 2, size: extent.width, to: input)
        change.apply(
          slot.plainObject.cells, planes: extent.depth, size: extent.width, to: object)
      }
    } catch { slot.failure = error }
  }
}
