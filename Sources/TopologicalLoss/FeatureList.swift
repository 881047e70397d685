internal import ComputeRuntime
internal import OptimalTransport
internal import PersistentHomology
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One diagram as the loss sees it: points that count, and the voxels whose values they are.
///
/// Remembers its buffers from one diagram to the next.
final class FeatureList {
  private let pointStorage: Scratch<DiagramPoint>
  private let voxelStorage: Scratch<FeatureVoxels>
  private(set) var count = 0
  /// The sum of (persistence / 2)^p of the points that were left out for theirs.
  private(set) var prunedCost = 0.0
  /// The sum of persistence^p of the points that end.
  private(set) var totalPersistence = 0.0

  init(budget: MemoryBudget) {
    pointStorage = Scratch(budget: budget)
    voxelStorage = Scratch(budget: budget)
  }

  var points: FencedPointer<DiagramPoint> { pointStorage.cells.prefix(count) }
  var voxels: FencedPointer<FeatureVoxels> { voxelStorage.cells.prefix(count) }

  /// Takes in a computed diagram.
  func read(_ diagram: Diagram, _ options: LossOptions) throws(ComputeError) {
    try start(diagram.count)
    let (points, voxels) = (diagram.pointCells, diagram.voxelCells)
    for pair in 0..<diagram.count {
      let creator = Int32(truncatingIfNeeded: voxels[2 * pair])
      var destroyer = Int32(truncatingIfNeeded: voxels[2 * pair + 1])
      var point = DiagramPoint(birth: points[2 * pair], death: points[2 * pair + 1])
      if destroyer < 0, options.essentialClasses == .extreme, let last = diagram.last {
        point.death = last.value
        destroyer = Int32(truncatingIfNeeded: last.voxel)
      }
      add(point, FeatureVoxels(creator: creator, destroyer: destroyer), options)
    }
  }

  /// Takes in a caller's diagram, without voxels.
  ///
  /// - Parameter last: where essential classes end, if they do.
  func read(
    _ points: FencedPointer<DiagramPoint>, last: Double?, _ options: LossOptions
  ) throws(LossError) {
    try translatingErrors { () throws(ComputeError) in try start(points.count) }
    for index in 0..<points.count {
      var point = points[index]
      if point.birth.isNaN || point.death.isNaN {
        throw .transport(.notANumber(index: 2 * index + (point.birth.isNaN ? 0 : 1)))
      }
      if point.birth.isInfinite { throw .transport(.infiniteBirth(index: 2 * index)) }
      if point.death.isInfinite, options.essentialClasses == .extreme {
        guard let last, !last.isNaN else { throw .lastValuesMissing }
        point.death = last
      }
      add(point, FeatureVoxels(creator: -1, destroyer: -1), options)
    }
  }

  private func start(_ room: Int) throws(ComputeError) {
    try pointStorage.reserve(room)
    try voxelStorage.reserve(room)
    count = 0
    prunedCost = 0
    totalPersistence = 0
  }

  private func add(_ point: DiagramPoint, _ voxels: FeatureVoxels, _ options: LossOptions) {
    if point.death.isInfinite {
      guard options.essentialClasses == .matched else { return }
    } else {
      let persistence = (point.death - point.birth).magnitude
      if persistence == 0 { return }
      if persistence < options.minimumPersistence {
        prunedCost += power(persistence / 2, options.order)
        return
      }
      totalPersistence += power(persistence, options.order)
    }
    pointStorage.cells[count] = point
    voxelStorage.cells[count] = voxels
    count += 1
  }
}

/// The voxels whose values are birth and death of a feature; -1 where there is none.
struct FeatureVoxels: BitwiseCopyable {
  var creator: Int32
  var destroyer: Int32
}

/// `base`^`exponent`, with one result for the usual exponents on every machine.
@inline(__always)
func power(_ base: Double, _ exponent: Double) -> Double {
  switch exponent {
  case 0: 1
  case 0.5: base.squareRoot()
  case 1: base
  case 2: base * base
  default: pow(base, exponent)
  }
}
