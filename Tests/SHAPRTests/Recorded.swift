import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

/// What was recorded with PyTorch, as this library reads it.
struct Recorded {
  /// The batch of two cells: `2 x 2 x 1 x 64 x 64` and `2 x 1 x 64 x 64 x 64`.
  let input: Tensor
  let target: Tensor
  /// The generator's output for it, in training.
  let prediction: Tensor
  let batch: [String: NaiveTensor<Float>]

  init() throws {
    batch = try #require(Fixtures.load("batch_and_outputs"))
    input = try tensor(#require(batch["x"]))
    target = try tensor(#require(batch["y"]))
    prediction = try tensor(#require(batch["pred_train"]))
  }

  /// The generator with the recorded weights.
  static func generator(fusion: Sequential.Fusion = .fused, threads: Int = 2) throws -> GeneratorPass {
    let budget = MemoryBudget()
    let generator = try Generator(
      fusion: fusion, workspace: KernelWorkspace(threads: threads, budget: budget), budget: budget)
    try generator.read(from: checkpoint("generator_init"))
    return GeneratorPass(generator, budget: budget)
  }

  static func discriminator(
    fusion: Sequential.Fusion = .fused, workspace: KernelWorkspace? = nil
  ) throws -> Discriminator {
    let budget = MemoryBudget()
    let discriminator = try Discriminator(
      fusion: fusion, workspace: workspace ?? KernelWorkspace(threads: 2, budget: budget),
      budget: budget)
    try discriminator.read(from: checkpoint("discriminator_init"))
    return discriminator
  }

  static func checkpoint(_ name: String) throws -> CheckpointFile {
    try CheckpointFile(
      path: Fixtures.folder + "\(name).safetensors", checksums: .whenPresent, budget: MemoryBudget())
  }

  /// A number of fixtures.json.
  static func scalar(_ name: String) throws -> Double { try #require(Fixtures.scalar(name)) }

  /// d L_T / d prediction of dimension 2, superlevel sets, W2 + total persistence, times `factor`: `count`
  /// numbers, most of them 0.
  static func topologicalGradient(count: Int, times factor: Float) throws -> [Float] {
    let recorded = try #require(Fixtures.load("topology"))
    let indices = try #require(recorded["grad_pred_idx.super.d2.reg"]).values
    let values = try #require(recorded["grad_pred_val.super.d2.reg"]).values
    var gradient = [Float](repeating: 0, count: count)
    for (index, value) in zip(indices, values) { gradient[Int(index)] = factor * value }
    return gradient
  }

  /// Those whose names begin with `prefix`, without it; nothing of the unused layers.
  static func tensors(
    _ file: String, startingWith prefix: String = ""
  ) throws -> [String: NaiveTensor<Float>] {
    var found: [String: NaiveTensor<Float>] = [:]
    for (name, tensor) in try #require(Fixtures.load(file))
    where name.hasPrefix(prefix) && !name.dropFirst(prefix.count).hasPrefix("conv10.") {
      found[String(name.dropFirst(prefix.count))] = tensor
    }
    return found
  }
}

/// The parity tests need the recordings.
let recordings = ConditionTrait.enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note))
