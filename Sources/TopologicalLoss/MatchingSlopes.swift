internal import ComputeRuntime
internal import OptimalTransport

/// How fast a distance changes with the value of one voxel.
struct Slope: BitwiseCopyable {
  var voxel: Int32
  var value: Double
}

/// The derivatives of one W_p with respect to the voxels of one of its two volumes.
///
/// A point that is matched at distance d moves W_p by (d / W_p)^(p - 1) along the coordinate that is
/// farther from its partner's; on a tie each takes half. One that goes to the diagonal moves it
/// with both coordinates, by half each. Where W_p is 0 it has no derivative, and 0 is given.
///
/// Remembers its buffer from one distance to the next.
final class MatchingSlopes {
  private let storage: Scratch<Slope>
  private(set) var count = 0

  init(budget: MemoryBudget) { storage = Scratch(budget: budget) }

  var slopes: FencedPointer<Slope> { storage.cells.prefix(count) }

  /// - Parameters:
  ///   - partners: for each of `features` its partner in `others`, or -1.
  ///   - distance: W_p.
  func compute(
    _ features: FeatureList, to others: FeatureList, partners: FencedPointer<Int32>,
    distance: Double, order: Double
  ) throws(ComputeError) {
    count = 0
    guard distance > 0 else { return }
    try storage.reserve(2 * features.count)
    let (points, voxels, otherPoints) = (features.points, features.voxels, others.points)
    for index in 0..<points.count {
      let (point, voxel) = (points[index], voxels[index])
      guard partners[index] >= 0 else {
        guard point.death.isFinite else { continue }
        let half = (point.birth - point.death) / 2
        let slope = rate(half, distance, order) / 2
        add(voxel.creator, slope)
        add(voxel.destroyer, -slope)
        continue
      }
      let partner = otherPoints[Int(partners[index])]
      let birthMove = point.birth - partner.birth
      let deathMove = point.death.isFinite ? point.death - partner.death : 0
      if birthMove.magnitude > deathMove.magnitude {
        add(voxel.creator, rate(birthMove, distance, order))
      } else if birthMove.magnitude < deathMove.magnitude {
        add(voxel.destroyer, rate(deathMove, distance, order))
      } else if birthMove != 0 {
        add(voxel.creator, rate(birthMove, distance, order) / 2)
        add(voxel.destroyer, rate(deathMove, distance, order) / 2)
      }
    }
  }

  /// sign(move) (|move| / distance)^(p - 1)
  @inline(__always)
  private func rate(_ move: Double, _ distance: Double, _ order: Double) -> Double {
    let size = power(move.magnitude / distance, order - 1)
    return move < 0 ? -size : size
  }

  @inline(__always)
  private func add(_ voxel: Int32, _ value: Double) {
    storage.cells[count] = Slope(voxel: voxel, value: value)
    count &+= 1
  }
}
