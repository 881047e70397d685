internal import ComputeRuntime

/// Where long paths of the gradient have led, so that they are not walked again and again.
///
/// Most paths have a few steps, and end before they come here. On a snake or a checkerboard they have
/// as many as the volume has voxels, and thousands of cells start one: without a memo such a volume
/// would take the square of its size. Every 32nd voxel or so remembers where the path from it ends;
/// which ones is a matter of their index, so that paths that have met agree on it.
///
/// Remembers, for one thread: the ends, once there are any, and what the current path has passed.
final class PathMemo {
  /// A path that is longer than this is worth remembering. Those of smooth volumes are not: a memo has
  /// eight bytes for every voxel.
  static let shortPath = 1024

  /// `(end + 1) << 3 | tag`, or 0.
  private let ends: Scratch<UInt64>
  /// `voxel << 3 | tag`
  private let passed: Scratch<UInt64>
  private let cells: Int
  private let interruption: Interruption
  private var passedCount = 0
  private var steps = 0

  init(cells: Int, budget: MemoryBudget, interruption: Interruption) {
    self.cells = cells
    self.interruption = interruption
    ends = Scratch(budget: budget)
    passed = Scratch(budget: budget)
  }

  /// The end of the path from `voxel`, if it is known; otherwise the voxel may be noted as passed.
  ///
  /// - Parameter tag: below 8; paths through one voxel with different tags may end differently.
  func end(from voxel: Int, tag: Int = 0) throws(ComputeError) -> Int? {
    steps &+= 1
    if steps & 4095 == 0 { try interruption.check() }
    // A multiplicative hash: rows, planes and diagonals are all met by one voxel in 32.
    guard UInt32(truncatingIfNeeded: voxel) &* 0x9E37_79B1 < 1 << 27 else { return nil }
    if ends.capacity == 0 { try ends.replace(cells, zeroed: true) }
    let known = ends.cells[voxel]
    if known != 0 && known & 7 == UInt64(tag) { return Int(known >> 3) &- 1 }
    if passedCount == passed.capacity { try passed.reserve(max(1024, 2 * passedCount)) }
    passed.cells[passedCount] = UInt64(voxel) << 3 | UInt64(tag)
    passedCount &+= 1
    return nil
  }

  /// Notes for all that the current path has passed that it ends at `end`.
  func settle(_ end: Int) {
    for index in 0..<passedCount {
      let note = passed.cells[index]
      ends.cells[Int(note >> 3)] = (UInt64(end) &+ 1) << 3 | note & 7
    }
    passedCount = 0
  }
}
