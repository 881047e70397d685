import NeuralNetwork
import SHAPR
import TestOracles
import Testing

/// Whole networks, small enough for seven plain loops in Double: outputs and every gradient.
@Suite("small networks are what plain loops compute")
struct SmallNetworkTests {
  // Rounding of Float grows by each of the two dozen layers; over batches this small no ReLU and no window of
  // pooling stands near enough to a tie to decide otherwise (the seeds are fixed). Measured: at most
  // 1e-6 and 2e-5.
  private let outputLimit = 3e-6
  private let gradientLimit = 6e-5

  @Test(
    "generator",
    arguments: [ModelSettings.Decoder.slice, .volumetric], [Sequential.Fusion.fused, .writtenOut])
  func generator(decoder: ModelSettings.Decoder, fusion: Sequential.Fusion) throws {
    for (filters, height, width, mode) in [
      (2, 16, 16, Pass.Mode.training), (3, 16, 16, .evaluation), (2, 8, 20, .training),
    ] {
      let small = try SmallGenerator(
        ModelSettings(decoder: decoder, baseFilters: filters), height: height, width: width,
        fusion: fusion)
      try compare(
        small.generator.network, with: small.twin, small.input, small.gradient, mode: mode)
    }
  }

  @Test("discriminator", arguments: [Sequential.Fusion.fused, .writtenOut])
  func discriminator(fusion: Sequential.Fusion) throws {
    for (filters, extent, batch, mode) in [
      (2, (32, 48, 32), 2, Pass.Mode.training), (2, (16, 16, 32), 3, .evaluation),
      (1, (48, 16, 32), 3, .training),
    ] {
      let small = try SmallDiscriminator(
        baseFilters: filters, extent: extent, batch: batch, fusion: fusion)
      try compare(
        small.discriminator.network, with: small.twin, small.input, small.gradient, mode: mode)
    }
  }

  private func compare(
    _ network: Network, with twin: NaiveChain<Double>, _ input: NaiveTensor<Double>,
    _ gradient: NaiveTensor<Double>, mode: Pass.Mode
  ) throws {
    var twin = twin
    let pass = twin.forward(input, training: mode == .training)
    let expected = twin.backward(pass, gradient, fromLogits: true)
    let found = try network.run(input, gradient, mode: mode)
    #expect(relativeDistance(found.logits, pass.logits.values) < outputLimit)
    #expect(relativeDistance(found.inputGradient, expected.input.values) < gradientLimit)
    #expect(Set(found.weightGradients.keys) == Set(expected.parameters.keys))
    for (name, slopes) in expected.parameters {
      let distance = relativeDistance(try #require(found.weightGradients[name]), slopes.values)
      #expect(distance < gradientLimit, "\(name)")
    }
    if mode == .training { twin.updateRunningStatistics(after: pass) }
    let state = network.state
    for (name, statistic) in twin.state where name.contains(".running_") {
      #expect(relativeDistance(try #require(state[name]), statistic.values) < 1e-5, "\(name)")
    }
  }

  @Test("fused and written out are the same function")
  func fusion() throws {
    for decoder in ModelSettings.Decoder.allCases {
      let settings = ModelSettings(decoder: decoder, baseFilters: 2)
      let fused = try SmallGenerator(settings, batch: 3, fusion: .fused)
      let plain = try SmallGenerator(settings, batch: 3, fusion: .writtenOut)
      for mode in [Pass.Mode.training, .evaluation] {
        let one = try fused.generator.network.run(fused.input, fused.gradient, mode: mode)
        let other = try plain.generator.network.run(fused.input, fused.gradient, mode: mode)
        #expect(relativeDistance(one.logits, other.logits) < outputLimit)
        #expect(relativeDistance(one.inputGradient, other.inputGradient) < gradientLimit)
        for (name, gradient) in one.weightGradients {
          let plainGradient = try #require(other.weightGradients[name])
          #expect(relativeDistance(gradient, plainGradient) < gradientLimit, "\(name)")
        }
      }
    }
  }

  @Test("gradients are slopes: central differences of the twin", arguments: ModelSettings.Decoder.allCases)
  func differences(decoder: ModelSettings.Decoder) throws {
    let small = try SmallGenerator(
      ModelSettings(decoder: decoder, baseFilters: 1), height: 8, width: 8)
    let found = try small.generator.network.run(small.input, small.gradient, mode: .evaluation)
    // Evaluation, where nothing bends the function but ReLU and pooling; training is compared above.
    for (name, slopes) in found.weightGradients {
      let steepest = try #require(slopes.indices.max { abs(slopes[$0]) < abs(slopes[$1]) })
      let weights = try #require(small.twin.state[name])
      let error = gradientError(
        of: slopes.map(Double.init), at: weights.values, coordinates: [steepest], step: 1e-6
      ) {
        var twin = small.twin
        twin.state[name]?.values = $0
        return small.gradient.dot(twin.forward(small.input, training: false).logits)
      }
      // Rounding of Float; that of the difference is 1e-5 where slopes are flat.
      #expect(error < 1e-3, "\(name)")
    }
  }
}
