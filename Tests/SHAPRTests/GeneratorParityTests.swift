import ComputeRuntime
import Glibc
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

@Suite("the generator is the published one", recordings)
struct GeneratorParityTests {
  // The design's tolerances for another implementation in Float: outputs 2e-5, losses 1e-5 of their
  // value, dL/dprediction 1e-5 of its maximum. The oracles in Double keep the same (NaiveSHAPRTests).

  @Test("outputs and running statistics", arguments: [Sequential.Fusion.fused, .writtenOut])
  func outputs(fusion: Sequential.Fusion) throws {
    let recorded = try Recorded()
    let pass = try Recorded.generator(fusion: fusion)
    let network = pass.generator.network
    func output(_ mode: Pass.Mode, _ keepsForBackward: Bool) throws -> [Float] {
      try WorkTeam.run(threads: 2) { team in
        let output = try pass.forward(
          recorded.input.values, shape: recorded.input.shape, mode: mode,
          keepsForBackward: keepsForBackward, team: team)
        return array(output.probabilities, output.shape.count)
      }
    }
    let before = try output(.evaluation, false)
    #expect(
      largestDifference(before, try #require(recorded.batch["pred_eval_init_stats"]).values) < 2e-5)
    #expect(network.batchesTracked.allSatisfy { $0 == 0 })
    let training = try output(.training, true)
    #expect(largestDifference(training, try #require(recorded.batch["pred_train"]).values) < 2e-5)
    #expect(network.batchesTracked.allSatisfy { $0 == 1 })

    let state = network.state
    for (name, statistic) in try Recorded.tensors("batch_and_outputs", startingWith: "bn_after1.")
    where !name.hasSuffix("num_batches_tracked") {
      // Rounding of sums over a batch; the twin in Double keeps the same.
      #expect(relativeDistance(try #require(state[name]), statistic.values) < 1e-5, "\(name)")
    }
    // Memory for training serves evaluation as well, to the bit.
    let after = try output(.evaluation, true)
    #expect(after == (try output(.evaluation, false)))
    let expected = try #require(recorded.batch["pred_eval_after1"]).values
    #expect(largestDifference(Array(after.prefix(expected.count)), expected) < 2e-5)
    withExtendedLifetime((recorded, pass)) {}
  }

  @Test(
    "losses of the training output and of the first evaluation",
    arguments: [
      ("train", "pred_train"), ("eval_init", "pred_eval_init_stats"),
    ])
  func losses(scalars: String, output: String) throws {
    let recorded = try Recorded()
    let prediction = try #require(recorded.batch[output])
    for (crossEntropy, name, combined) in [
      (GeometricLoss.CrossEntropy.ordinary, "bce_plain", "combined_plain"),
      (
        .swappedArguments, "bce_reference_as_coded(input=y_true,target=pred)", "combined_reference"
      ),
    ] {
      let found = try geometricLoss(GeometricLoss(crossEntropy: crossEntropy), prediction, recorded)
      let dice = try Recorded.scalar("loss64.\(scalars).dice")
      #expect(relativeDifference(found.value.dice, dice) < 1e-5)
      let entropy = try Recorded.scalar("loss64.\(scalars).\(name)")
      #expect(relativeDifference(found.value.crossEntropy, entropy) < 1e-5)
      let expected = try Recorded.scalar("loss64.\(scalars).\(combined)")
      #expect(relativeDifference(found.value.combined, expected) < 1e-5)
    }
  }

  @Test(
    "the loss's gradient with respect to the prediction",
    arguments: [
      (GeometricLoss.CrossEntropy.ordinary, "combined_plain"),
      (.swappedArguments, "combined_reference"),
    ])
  func slope(crossEntropy: GeometricLoss.CrossEntropy, name: String) throws {
    let recorded = try Recorded()
    let prediction = try #require(recorded.batch["pred_train"])
    let found = try geometricLoss(GeometricLoss(crossEntropy: crossEntropy), prediction, recorded)
    // Ours is with respect to the logits: times p (1 - p).
    let slopes = try #require(Fixtures.load("grad_pred")?["dL_dpred.\(name)"]).values
    let expected = zip(slopes, prediction.values).map { $0 * $1 * (1 - $1) }
    let scale = expected.reduce(0) { max($0, abs(Double($1))) }
    #expect(largestDifference(found.gradient, expected) < 1e-5 * scale)
  }

  /// The loss of a recorded prediction, and its gradient with respect to the logits.
  private func geometricLoss(
    _ loss: GeometricLoss, _ prediction: NaiveTensor<Float>, _ recorded: Recorded
  ) throws -> (value: GeometricLoss.Value, gradient: [Float]) {
    let budget = MemoryBudget()
    let workspace = KernelWorkspace(threads: 2, budget: budget)
    let probabilities = try tensor(prediction)
    let logits = try tensor(
      NaiveTensor<Double>(
        shape: prediction.shape,
        values: prediction.values.map { log(Double($0) / (1 - Double($0))) }))
    let gradient = try Tensor(logits.shape, budget: budget)
    let scratch = try Scratch<Float>(count: GeometricLoss.scratchCount(logits.shape), budget: budget)
    let value = WorkTeam.run(threads: 2) { team in
      loss(
        logits: logits.values, probabilities: probabilities.values, target: recorded.target.values,
        shape: logits.shape, gradient: gradient.values, scratch: scratch.cells,
        workspace: workspace, team: team)
    }
    return withExtendedLifetime((logits, probabilities, scratch, recorded)) {
      (value, gradient.array)
    }
  }
}
