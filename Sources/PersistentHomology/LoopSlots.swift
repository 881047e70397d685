internal import ComputeRuntime

/// From a critical edge, by its voxel and number, to its number among the edges that begin a loop.
struct LoopSlots: Sendable {
  /// In the place of a slot: the edge ends a component.
  static let none = UInt32.max

  private let edges: FencedPointer<UInt64>
  private let slots: FencedPointer<UInt32>
  private let firstOfBlock: FencedPointer<UInt32>

  /// - Parameters:
  ///   - edges: `voxel << 3 | edge`, ascending.
  ///   - slots: one per edge.
  ///   - storage: room for one number per 16 cells of the grid, and one more.
  init(
    edges: FencedPointer<UInt64>, edgeCount: Int, slots: FencedPointer<UInt32>,
    storage: FencedPointer<UInt32>, cells: Int
  ) {
    self.edges = edges
    self.slots = slots
    firstOfBlock = storage
    var next = 0
    for block in 0...cells >> 4 {
      while next < edgeCount && Int(truncatingIfNeeded: edges[next] >> 7) < block { next &+= 1 }
      storage[block] = UInt32(truncatingIfNeeded: next)
    }
  }

  /// The slot of a critical edge, or ``none``.
  @inline(__always)
  func slot(_ voxel: Int, _ edge: Int) -> UInt32 {
    let cell = UInt64(truncatingIfNeeded: voxel &<< 3 | edge)
    var index = Int(firstOfBlock[voxel &>> 4])
    while edges[index] != cell { index &+= 1 }
    return slots[index]
  }
}
