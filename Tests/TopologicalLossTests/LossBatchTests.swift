import ComputeRuntime
import OptimalTransport
import PersistentHomology
import TestOracles
import Testing
import TopologicalLoss

@Suite("Batches, threads and element types of the loss")
struct LossBatchTests {
  @Test("each volume of a batch has the loss and the gradient it has alone", arguments: [1, 2, 3, 4, 8])
  func sameAsAlone(threads: Int) throws {
    var generator = SeededGenerator(seed: 0xB5)
    let shape = [5, 6, 7]
    let volumes = (0..<2).map { _ in
      (0..<10).map { TestField.allCases[$0 % 8].values(shape: shape, using: &generator) }
    }
    for _ in 0..<6 {
      let question = LossQuestion(shape: shape, using: &generator)
      let alone = try zip(volumes[0], volumes[1]).map { try question.askEngine($0, $1) }
      var options = question.options
      options.threads = threads
      for batchShape in [[10], [2, 5], [1, 10, 1]] {
        let found = try topologicalLoss(
          prediction: volumes[0].flatMap { $0 }, target: volumes[1].flatMap { $0 },
          shape: batchShape + shape, rank: 3, options: options)
        #expect(found.values == alone.flatMap(\.values))
        #expect(found.terms.map { $0.map(\.wasserstein) } == alone.map { $0.terms[0].map(\.wasserstein) })
        #expect(found.gradient == alone.flatMap(\.gradient))
        #expect(found.targetGradient == alone.flatMap(\.targetGradient))
      }
    }
  }

  /// The engine gives a thread no fewer than 32,768 voxels, so that these volumes are shared.
  @Test("threads that share one volume give the bits of one thread")
  func sharedVolume() throws {
    var generator = SeededGenerator(seed: 0xBB)
    let shape = [44, 48, 50]
    let volumes = [TestField.noise, .smooth].map {
      $0.values(shape: shape, using: &generator).map { Float($0) }
    }
    var options = LossOptions()
    options.dimensions = .all
    for resolution in [[nil, nil, nil], [40, nil, 41]] as [[Int?]] {
      options.resolution = resolution
      options.threads = 1
      let expected = try topologicalLoss(
        prediction: volumes[0], target: volumes[1], shape: shape, rank: 3, options: options)
      for threads in [2, 3, 8] {
        options.threads = threads
        let found = try topologicalLoss(
          prediction: volumes[0], target: volumes[1], shape: shape, rank: 3, options: options)
        #expect(found.values == expected.values && found.gradient == expected.gradient)
        #expect(found.targetGradient == expected.targetGradient)
      }
    }
  }

