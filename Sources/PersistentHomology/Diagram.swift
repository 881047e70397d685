package import ComputeRuntime

/// One feature: where and at which value it begins and ends.
public struct PersistencePair: Equatable, Hashable, Sendable {
  public let dimension: Int
  public let birth: Double
  /// Infinite for an essential class: -inf in a superlevel, +inf in a sublevel filtration.
  public let death: Double
  /// The voxel that creates the feature: its row-major index within the volume.
  public let creator: Int
  /// The voxel that destroys it; `nil` for an essential class.
  public let destroyer: Int?

  public var isEssential: Bool { destroyer == nil }

  public init(dimension: Int, birth: Double, death: Double, creator: Int, destroyer: Int?) {
    self.dimension = dimension
    self.birth = birth
    self.death = death
    self.creator = creator
    self.destroyer = destroyer
  }
}

/// The voxel that enters last, and its value: the extreme one of the volume.
public struct LastVoxel: Equatable, Sendable {
  public let value: Double
  /// The row-major index within the volume; of equal ones, the voxel that enters last.
  public let voxel: Int
}

/// The persistence diagram of one volume in one homology dimension.
///
/// The order of the pairs is always the same for the same volume and options, whatever the
/// number of threads; the essential class of H0 comes last.
public struct Diagram: RandomAccessCollection, Sendable {
  public let dimension: Int
  public let count: Int
  /// Where the filtration of the volume ends; known in dimension 0, where a class needs it.
  public let last: LastVoxel?
  private let points: Scratch<Double>
  private let voxels: Scratch<Int64>

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  public subscript(index: Int) -> PersistencePair {
    precondition(index >= 0 && index < count, "a diagram's indices are 0 ..< count")
    let (points, voxels) = (points.cells, voxels.cells)
    let destroyer = voxels[2 * index + 1]
    return PersistencePair(
      dimension: dimension, birth: points[2 * index], death: points[2 * index + 1],
      creator: Int(voxels[2 * index]), destroyer: destroyer < 0 ? nil : Int(destroyer))
  }

  /// Copies birth and death of every pair to `target[2 i]` and `target[2 i + 1]`.
  /// - Precondition: `target` holds `2 * count` values.
  @unsafe
  public func copyPoints(to target: UnsafeMutablePointer<Double>) {
    unsafe target.update(from: points.cells.pointer, count: 2 * count)
  }

  /// Copies creator and destroyer, -1 for none, of every pair.
  /// - Precondition: `target` holds `2 * count` values.
  @unsafe
  public func copyVoxels(to target: UnsafeMutablePointer<Int64>) {
    unsafe target.update(from: voxels.cells.pointer, count: 2 * count)
  }

  /// Birth and death of pair i at 2 i and 2 i + 1; valid as long as this diagram.
  package var pointCells: FencedPointer<Double> { points.cells }
  /// Creator and destroyer, -1 for none, of pair i at 2 i and 2 i + 1.
  package var voxelCells: FencedPointer<Int64> { voxels.cells }

  /// A diagram whose pairs are to be filled in.
  init(
    dimension: Int, count: Int, last: LastVoxel?, budget: MemoryBudget
  ) throws(ComputeError) {
    self.dimension = dimension
    self.count = count
    self.last = last
    points = try Scratch(count: 2 * count, budget: budget)
    voxels = try Scratch(count: 2 * count, budget: budget)
  }

  /// Fills pairs in.
  ///
  /// - Parameters:
  ///   - pairs: padded indices of the two voxels, ``CellPairs/none`` for no destroyer.
  ///   - value: the value of a key.
  func fill<Key: GridKey>(
    _ range: Range<Int>, from pairs: CellPairs, grid: KeyGrid<Key>, essentialDeath: Double,
    value: (Key) -> Double
  ) {
    let (points, voxels) = (points.cells, voxels.cells)
    for index in range {
      if index + 16 < range.upperBound {
        let soon = pairs[index + 16]
        grid.keys.prefetch(Int(soon.creator))
        if soon.destroyer != CellPairs.none { grid.keys.prefetch(Int(soon.destroyer)) }
      }
      let (creator, destroyer) = pairs[index]
      points[2 * index] = value(grid.keys[Int(creator)])
      voxels[2 * index] = Int64(grid.layout.flatIndex(Int(creator)))
      if destroyer == CellPairs.none {
        points[2 * index + 1] = essentialDeath
        voxels[2 * index + 1] = -1
      } else {
        points[2 * index + 1] = value(grid.keys[Int(destroyer)])
        voxels[2 * index + 1] = Int64(grid.layout.flatIndex(Int(destroyer)))
      }
    }
  }
}

/// A growing list of (creator, destroyer) voxels, as padded indices; one thread appends to it.
final class CellPairs: @unchecked Sendable {
  /// In the place of a destroyer: there is none.
  static let none = UInt32.max
  private let storage: Scratch<UInt64>
  private(set) var count = 0

  init(budget: MemoryBudget) { storage = Scratch(budget: budget) }

  subscript(index: Int) -> (creator: UInt32, destroyer: UInt32) {
    let packed = storage.cells[index]
    return (UInt32(truncatingIfNeeded: packed >> 32), UInt32(truncatingIfNeeded: packed))
  }

  /// Room for `more` pairs behind those that are there.
  func reserve(_ more: Int) throws(ComputeError) -> FencedPointer<UInt64> {
    try storage.reserve(count + more)
    return storage.cells.suffix(from: count)
  }

  /// Counts pairs that were written where ``reserve(_:)`` made room.
  func extend(by more: Int) { count += more }

  @inline(__always)
  static func pack(_ creator: UInt32, _ destroyer: UInt32) -> UInt64 {
    UInt64(creator) << 32 | UInt64(destroyer)
  }

  func removeAll() { count = 0 }
}
