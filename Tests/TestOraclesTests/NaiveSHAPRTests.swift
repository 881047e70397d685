import TestOracles
import Testing

/// The chains of SHAPR in Double against what PyTorch recorded in Float; where the fixtures hold PyTorch's own
/// Double results, against these.
@Suite("NaiveSHAPR")
struct NaiveSHAPRTests {
  @Test(
    "names and shapes are those of the reference",
    .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))
  func names() throws {
    for (file, layers) in [
      ("generator_init", NaiveSHAPR.generator()), ("discriminator_init", NaiveSHAPR.discriminator()),
    ] {
      let state = try #require(Fixtures.load(file))
      // The initialiser compares the shapes.
      let chain = NaiveChain(layers, state: state)
      let learnt = state.keys.filter { name in
        !name.hasPrefix("conv10.")
          && ![".running_mean", ".running_var", ".num_batches_tracked"].contains { name.hasSuffix($0) }
      }
      #expect(Set(chain.parameterNames) == Set(learnt))
    }
  }

  @Test(
    "generator, training: output, losses, running statistics, gradients",
    .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))
  func generatorTraining() throws {
    let recorded = try #require(Fixtures.load("batch_and_outputs"))
    let gradients = try #require(Fixtures.load("grad_weights"))
    let slopes = try #require(Fixtures.load("grad_pred"))
    var chain = try makeChain(NaiveSHAPR.generator(), "generator_init")
    let (x, y) = (try tensor("x", recorded), try tensor("y", recorded))
    let pass = chain.forward(x, training: true)
    // Float against Double: the tolerance of the design for outputs is 2e-5.
    #expect(distance(pass.output, try tensor("pred_train", recorded)) < 2e-5)

    for (loss, scalar) in [
      (NaiveNetworkLoss.dice, "dice"), (.crossEntropy, "bce_plain"), (.combined, "combined_plain"),
      (.swappedCrossEntropy, "bce_reference_as_coded(input=y_true,target=pred)"),
      (.swappedCombined, "combined_reference"),
    ] {
      let expected = try #require(Fixtures.scalar("loss64.train.\(scalar)"))
      // The reference has 1e-8 in the denominator of F1, which makes 4.1e-9; the rest is that it took its
      // Float prediction to Double.
      #expect(abs(loss(prediction: pass.output, target: y).value - expected) < 1e-8, "\(loss)")
    }
    for (loss, name) in [
      (NaiveNetworkLoss.combined, "combined_plain"), (.swappedCombined, "combined_reference"),
    ] {
      let expected = try tensor("dL_dpred.\(name)", slopes)
      let found = loss(prediction: try tensor("pred_train", recorded), target: y).gradient
      // Of the largest, as the design says.
      #expect(distance(found, expected) < 1e-5 * expected.values.reduce(0) { max($0, abs($1)) })
    }

    let loss = NaiveNetworkLoss.combined(logits: pass.logits, target: y)
    let found = chain.backward(pass, loss.gradient, fromLogits: true)
    for (name, gradient) in found.parameters {
      let expected = try tensor("combined_plain/\(name)", gradients)
      // PyTorch's Float is up to 0.6 % from Double: ReLU and pooling decide otherwise near ties.
      #expect(relativeDistance(gradient, expected) < 1e-2, "\(name)")
    }

    chain.updateRunningStatistics(after: pass)
    for (name, tensor) in recorded where name.hasPrefix("bn_after1.") && !name.hasPrefix("bn_after1.conv10.")
    {
      guard !name.hasSuffix("num_batches_tracked") else { continue }
      let found = try #require(chain.state[String(name.dropFirst("bn_after1.".count))])
      #expect(relativeDistance(found, NaiveTensor<Double>(tensor)) < 1e-5, "\(name)")
    }
  }

  @Test(
    "generator, evaluation: one sample", .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))
  func generatorEvaluation() throws {
    let recorded = try #require(Fixtures.load("batch_and_outputs"))
    let chain = try makeChain(NaiveSHAPR.generator(), "generator_init")
    let output = chain.forward(firstSample(of: try tensor("x", recorded)), training: false).output
    #expect(distance(output, firstSample(of: try tensor("pred_eval_init_stats", recorded))) < 2e-5)
  }

  @Test(
    "discriminator, evaluation: one sample", .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note))
  )
  func discriminatorEvaluation() throws {
    let recorded = try #require(Fixtures.load("discriminator"))
    let batch = try #require(Fixtures.load("batch_and_outputs"))
    let chain = try makeChain(NaiveSHAPR.discriminator(), "discriminator_init")
    let output = chain.forward(firstSample(of: try tensor("y", batch)), training: false).output
    #expect(abs(output.values[0] - Double(try #require(recorded["out_real_eval"]).values[0])) < 2e-5)
  }

  @Test("gradients of a small generator are slopes", arguments: [1, 3])
  func smallGenerator(decoderDepth: Int) throws {
    var generator = SeededGenerator(seed: 7)
    var chain = NaiveChain<Double>(
      NaiveSHAPR.generator(baseFilters: 2, decoderDepth: decoderDepth), using: &generator)
    let x = NaiveTensor<Double>(shape: [1, 2, 1, 8, 8], in: 0...1, using: &generator)
    // Evaluation with the statistics of this batch: no layer fades, and statistics over four voxels do not bend
    // the function. `NaiveChainTests` moves through statistics.
    let training = chain.forward(x, training: true)
    for _ in 0..<100 { chain.updateRunningStatistics(after: training) }
    let pass = chain.forward(x, training: false)
    #expect(pass.output.shape == [1, 1, 64, 8, 8])
    let gradient = NaiveTensor<Double>(shape: pass.logits.shape, using: &generator)
    for (name, slopes) in chain.backward(pass, gradient, fromLogits: true).parameters {
      let weights = try #require(chain.state[name])
      let steepest = try #require(
        slopes.values.indices.max { abs(slopes.values[$0]) < abs(slopes.values[$1]) })
      let error = gradientError(
        of: slopes.values, at: weights.values, coordinates: [steepest], step: 1e-6
      ) {
        var chain = chain
        chain.state[name]?.values = $0
        return gradient.dot(chain.forward(x, training: false).logits)
      }
      // The function is rounded to about 1e-14, which the step makes 1e-8; the flattest slopes are about 0.05.
      #expect(error < 1e-5, "\(name)")
    }
  }

  @Test(
    "three Adam steps: PyTorch's losses in Double",
    .enabled(
      if: Fixtures.areThere && Tier.isRelease,
      Comment(rawValue: "takes TOPOLOSS_TIER=R, and \(Fixtures.note)")))
  func threeSteps() throws {
    let recorded = try #require(Fixtures.load("batch_and_outputs"))
    var chain = try makeChain(NaiveSHAPR.generator(), "generator_init")
    let (x, y) = (try tensor("x", recorded), try tensor("y", recorded))
    var adam = NaiveAdam<Double>()
    for expected in try #require(Fixtures.scalars("adam3.noLT.losses_per_step_f64")) {
      let pass = chain.forward(x, training: true)
      let loss = NaiveNetworkLoss.swappedCombined(logits: pass.logits, target: y)
      // The 1e-8 in the reference's Dice makes 4.1e-9; three steps in Double leave nothing that shows.
      #expect(abs(loss.value - expected) < 1e-8)
      adam.step(&chain.state, along: chain.backward(pass, loss.gradient, fromLogits: true).parameters)
    }
  }

  @Test(
    "discriminator, training: outputs, losses, gradients",
    .enabled(
      if: Fixtures.areThere && Tier.isRelease,
      Comment(rawValue: "takes TOPOLOSS_TIER=R, and \(Fixtures.note)")))
  func discriminatorTraining() throws {
    let recorded = try #require(Fixtures.load("discriminator"))
    let batch = try #require(Fixtures.load("batch_and_outputs"))
    let chain = try makeChain(NaiveSHAPR.discriminator(), "discriminator_init")
    let prediction = try tensor("pred_train", batch)
    let binarised = NaiveTensor<Double>(
      shape: prediction.shape, values: prediction.values.map { $0 > 0.5 ? 1 : 0 })
    let (real, fake) = (
      chain.forward(try tensor("y", batch), training: true), chain.forward(binarised, training: true)
    )
    // Tolerances of the design for Float against Double, here and below.
    #expect(distance(real.output, try tensor("out_real_train", recorded)) < 2e-5)
    #expect(distance(fake.output, try tensor("out_fake_train", recorded)) < 2e-5)

    let ones = NaiveTensor<Double>(shape: [2, 1], repeating: 1)
    let realLoss = NaiveNetworkLoss.crossEntropy(logits: real.logits, target: ones)
    let fakeLoss = NaiveNetworkLoss.crossEntropy(logits: fake.logits, target: NaiveTensor(shape: [2, 1]))
    #expect(abs(realLoss.value - (try #require(Fixtures.scalar("D.real_loss")))) < 1e-5)
    #expect(abs(fakeLoss.value - (try #require(Fixtures.scalar("D.fake_loss")))) < 1e-5)
    let ofReal = chain.backward(real, realLoss.gradient, fromLogits: true).parameters
    let ofFake = chain.backward(fake, fakeLoss.gradient, fromLogits: true).parameters
    for (name, gradient) in ofReal {
      let other = try #require(ofFake[name])
      let mean = NaiveTensor(
        shape: gradient.shape, values: zip(gradient.values, other.values).map { ($0 + $1) / 2 })
      #expect(relativeDistance(mean, try tensor("grad_d_loss/\(name)", recorded)) < 1e-2, "\(name)")
    }

    // The gradient that the discriminator hands to the generator: depth 28 ..< 36 of the first sample.
    let soft = chain.forward(prediction, training: true)
    let softLoss = NaiveNetworkLoss.crossEntropy(logits: soft.logits, target: ones)
    let slab = chain.backward(soft, softLoss.gradient, fromLogits: true).input.values[28 * 4096..<36 * 4096]
    let expected = try tensor("grad_softpred_sample0_slab", recorded)
    // Rounding of Float through 17 layers, where no ReLU flips.
    #expect(relativeDistance(NaiveTensor(shape: expected.shape, values: Array(slab)), expected) < 1e-4)
  }

  private func makeChain(_ layers: [NaiveLayer], _ file: String) throws -> NaiveChain<Double> {
    NaiveChain(layers, state: try #require(Fixtures.load(file)).mapValues { NaiveTensor<Double>($0) })
  }

  private func tensor(_ name: String, _ file: [String: NaiveTensor<Float>]) throws -> NaiveTensor<Double> {
    NaiveTensor<Double>(try #require(file[name]))
  }

  private func firstSample(of tensor: NaiveTensor<Double>) -> NaiveTensor<Double> {
    NaiveTensor(
      shape: [1] + tensor.shape.dropFirst(),
      values: Array(tensor.values.prefix(tensor.values.count / tensor.shape[0])))
  }

  private func distance(_ first: NaiveTensor<Double>, _ second: NaiveTensor<Double>) -> Double {
    first.shape == second.shape
      ? zip(first.values, second.values).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
  }

  /// The length of the difference as a part of the length of `expected`.
  private func relativeDistance(_ found: NaiveTensor<Double>, _ expected: NaiveTensor<Double>) -> Double {
    guard found.shape == expected.shape else { return .infinity }
    let difference = NaiveTensor(
      shape: found.shape, values: zip(found.values, expected.values).map { $0 - $1 })
    return (difference.dot(difference) / expected.dot(expected)).squareRoot()
  }
}