  @Test("of larger volumes: the distance of their diagrams and the persistence of the first")
  func sameAsItsParts() throws {
    var generator = SeededGenerator(seed: 0xBC)
    for index in 0..<8 {
      var question = LossQuestion(shape: [18, 20, 22], using: &generator)
      question.loss.dimensions = [0, 1, 2]
      question.loss.resolution = [nil, nil, nil]
      question.loss.minimumPersistence = 0
      question.loss.essentialClasses = index % 2 == 0 ? .matched : .ignored
      let volumes = [TestField.noise, .smooth, .plateaus].shuffled(using: &generator).prefix(2)
        .map { $0.values(shape: question.shape, using: &generator) }
      let terms = try question.askEngine(volumes[0], volumes[1]).terms[0]
      var options = PersistenceOptions()
      options.filtration = question.options.filtration
      options.construction = question.options.construction
      let diagrams = try volumes.map {
        try persistenceDiagrams(of: $0, shape: question.shape, options: options).map(\.points)
      }
      let transport = TransportOptions(
        order: question.loss.order, essentialClasses: question.options.essentialClasses)
      for dimension in 0..<3 {
        let (first, second) = (diagrams[0][dimension], diagrams[1][dimension])
        #expect(
          try terms[dimension].wasserstein == wassersteinDistance(first, second, options: transport))
        let total = try totalPersistence(first, order: question.loss.order)
        #expect(abs(terms[dimension].totalPersistence - total) <= 1e-12 * total)
      }
    }
  }

  /// Values of 11 bits are the same number in every type, and so are the diagrams.
  @Test("Float16, Float and Double of the same numbers", arguments: [[31], [7, 6], [4, 5, 3]])
  func elementTypes(shape: [Int]) throws {
    var generator = SeededGenerator(seed: 0xB6)
    for _ in 0..<20 {
      var question = LossQuestion(shape: shape, using: &generator)
      question.loss.resolution = [nil, nil, nil]
      let volumes = (0..<2).map { _ in
        (0..<shape.reduce(1, *)).map { _ in Double(generator.next() % 2048) / 2048 }
      }
      let double = try question.askEngine(volumes[0], volumes[1])
      let single = try question.askEngine(volumes[0].map { Float($0) }, volumes[1].map { Float($0) })
      let half = try question.askEngine(volumes[0].map { Float16($0) }, volumes[1].map { Float16($0) })
      #expect(single.values == double.values && half.values == double.values)
      #expect(single.gradient == double.gradient.map { Float($0) })
      #expect(single.targetGradient == double.targetGradient.map { Float($0) })
      #expect(half.gradient == double.gradient.map { Float16($0) })
      #expect(half.targetGradient == double.targetGradient.map { Float16($0) })
    }
  }

  /// The resampled volumes have the type of the originals, as they have in PyTorch.
  @Test("Float16 and Float are resampled in their own type, then taken at their values")
  func resampledElementTypes() throws {
    var generator = SeededGenerator(seed: 0xB9)
    for _ in 0..<10 {
      var question = LossQuestion(shape: [7, 6, 5], using: &generator)
      question.loss.resolution = [3, 4, 5]
      var small = question
      small.shape = [3, 4, 5]
      let volumes = (0..<2).map { _ in TestField.noise.values(shape: question.shape, using: &generator) }
      func check<Element: VolumeElement & BinaryFloatingPoint & Sendable>(_ element: Element.Type) throws {
        let typed = volumes.map { $0.map { Element($0) } }
        let resampled = try typed.map {
          try resample($0, shape: [7, 6, 5], rank: 3, resolution: [3, 4, 5]).map { Double($0) }
        }
        let whole = try question.askEngine(typed[0], typed[1])
        #expect(whole.values == (try small.askEngine(resampled[0], resampled[1]).values))
      }
      try check(Float16.self)
      try check(Float.self)
      try check(Double.self)
    }
  }

  @Test("gradients at the resampled voxels, carried back, are the gradients")
  func gradientAtResolution() throws {
    var generator = SeededGenerator(seed: 0xBA)
    for _ in 0..<20 {
      var question = LossQuestion(shape: [6, 5, 7], using: &generator)
      question.loss.resolution = [4, nil, 3]
      let volumes = (0..<2).map { _ in TestField.noise.values(shape: [2, 6, 5, 7], using: &generator) }
      var options = question.options
      func ask() throws -> LossResult<Double> {
        try topologicalLoss(
          prediction: volumes[0], target: volumes[1], shape: [2, 6, 5, 7], rank: 3, options: options)
      }
      let whole = try ask()
      options.gradientAtResolution = true
      let small = try ask()
      #expect(small.values == whole.values && small.gradient.count == 2 * 4 * 5 * 3)
      for (gradient, expected) in [
        (small.gradient, whole.gradient), (small.targetGradient, whole.targetGradient),
      ] {
        let carriedBack = try resampleAdjoint(
          gradient, shape: [2, 4, 5, 3], rank: 3, extents: [6, 5, 7])
        // Rounding of sums of at most eight slopes.
        #expect(largestDifference(carriedBack, expected) <= 1e-13)
      }
    }
  }

  @Test("a point of exactly the minimum persistence stays")
  func pruningThreshold() throws {
    var question = LossQuestion(shape: [5])
    // Superlevel: (5, 0) and (3, 1) against (4, 0).
    let (prediction, target): ([Double], [Double]) = ([0, 5, 1, 3, 0.5], [0, 4, 1, 0.5, 0.25])
    question.loss.minimumPersistence = 2
    let kept = try question.askEngine(prediction, target)
    let root = Double(2).squareRoot()
    #expect(numbers(kept.terms[0][0]) == [root, 29, 0])
    question.loss.minimumPersistence = 2.0.nextUp
    let pruned = try question.askEngine(prediction, target)
    #expect(numbers(pruned.terms[0][0]) == [1, 25, 1])
    #expect(pruned.gradient == [-10, 11, 0, 0, 0] && pruned.targetGradient == [0, -1, 0, 0, 0])
  }

  @Test("a pruned distance is off by no more than it says")
  func pruningBound() throws {
    var generator = SeededGenerator(seed: 0xB7)
    var pruned = 0
    for index in 0..<200 {
      var question = LossQuestion(shape: [[60], [9, 9], [6, 6, 6]][index % 3], using: &generator)
      question.loss.resolution = [nil, nil, nil]
      question.loss.minimumPersistence = 0
      let volumes = (0..<2).map { _ in TestField.noise.values(shape: question.shape, using: &generator) }
      let whole = try question.askEngine(volumes[0], volumes[1])
      question.loss.minimumPersistence = [0.05, 0.3, 2][index / 3 % 3]
      let part = try question.askEngine(volumes[0], volumes[1])
      for (full, rest) in zip(whole.terms[0], part.terms[0]) {
        #expect(full.pruningBound == 0)
        #expect(abs(full.wasserstein - rest.wasserstein) <= rest.pruningBound * (1 + 1e-12) + 1e-15)
        #expect(rest.totalPersistence <= full.totalPersistence)
        if rest.pruningBound > 0 { pruned += 1 }
      }
    }
    #expect(pruned > 50, "hardly a case had anything to prune")
  }

  @Test("the defaults: H2, superlevel, top cells, 16 voxels along each axis, the sum")
  func defaults() throws {
    var generator = SeededGenerator(seed: 0xB8)
    let shape = [18, 20, 17]
    let volumes = (0..<2).map { _ in TestField.noise.values(shape: shape, using: &generator) }
    var question = LossQuestion(shape: shape)
    question.loss = NaiveLoss()
    question.loss.resolution = [16, 16, 16]
    let found = try topologicalLoss(prediction: volumes[0], target: volumes[1], shape: shape, rank: 3)
    let asked = try question.askEngine(volumes[0], volumes[1])
    #expect(found.values == asked.values && found.gradient == asked.gradient)
    #expect(found.values[0] > 0 && found.terms[0][0].wasserstein == 0)
    // Resampled first by hand, then asked at full resolution.
    let small = try volumes.map { try resample($0, shape: shape, rank: 3, resolution: [16, 16, 16]) }
    question.shape = [16, 16, 16]
    question.loss.resolution = [nil, nil, nil]
    let atResolution = try question.askEngine(small[0], small[1])
    #expect(abs(atResolution.values[0] - found.values[0]) <= 1e-12 * found.values[0])
    let carriedBack = try resampleAdjoint(
      atResolution.gradient, shape: [16, 16, 16], rank: 3, extents: shape)
    #expect(largestDifference(carriedBack, found.gradient) <= 1e-12)
  }
}

private func numbers(_ terms: DimensionTerms) -> [Double] {
  [terms.wasserstein, terms.totalPersistence, terms.pruningBound]
}
