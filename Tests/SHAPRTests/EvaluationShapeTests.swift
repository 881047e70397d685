import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import SHAPR

@Suite("Evaluation: shapes")
struct EvaluationShapeTests {
  private var shapesOnly: Evaluation {
    var evaluation = Evaluation()
    evaluation.topology = nil
    return evaluation
  }

  /// Compares with what was recorded of one cell. Thresholds have equal bits and voxels are whole numbers;
  /// errors are quotients of those: 1e-12.
  private func check(
    _ prediction: [Float], _ truth: [Float], _ shape: [Int], _ record: FixtureJSON, _ name: String,
    _ tally: inout Tally
  ) throws {
    let highest = prediction.max() ?? 0
    let volumes = [highest > 0 ? prediction.map { $0 / highest } : prediction, truth]
    let thresholds = try #require(record["thresholds"]?.numbers)
    for ((volume, key), expected) in zip(zip(volumes, ["prediction", "truth"]), thresholds) {
      let values = evaluationBuffer(volume)
      let threshold = OtsuThreshold.threshold(of: values.cells)
      tally.check(
        Double(threshold) == expected, "\(name), \(key): threshold \(threshold), not \(expected)")
      let object = try BinaryObject(
        values.cells, above: threshold, extent: Extent(shape[0], shape[1], shape[2]),
        budget: MemoryBudget())
      let found = try ShapeMeasures(object, budget: MemoryBudget())
      let numbers = [found.volume, found.surface, found.roughness, found.smoothedSurface]
      tally.check(numbers.map { Double($0) } == record[key]?.numbers, "\(name), \(key): \(numbers)")
      withExtendedLifetime(values) {}
    }
    var (half, bytes) = (shapesOnly, shapesOnly)
    half.binarisation.threshold = .fixed(0.5)
    bytes.binarisation.quantisesPredictions = true
    for (evaluation, key) in [(shapesOnly, "errors"), (half, "errors_at_half"), (bytes, "quantised")] {
      guard let expected = record[key]?.elements else { continue }
      let found = try evaluated(prediction, truth, shape, evaluation)
      for (measure, value) in zip(ErrorMeasure.ofShape, expected) {
        let error = found[measure] ?? .infinity
        // null stands for what has no value.
        if let value = value.number {
          tally.check(error: abs(error - value), atMost: 1e-12, "\(name), \(key), \(measure)")
        } else {
          tally.check(error.isNaN, "\(name), \(key), \(measure): \(error), not NaN")
        }
      }
    }
  }

  @Test("what scikit-image and SciPy say of random blobs") func blobs() throws {
    let record = EvaluationFixtures.record("shapes")
    var tally = Tally("evaluation-blobs", seed: 0)
    for one in try #require(record["cases"]?.elements) {
      let seed = UInt64(try #require(one["seed"]?.number))
      let shape = try #require(one["shape"]?.numbers).map { Int($0) }
      var generator = SeededGenerator(seed: seed)
      let noise = generator.unit() * 0.4
      let prediction = EvaluationFixtures.blobs(&generator, shape, noise: noise)
      let truth = EvaluationFixtures.quantised(
        EvaluationFixtures.blobs(&generator, shape, noise: noise / 2))
      try check(prediction, truth, shape, one, "seed \(seed)", &tally)
    }
    tally.report()
    #expect(tally.run == 60 * (4 + 18) && tally.passed == tally.run, "\(tally.firstFailure ?? "")")
  }

