import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

@Suite("the discriminator is the published one", recordings)
struct DiscriminatorParityTests {
  @Test("verdicts, losses and gradients", arguments: [Sequential.Fusion.fused, .writtenOut])
  func verdicts(fusion: Sequential.Fusion) throws {
    let recorded = try Recorded()
    let expected = try #require(Fixtures.load("discriminator"))
    let discriminator = try Recorded.discriminator(fusion: fusion)
    // The published code judges what is cut at 1/2.
    let binarised = try tensor(
      NaiveTensor<Float>(
        shape: [2, 1, 64, 64, 64],
        values: recorded.prediction.array.map { $0 > 0.5 ? 1 : 0 }))
    let evaluation = try judge(recorded.target, discriminator, mode: .evaluation)
    #expect(
      largestDifference(evaluation.verdicts, try #require(expected["out_real_eval"]).values) < 2e-5)

    discriminator.network.clearGradients()
    let real = try judge(recorded.target, discriminator, target: 1, weight: 0.5)
    let fake = try judge(binarised, discriminator, target: 0, weight: 0.5)
    // The design's tolerances, as for the generator: outputs 2e-5, losses 1e-5, gradients 1e-2.
    #expect(largestDifference(real.verdicts, try #require(expected["out_real_train"]).values) < 2e-5)
    #expect(largestDifference(fake.verdicts, try #require(expected["out_fake_train"]).values) < 2e-5)
    #expect(relativeDifference(real.loss, try Recorded.scalar("D.real_loss")) < 1e-5)
    #expect(relativeDifference(fake.loss, try Recorded.scalar("D.fake_loss")) < 1e-5)
    #expect(
      relativeDifference((real.loss + fake.loss) / 2, try Recorded.scalar("D.loss=(real+fake)/2"))
        < 1e-5)
    let gradients = discriminator.network.gradients
    let recordedGradients = try Recorded.tensors("discriminator", startingWith: "grad_d_loss/")
    #expect(Set(gradients.keys) == Set(recordedGradients.keys))
    for (name, gradient) in recordedGradients {
      let distance = relativeDistance(try #require(gradients[name]), gradient.values)
      #expect(distance < 1e-2, "\(name)")
    }
  }

  @Test("what the generator is told: the gradient with respect to the volumes")
  func opinion() throws {
    let recorded = try Recorded()
    let discriminator = try Recorded.discriminator()
    let judged = try judge(recorded.prediction, discriminator, target: 1)
    #expect(
      relativeDifference(
        judged.loss, try Recorded.scalar("G.adversarial_loss_on_soft_fake(non-reference)")) < 1e-5)
    // Depth 28 ..< 36 of the first sample.
    let slab = Array(judged.inputGradient[28 * 4096..<36 * 4096])
    let expected = try #require(Fixtures.load("discriminator")?["grad_softpred_sample0_slab"])
    let distance = relativeDistance(slab, expected.values)
    // Rounding through 17 layers is 2e-6; a ReLU or a window of pooling that decides otherwise adds 1e-3.
    #expect(distance < 1e-2)
  }

  private struct Judged {
    /// Probabilities that the volumes are real.
    var verdicts: [Float] = []
    var loss = 0.0
    var inputGradient: [Float] = []
  }

  /// One pass; with a target also the way back, which adds the weights' gradients.
  private func judge(
    _ volumes: Tensor, _ discriminator: Discriminator, mode: Pass.Mode = .training,
    target: Float? = nil, weight: Double = 1
  ) throws -> Judged {
    let network = discriminator.network
    let (plan, output) = try network.plan(for: volumes.shape, training: true)
    let gradient = try Tensor(output, budget: MemoryBudget())
    let judged = WorkTeam.run(threads: 2) { team in
      let pass = Pass(mode, plan: plan, team: team)
      let logits = network.chain.forward(
        Activations(Signal(volumes.values), shape: volumes.shape), pass: pass
      ).signal.values
      var judged = Judged()
      judged.verdicts = NaiveTensor(shape: [output.count], values: array(logits, output.count)).sigmoids
      guard let target else { return judged }
      judged.loss = BinaryCrossEntropy.ofLogits(
        logits, target: target, count: output.count, weight: weight, gradient: gradient.values)
      let back = network.chain.backward(
        Gradients(GradientSignal(gradient.values), shape: output), pass: pass)
      if let back { judged.inputGradient = array(back.signal.values, volumes.shape.count) }
      return judged
    }
    return withExtendedLifetime((volumes, gradient, discriminator)) { judged }
  }
}

extension NaiveTensor<Float> {
  fileprivate var sigmoids: [Float] { naiveSigmoid(self).values }
}
