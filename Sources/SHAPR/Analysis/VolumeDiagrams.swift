// Hands volumes to the topology wing by address.
public import ComputeRuntime
public import NeuralKernels
internal import OptimalTransport
public import PersistentHomology
internal import TopologicalLoss

/// Which persistence diagrams of an image or volume are wanted.
public struct DiagramOptions: Equatable, Sendable {
  public var filtration = Filtration.superlevel
  public var construction = Construction.topCells
  /// Lowest first, each once; nil for all that the image or volume has.
  public var dimensions: [Int]?
  /// Voxels per axis that a volume is resampled to, as the loss does it; nil, or more than the volume has:
  /// its own.
  public var resolution: Int?
  /// Features with a smaller |death - birth| are left out.
  public var minimumPersistence = 0.0
  /// Worker threads for one volume; the result is the same for any number.
  public var threads = 1

  public init() {}
}

/// The persistence diagrams of one image or volume.
public struct VolumeDiagrams: Sendable {
  /// Voxels along each axis of the grid whose voxels the features name: the volume's own, or the
  /// resampled one's. (z,) y, x.
  public let extents: [Int]
  /// The homology dimensions that were computed, lowest first.
  public let dimensions: [Int]
  /// By dimension, then from the most to the least persistent; what never ends comes first. Of equally
  /// persistent ones, the voxels decide, so that the order is always the same.
  public let features: [PersistencePair]

  /// - Parameters:
  ///   - values: row-major, finite.
  ///   - extents: two or three of them: (z,) y, x.
  public init(
    of values: Floats, extents: [Int], options: DiagramOptions, budget: MemoryBudget
  ) throws(EvaluationError) {
    precondition(extents.reduce(1, *) <= values.count, "a buffer smaller than its shape")
    dimensions = options.dimensions ?? Array(extents.indices)
    let grid: (values: Floats, extents: [Int], memory: Scratch<Float>?)
    do throws(LossError) {
      grid = try resampled(values, extents, options.resolution, budget)
    } catch { throw EvaluationError(error) }
    self.extents = grid.extents
    let persistence = PersistenceOptions(
      filtration: options.filtration, construction: options.construction,
      dimensions: dimensions.reduce(into: HomologyDimensions()) {
        $0.insert(HomologyDimensions(rawValue: 1 << UInt32($1)))
      }, threads: options.threads)
    let diagrams: [[Diagram]]
    do throws(PersistenceError) {
      diagrams = try persistenceDiagrams(
        of: strided(grid.values, grid.extents), options: persistence, interruption: Interruption())
    } catch { throw EvaluationError(error) }
    withExtendedLifetime(grid.memory) {}
    features = (diagrams.first ?? []).flatMap { diagram in
      diagram.filter { $0.persistence >= options.minimumPersistence }.sorted(by: isMoreNotable)
    }
  }

  /// The features of one dimension, in their order.
  public func features(of dimension: Int) -> [PersistencePair] {
    features.filter { $0.dimension == dimension }
  }

  /// The features of one dimension as points.
  func points(of dimension: Int) -> [DiagramPoint] {
    features(of: dimension).map { DiagramPoint(birth: $0.birth, death: $0.death) }
  }
}

extension PersistencePair {
  /// |death - birth|; infinite for what never ends.
  public var persistence: Double { (death - birth).magnitude }
}

private func isMoreNotable(_ one: PersistencePair, _ other: PersistencePair) -> Bool {
  if one.persistence != other.persistence { return one.persistence > other.persistence }
  return (one.creator, one.destroyer ?? -1) < (other.creator, other.destroyer ?? -1)
}

/// The volume itself where it is small enough, or its resampled copy with the memory that holds it.
private func resampled(
  _ values: Floats, _ extents: [Int], _ resolution: Int?, _ budget: MemoryBudget
) throws(LossError) -> (values: Floats, extents: [Int], memory: Scratch<Float>?) {
  guard let resolution, extents.contains(where: { $0 > resolution }) else {
    return (values, extents, nil)
  }
  let wanted = extents.map { min($0, resolution) }
  let volume: StridedVolumes
  do throws(PersistenceError) { volume = try strided(values, extents) } catch {
    throw .persistence(error)
  }
  let memory: Scratch<Float>
  do throws(ComputeError) {
    memory = try Scratch(count: wanted.reduce(1, *), budget: budget)
  } catch { throw LossError(error) }
  try resampleVolumes(
    volume, to: wanted,
    result: unsafe GradientBuffer(
      base: UnsafeMutableRawPointer(memory.cells.pointer), scalarType: .float32, isZero: false))
  return (memory.cells, wanted, memory)
}

private func strided(_ values: Floats, _ extents: [Int]) throws(PersistenceError) -> StridedVolumes {
  try unsafe StridedVolumes(
    base: UnsafeRawPointer(values.pointer), scalarType: .float32, extents: extents,
    rank: extents.count)
}