  @Test(
    "what scikit-image and SciPy say of real cells",
    .enabled(if: EvaluationFixtures.cellsAreThere, Comment(rawValue: EvaluationFixtures.cellsNote)))
  func cells() throws {
    let record = try #require(EvaluationFixtures.record("cells")["cells"]?.members)
    let names = record.keys.sorted()
    let volumes = try names.map { try #require(EvaluationFixtures.cell($0)) }
    var tally = Tally("evaluation-cells", seed: 0)
    for (index, name) in names.enumerated() {
      let prediction = zip(volumes[index], volumes[(index + 1) % names.count]).map {
        $0 * 0.5 + $1 * 0.375
      }
      try check(
        prediction, volumes[index], [64, 64, 64], try #require(record[name]), name, &tally)
    }
    tally.report()
    #expect(tally.run == 108 * (4 + 12) && tally.passed == tally.run, "\(tally.firstFailure ?? "")")
  }

  @Test("smoothed values are SciPy's") func smoothing() throws {
    let expected = try #require(EvaluationFixtures.record("shapes")["smoothed"]?.numbers)
    var generator = SeededGenerator(seed: 1000)
    let values = EvaluationFixtures.blobs(&generator, [7, 12, 20], noise: 0.2)
    let object = try binaryObject(values.map { $0 > 0.5 ? 1 : 0 }, [7, 12, 20])
    let found = try GaussianSmoothing.smoothedValues(object, budget: MemoryBudget())
    // Sums of 17 terms below 1 along three axes, in another order: a few times 2^-53.
    #expect(expected.enumerated().allSatisfy { abs(found.cells[$0] - $1) < 1e-14 })
    #expect(expected.count == object.extent.count)
  }

  @Test("the surface is what its definition says") func surface() throws {
    var generator = SeededGenerator(seed: 7)
    for trial in 0..<200 {
      let shape = (0..<3).map { _ in 1 + Int(generator.next() % 6) }
      let share = [0.5, 0.9, 0.98][trial % 3]
      let voxels = (0..<shape.reduce(1, *)).map { _ -> UInt8 in generator.unit() < share ? 1 : 0 }
      var expected = 0
      for (index, voxel) in voxels.enumerated() where voxel == 1 {
        let (z, y, x) = (index / (shape[1] * shape[2]), index / shape[2] % shape[1], index % shape[2])
        let touches = voxels.enumerated().contains { other, voxel in
          let (v, u, t) = (other / (shape[1] * shape[2]), other / shape[2] % shape[1], other % shape[2])
          return voxel == 0 && abs(v - z) <= 1 && abs(u - y) <= 1 && abs(t - x) <= 1
        }
        expected += touches ? 1 : 0
      }
      let object = try binaryObject(voxels, shape)
      #expect(try object.surfaceCount(budget: MemoryBudget()) == expected, "\(shape)")
    }
  }

  @Test("a perfect prediction has no error, an empty truth has none to compare with") func extremes() throws {
    var generator = SeededGenerator(seed: 3)
    let truth = EvaluationFixtures.blobs(&generator, [12, 12, 12], noise: 0.1)
    for (measure, value) in try evaluated(truth, truth, [12, 12, 12], shapesOnly) {
      #expect(value == (measure == .dice ? 1 : 0), "\(measure)")
    }
    let nothing = [Float](repeating: 0, count: truth.count)
    let missed = try evaluated(nothing, truth, [12, 12, 12], shapesOnly)
    for measure in [ErrorMeasure.iou, .volume, .surface, .roughness, .roughnessOfPaper] {
      #expect(missed[measure] == 1, "\(measure)")
    }
    let invented = try evaluated(truth, nothing, [12, 12, 12], shapesOnly)
    #expect(invented[.iou] == 1 && invented[.dice] == 0)
    for measure in [ErrorMeasure.volume, .surface, .roughness, .roughnessOfPaper] {
      #expect(invented[measure]?.isNaN == true, "\(measure)")
    }
    #expect(try evaluated(nothing, nothing, [12, 12, 12], shapesOnly).values.allSatisfy(\.isNaN))
  }

  @Test(
    "an image of one value has that value as threshold: nothing is above", arguments: [0, 0.3, 1] as [Float])
  func constant(value: Float) {
    let image = evaluationBuffer([Float](repeating: value, count: 10))
    #expect(OtsuThreshold.threshold(of: image.cells) == value)
  }

  @Test("numbers one step apart end no search for their bin") func neighbours() {
    for low in [0, Float.leastNonzeroMagnitude, 0.1, 1] as [Float] {
      let image = evaluationBuffer([low, low.nextUp, low, low.nextUp.nextUp])
      let threshold = OtsuThreshold.threshold(of: image.cells)
      #expect(threshold >= low && threshold <= low.nextUp.nextUp)
    }
  }

  @Test("values outside [0, 1] are refused by name", arguments: [.nan, .infinity, -0.001, 1.001] as [Float])
  func values(value: Float) {
    var volume = [Float](repeating: 0.5, count: 27)
    volume[13] = value
    let good = [Float](repeating: 0.5, count: 27)
    #expect {
      try evaluated(volume, good, [3, 3, 3], shapesOnly)
    } throws: { error in
      let error = error as? EvaluationError
      return error?.row == .value && error?.reason.contains("flat index 13 of the prediction") == true
    }
    #expect {
      try evaluated(good, volume, [3, 3, 3], shapesOnly)
    } throws: {
      ($0 as? EvaluationError)?.reason.contains("flat index 13 of the truth") == true
    }
  }

  @Test("sizes that are none, and memory that is refused") func limits() {
    for shape in [[0, 3, 3], [3, -1, 3], [1 << 20, 1 << 20, 1 << 30], [1 << 11, 1 << 10, 1 << 10]] {
      #expect {
        try evaluated([], [], shape, shapesOnly)
      } throws: {
        ($0 as? EvaluationError)?.row == .shape
      }
    }
    let volume = (0..<1000).map { Float($0 % 7) / 7 }
    // Every step needs memory of its own; none may end the process.
    for limit in stride(from: 0 as UInt64, to: 40_000, by: 500) {
      do {
        _ = try evaluated(volume, volume, [10, 10, 10], Evaluation(), budget: MemoryBudget(limit: limit))
      } catch let error {
        guard case .memory = error.row else {
          Issue.record("\(error)")
          continue
        }
      }
    }
    #expect {
      try evaluated(volume, volume, [10, 10, 10], shapesOnly, budget: MemoryBudget(limit: 10_000))
    } throws: {
      if case .memory = ($0 as? EvaluationError)?.row { true } else { false }
    }
  }
}
