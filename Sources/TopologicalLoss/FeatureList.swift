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
  private var totals = Totals()

  /// What is added up from point to point.
  private struct Totals {
    var count = 0
    var prunedCost = 0.0
    var totalPersistence = 0.0
  }

  init(budget: MemoryBudget) {
    pointStorage = Scratch(budget: budget)
    voxelStorage = Scratch(budget: budget)
  }

  var count: Int { totals.count }
  /// The sum of (persistence / 2)^p of the points that were left out for theirs.
  var prunedCost: Double { totals.prunedCost }
  /// The sum of persistence^p of the points that end.
  var totalPersistence: Double { totals.totalPersistence }
  var points: FencedPointer<DiagramPoint> { pointStorage.cells.prefix(count) }
  var voxels: FencedPointer<FeatureVoxels> { voxelStorage.cells.prefix(count) }

  /// Takes in a computed diagram.
  func read(_ diagram: Diagram, _ options: LossOptions) throws(ComputeError) {
    try reserve(diagram.count)
    // A variable of its own: each access to one of an object is checked, which is much for a point.
    var totals = Totals()
    let (points, voxels) = (diagram.pointCells, diagram.voxelCells)
    for pair in 0..<diagram.count {
      let creator = Int32(truncatingIfNeeded: voxels[2 * pair])
      var destroyer = Int32(truncatingIfNeeded: voxels[2 * pair + 1])
      var point = DiagramPoint(birth: points[2 * pair], death: points[2 * pair + 1])
      if destroyer < 0, options.essentialClasses == .extreme, let last = diagram.last {
        point.death = last.value
        destroyer = Int32(truncatingIfNeeded: last.voxel)
      }
      add(point, FeatureVoxels(creator: creator, destroyer: destroyer), options, &totals)
    }
    self.totals = totals
  }

  /// Takes in a caller's diagram, without voxels.
  ///
  /// - Parameter last: where essential classes end, if they do.
  func read(
    _ points: FencedPointer<DiagramPoint>, last: Double?, _ options: LossOptions
  ) throws(LossError) {
    try translatingErrors { () throws(ComputeError) in try reserve(points.count) }
    var totals = Totals()
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
      add(point, FeatureVoxels(creator: -1, destroyer: -1), options, &totals)
    }
    self.totals = totals
  }

  private func reserve(_ room: Int) throws(ComputeError) {
    totals = Totals()
    try pointStorage.reserve(room)
    try voxelStorage.reserve(room)
  }

  @inline(__always)
  private func add(
    _ point: DiagramPoint, _ voxels: FeatureVoxels, _ options: LossOptions, _ totals: inout Totals
  ) {
    if point.death.isInfinite {
      guard options.essentialClasses == .matched else { return }
    } else {
      let persistence = (point.death - point.birth).magnitude
      if persistence == 0 { return }
      if persistence < options.minimumPersistence {
        totals.prunedCost += power(persistence / 2, options.order)
        return
      }
      totals.totalPersistence += power(persistence, options.order)
    }
    pointStorage.cells[totals.count] = point
    voxelStorage.cells[totals.count] = voxels
    totals.count += 1
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
