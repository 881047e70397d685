import NeuralNetwork
import SHAPR
import TestOracles
import Testing

/// Whole networks, small enough for seven plain loops in Double: outputs and every gradient.
@Suite("small networks are what plain loops compute")
struct SmallNetworkTests {
  // Rounding of Float, which each of the two dozen layers adds to: measured at most 1e-6 and 2e-5. In one
  // draw of twenty a ReLU or a window of pooling stands so near a tie that it decides otherwise than in
  // Double, and gradients are off by some percent. So a case may draw again, twice; a wrong layer is wrong
  // in every draw.
  private let outputLimit = 3e-6
  private let gradientLimit = 6e-5

  @Test(
    "generator",
    arguments: [ModelSettings.Decoder.slice, .volumetric], [Sequential.Fusion.fused, .writtenOut])
  func generator(decoder: ModelSettings.Decoder, fusion: Sequential.Fusion) throws {
    for (filters, height, width, mode) in [
      (2, 16, 16, Pass.Mode.training), (3, 16, 16, .evaluation), (2, 8, 20, .training),
    ] {
      try drawing { seed in
        let small = try SmallGenerator(
          ModelSettings(decoder: decoder, baseFilters: filters), height: height, width: width,
          fusion: fusion, seed: seed)
        return try distance(
          small.generator.network, from: small.twin, small.input, small.gradient, mode: mode)
      }
    }
  }

  @Test("discriminator", arguments: [Sequential.Fusion.fused, .writtenOut])
  func discriminator(fusion: Sequential.Fusion) throws {
    for (filters, extent, batch, mode) in [
      (2, (32, 48, 32), 2, Pass.Mode.training), (2, (16, 16, 32), 3, .evaluation),
      (1, (48, 16, 32), 3, .training),
    ] {
      try drawing { seed in
        let small = try SmallDiscriminator(
          baseFilters: filters, extent: extent, batch: batch, fusion: fusion, seed: seed)
        return try distance(
          small.discriminator.network, from: small.twin, small.input, small.gradient, mode: mode)
      }
    }
  }

  /// How far a network's gradients are from its twin's: the farthest tensor, and its name.
  private typealias Distance = (tensor: String, gradient: Double)

  /// Draws weights and input until ReLU and pooling decide as in Double.
  private func drawing(_ run: (_ seed: UInt64) throws -> Distance) throws {
    var distances: [Distance] = []
    for seed in 1...3 as ClosedRange<UInt64> {
      distances.append(try run(seed))
      if let last = distances.last, last.gradient < gradientLimit { return }
    }
    Issue.record("three draws: \(distances)")
  }

  /// Outputs and running statistics do not jump at ties: they are compared here.
  private func distance(
    _ network: Network, from twin: NaiveChain<Double>, _ input: NaiveTensor<Double>,
    _ gradient: NaiveTensor<Double>, mode: Pass.Mode
  ) throws -> Distance {
    var twin = twin
    let pass = twin.forward(input, training: mode == .training)
    let expected = twin.backward(pass, gradient, fromLogits: true)
    let found = try network.run(input, gradient, mode: mode)
    #expect(relativeDistance(found.logits, pass.logits.values) < outputLimit)
    #expect(Set(found.weightGradients.keys) == Set(expected.parameters.keys))
    if mode == .training { twin.updateRunningStatistics(after: pass) }
    let state = network.state
    for (name, statistic) in twin.state where name.contains(".running_") {
      #expect(relativeDistance(try #require(state[name]), statistic.values) < 1e-5, "\(name)")
    }
    var farthest = (
      tensor: "input", gradient: relativeDistance(found.inputGradient, expected.input.values)
    )
    for (name, slopes) in expected.parameters {
      let distance = relativeDistance(try #require(found.weightGradients[name]), slopes.values)
      if distance > farthest.gradient { farthest = (name, distance) }
    }
    return farthest
  }

  @Test("fused and written out are the same function", arguments: ModelSettings.Decoder.allCases)
  func fusion(decoder: ModelSettings.Decoder) throws {
    let settings = ModelSettings(decoder: decoder, baseFilters: 2)
    for mode in [Pass.Mode.training, .evaluation] {
      try drawing { seed in
        let fused = try SmallGenerator(settings, batch: 3, fusion: .fused, seed: seed)
        let plain = try SmallGenerator(settings, batch: 3, fusion: .writtenOut, seed: seed)
        let one = try fused.generator.network.run(fused.input, fused.gradient, mode: mode)
        let other = try plain.generator.network.run(fused.input, fused.gradient, mode: mode)
        #expect(relativeDistance(one.logits, other.logits) < outputLimit)
        var farthest = (
          tensor: "input", gradient: relativeDistance(one.inputGradient, other.inputGradient)
        )
        for (name, gradient) in one.weightGradients {
          let distance = relativeDistance(gradient, try #require(other.weightGradients[name]))
          if distance > farthest.gradient { farthest = (name, distance) }
        }
        return farthest
      }
    }
  }

  @Test(
    "nothing of a pass is left for the next", arguments: [Sequential.Fusion.fused, .writtenOut])
  func repeatedPasses(fusion: Sequential.Fusion) throws {
    let small = try SmallGenerator(ModelSettings(baseFilters: 2), fusion: fusion)
    let network = small.generator.network
    let first = try network.run(small.input, small.gradient, mode: .training)
    let second = try network.run(small.input, small.gradient, mode: .training)
    #expect(first.logits == second.logits && first.inputGradient == second.inputGradient)
    #expect(first.weightGradients == second.weightGradients)
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
