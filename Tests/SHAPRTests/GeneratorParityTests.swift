import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

/// The recorded batch of two cells, in memory that the network reads.
struct RecordedBatch {
  let input: Tensor
  let target: Tensor
  let record: [String: NaiveTensor<Float>]

  init() throws {
    record = try #require(Fixtures.load("batch_and_outputs"))
    let (x, y) = try (#require(record["x"]), #require(record["y"]))
    input = try Tensor(TensorShape(batch: 2, channels: 2, depth: 1, height: 64, width: 64), budget: MemoryBudget())
    target = try Tensor(TensorShape(batch: 2, channels: 1, depth: 64, height: 64, width: 64), budget: MemoryBudget())
    try input.fill(from: x.values)
    try target.fill(from: y.values)
  }
}

/// The generator with the recorded weights.
func recordedGenerator(fusion: Sequential.Fusion = .fused, threads: Int = 2) throws -> GeneratorPass {
  let budget = MemoryBudget()
  let generator = try Generator(
    fusion: fusion, workspace: KernelWorkspace(threads: threads, budget: budget), budget: budget)
  try generator.read(from: CheckpointFile(path: Fixtures.folder + "generator_init.safetensors", checksums: .whenPresent, budget: budget))
  return GeneratorPass(generator, budget: budget)
}

func largestDifference(_ found: Floats, _ expected: [Float]) -> Float {
  var worst: Float = 0
  for (index, value) in expected.enumerated() {
    let difference = abs(found[index] - value)
    if !(difference <= worst) { worst = difference.isNaN ? .infinity : difference }
  }
  return worst
}

@Suite("the generator is the published one", .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))
struct GeneratorParityTests {
  @Test("outputs in training and evaluation", arguments: [Sequential.Fusion.fused, .writtenOut])
  func outputs(fusion: Sequential.Fusion) throws {
    let batch = try RecordedBatch()
    let pass = try recordedGenerator(fusion: fusion)
    try WorkTeam.run(threads: 2) { team in
      for (mode, name) in [(Pass.Mode.evaluation, "pred_eval_init_stats"), (.training, "pred_train")] {
        let output = try pass.forward(
          batch.input.values, shape: batch.input.shape, mode: mode, keepsForBackward: true, team: team)
        let expected = try #require(batch.record[name])
        // docs/reliability.md: outputs within 2e-5.
        #expect(largestDifference(output.probabilities, expected.values) < 2e-5)
      }
    }
    withExtendedLifetime((batch, pass)) {}
  }
}
