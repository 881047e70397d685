public import ComputeRuntime
public import NeuralKernels

/// How far the shape of a predicted cell is from the true one.
///
/// Every error is relative to the truth: |predicted - true| / |true|. Where the truth has none of what is
/// measured, there is no error: NaN, to be excluded and counted.
/// (Waibel et al. 2022, section 4; docs/decisions/0014-evaluation.md.)
public struct ShapeErrors: Equatable, Sendable {
  /// 1 - |P and T| / |P or T|; NaN when both are empty.
  public let iou: Double
  public let volume: Double
  /// Of the numbers of object voxels with background among their 26 neighbours; the border of the volume
  /// is no background.
  public let surface: Double
  /// Of the numbers of voxels that change when the object is smoothed (Gaussian, deviation 2, above 1/2).
  public let roughness: Double
  /// Of the differences between the surface of the object and that of the smoothed object.
  public let roughnessOfPaper: Double
  /// 2 |P and T| / (|P| + |T|), no error but a score; NaN when both are empty.
  public let dice: Double

  init(
    prediction: BinaryObject, truth: BinaryObject, budget: MemoryBudget
  ) throws(ComputeError) {
    let found = try ShapeMeasures(prediction, budget: budget)
    let expected = try ShapeMeasures(truth, budget: budget)
    let overlap = prediction.overlap(with: truth)
    // 0 / 0 is NaN, as it should be.
    iou = 1 - Double(overlap) / Double(found.volume + expected.volume - overlap)
    dice = 2 * Double(overlap) / Double(found.volume + expected.volume)
    volume = relativeError(found.volume, expected.volume)
    surface = relativeError(found.surface, expected.surface)
    roughness = relativeError(found.roughness, expected.roughness)
    roughnessOfPaper = relativeError(found.roughnessOfPaper, expected.roughnessOfPaper)
  }
}

private func relativeError(_ found: Int, _ truth: Int) -> Double {
  truth == 0 ? .nan : Double(abs(found - truth)) / Double(abs(truth))
}

/// How grey volumes become objects.
public struct Binarisation: Equatable, Sendable {
  public enum Threshold: Equatable, Sendable {
    /// Otsu's, of the prediction divided by its maximum and of the truth.
    case otsu
    /// The same for both, such as 0.5, without division.
    case fixed(Float)
  }

  public var threshold = Threshold.otsu
  /// Whether predictions are rounded down to multiples of 1/255 first, as if they had been stored in bytes.
  public var quantisesPredictions = false

  public init() {}

  /// - Throws: when a value is NaN or outside [0, 1].
  func object(
    _ values: Floats, isPrediction: Bool, extent: Extent, budget: MemoryBudget
  ) throws(EvaluationError) -> BinaryObject {
    for index in 0..<extent.count where !(values[index] >= 0 && values[index] <= 1) {
      throw EvaluationError(
        .value,
        "value at flat index \(index) of the \(isPrediction ? "prediction" : "truth") is \(values[index]), "
          + "not in [0, 1]")
    }
    do throws(ComputeError) {
      guard isPrediction, quantisesPredictions || threshold == .otsu else {
        return try cut(values.prefix(extent.count), extent, budget)
      }
      let prepared = try Scratch<Float>(count: extent.count, budget: budget)
      prepare(values, to: prepared.cells)
      defer { withExtendedLifetime(prepared) {} }
      return try cut(prepared.cells, extent, budget)
    } catch {
      throw EvaluationError(error)
    }
  }

  /// Makes a prediction 0 and 1, in its own memory.
  ///
  /// Otsu's threshold of the divided prediction is that of the prediction itself, divided.
  public func apply(to prediction: Floats) {
    let cut: Float =
      switch threshold {
      case .otsu: OtsuThreshold.threshold(of: prediction)
      case .fixed(let value): value
      }
    for index in 0..<prediction.count { prediction[index] = prediction[index] > cut ? 1 : 0 }
  }

  private func cut(
    _ values: Floats, _ extent: Extent, _ budget: MemoryBudget
  ) throws(ComputeError) -> BinaryObject {
    let cut: Float =
      switch threshold {
      case .otsu: OtsuThreshold.threshold(of: values)
      case .fixed(let value): value
      }
    return try BinaryObject(values, above: cut, extent: extent, budget: budget)
  }

  private func prepare(_ values: Floats, to target: Floats) {
    for index in 0..<target.count {
      let value = values[index]
      target[index] = quantisesPredictions ? (value * 255).rounded(.down) / 255 : value
    }
    guard threshold == .otsu else { return }
    let highest = OtsuThreshold.range(of: target).highest
    guard highest > 0 else { return }
    for index in 0..<target.count { target[index] /= highest }
  }
}
