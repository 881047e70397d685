// Hands volumes to the topology wing by address.
internal import ComputeRuntime
internal import NeuralKernels
internal import PersistentHomology
internal import TopologicalLoss

/// How far the topology of a predicted cell is from the true one, by homology dimension: components, loops,
/// cavities.
public struct TopologyErrors: Equatable, Sendable {
  /// |predicted - true| Betti numbers of the binary objects.
  public let betti: [Int]
  /// W_p between the persistence diagrams of the grey volumes.
  public let wasserstein: [Double]

  /// - Parameter options: filtration, construction, resolution, essential classes and order of the
  ///   diagrams and their distance, as in the loss; all dimensions are measured.
  init(
    prediction: Floats, truth: Floats, objects: (prediction: BinaryObject, truth: BinaryObject),
    extent: Extent, options: LossOptions
  ) throws(EvaluationError) {
    do throws(PersistenceError) {
      let found = try bettiNumbers(of: objects.prediction, options)
      let expected = try bettiNumbers(of: objects.truth, options)
      betti = zip(found, expected).map { abs($0 - $1) }
    } catch {
      throw EvaluationError(error)
    }
    do throws(LossError) {
      wasserstein = try distances(prediction, truth, extent, options)
    } catch {
      throw EvaluationError(error)
    }
  }
}

/// The Betti numbers of an object in dimensions 0, 1, 2: its voxels are 26-connected in the construction of
/// top cells, 6-connected in the other.
func bettiNumbers(
  of object: BinaryObject, _ options: LossOptions
) throws(PersistenceError) -> [Int] {
  // The object is there from value 1 on; the rest of the volume comes at value 0 and ends what it can.
  let persistence = PersistenceOptions(
    filtration: .superlevel, construction: options.construction, threads: options.threads,
    maximumMemory: options.maximumMemory, cancellation: options.cancellation)
  let volume = try unsafe StridedVolumes(
    base: UnsafeRawPointer(object.voxels.pointer), scalarType: .uint8,
    extents: object.extent.lengths, rank: 3)
  let diagrams = try persistenceDiagrams(
    of: volume, options: persistence, interruption: Interruption(token: options.cancellation))
  withExtendedLifetime(object) {}
  var numbers = [0, 0, 0]
  for diagram in diagrams.first ?? [] {
    numbers[diagram.dimension] = diagram.count { $0.birth == 1 }
  }
  return numbers
}

private func distances(
  _ prediction: Floats, _ truth: Floats, _ extent: Extent, _ options: LossOptions
) throws(LossError) -> [Double] {
  var options = options
  options.dimensions = .all
  // H0, H1, H2: W_p, total persistence and what pruning may have changed.
  let terms: Scratch<Double>
  do throws(ComputeError) {
    terms = try Scratch(count: 9, budget: MemoryBudget(limit: options.maximumMemory))
  } catch {
    throw LossError(error)
  }
  var outputs = LossOutputs()
  outputs.terms = terms.cells
  try computeLoss(
    prediction: volume(prediction, extent), target: .volumes(volume(truth, extent)),
    options: options, outputs: outputs, interruption: Interruption(token: options.cancellation))
  return [terms.cells[0], terms.cells[3], terms.cells[6]]
}

private func volume(_ values: Floats, _ extent: Extent) throws(LossError) -> StridedVolumes {
  do throws(PersistenceError) {
    return try unsafe StridedVolumes(
      base: UnsafeRawPointer(values.pointer), scalarType: .float32, extents: extent.lengths, rank: 3)
  } catch {
    throw .persistence(error)
  }
}

extension Extent {
  fileprivate var lengths: [Int] { [depth, height, width] }
}
