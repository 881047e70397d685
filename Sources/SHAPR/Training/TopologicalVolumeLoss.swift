public import ComputeRuntime
public import NeuralKernels
public import NeuralNetwork
internal import PersistentHomology
public import TopologicalLoss

/// The topological loss of a batch, as the trainer adds it: its mean over the volumes times a weight, with the
/// gradient with respect to the predicted probabilities.
///
/// Remembers a buffer for the volumes' values, and why the last call had none.
public final class TopologicalVolumeLoss {
  public let options: LossOptions
  public let weight: Double
  private let values: Scratch<Double>
  /// Why the last call had no value, if it had none: a prediction that is not finite.
  public private(set) var failure: LossError?

  /// - Parameter largestBatch: volumes in a batch, at most.
  public init(
    _ options: LossOptions, weight: Double, largestBatch: Int, budget: MemoryBudget
  ) throws(NetworkError) {
    (self.options, self.weight) = (options, weight)
    do { values = try Scratch(count: max(1, largestBatch), budget: budget) } catch {
      throw NetworkError(error)
    }
  }

  /// The weighted loss; `gradient`, of the same shape as the probabilities, is overwritten.
  ///
  /// - Parameter interruption: asked meanwhile whether to stop.
  /// - Returns: NaN when ``failure`` says why there is no value.
  public func callAsFunction(
    probabilities: Floats, target: Floats, shape: TensorShape, gradient: Floats?,
    interruption: Interruption? = nil
  ) throws(NetworkError) -> Double {
    failure = nil
    var options = options
    options.gradientScale = weight / Double(shape.batch)
    do throws(LossError) {
      try topologicalLoss(
        prediction: probabilities, target: target, volumes: shape.batch,
        extents: [shape.depth, shape.height, shape.width], values: values.cells,
        gradient: gradient, options: options, interruption: interruption)
    } catch .persistence(.memoryRefused(bytes: let bytes)) {
      throw .memoryRefused(bytes: bytes)
    } catch {
      failure = error
      return .nan
    }
    var sum = 0.0
    for index in 0..<shape.batch { sum += values.cells[index] }
    return weight * sum / Double(shape.batch)
  }
}
