internal import ComputeRuntime

/// The buffers of one worker, used again for every volume it computes.
final class PersistenceWorkspace<Key: RowComparable>: Sendable {
  let budget: MemoryBudget
  let keys: Scratch<Key>
  let stars: Scratch<StarCode>
  /// One list per thread; the first holds all of them in the end.
  let cells: [CriticalCells]
  let words: [Scratch<UInt32>]
  let lowest: UnionBuffers<Key>
  let highest: UnionBuffers<Key>
  let loops: LoopBuffers
  /// By homology dimension.
  let pairs: [CellPairs]

  init(threads: Int, budget: MemoryBudget) {
    self.budget = budget
    keys = Scratch(budget: budget)
    stars = Scratch(budget: budget)
    cells = (0..<threads).map { _ in CriticalCells(budget: budget) }
    words = (0..<threads).map { _ in Scratch(budget: budget) }
    lowest = UnionBuffers(budget: budget)
    highest = UnionBuffers(budget: budget)
    loops = LoopBuffers(budget: budget)
    pairs = (0..<3).map { _ in CellPairs(budget: budget) }
  }
}

/// What joining components needs, once for the lowest and once for the highest homology.
struct UnionBuffers<Key: RowComparable>: Sendable {
  let ends: Scratch<UInt64>
  let components: Scratch<ComponentForest<Key>.Node>
  let sort: RadixSort<Key>

  init(budget: MemoryBudget) {
    ends = Scratch(budget: budget)
    components = Scratch(budget: budget)
    sort = RadixSort(budget: budget)
  }
}

/// What H1 in 3D needs.
struct LoopBuffers: Sendable {
  /// For each critical edge its number among those that begin a loop.
  let slots: Scratch<UInt32>
  /// For each of these numbers the voxel of the edge.
  let voxels: Scratch<UInt32>
  let blocks: Scratch<UInt32>
  /// The squares that begin no cavity.
  let remaining: Scratch<UInt32>
  /// For each critical square its column.
  let columnOfSquare: Scratch<UInt32>
  let columns: Scratch<KeptColumn>
  /// Memory of the ``LoopRecord``s.
  let records: Scratch<UInt64>

  init(budget: MemoryBudget) {
    slots = Scratch(budget: budget)
    voxels = Scratch(budget: budget)
    blocks = Scratch(budget: budget)
    remaining = Scratch(budget: budget)
    columnOfSquare = Scratch(budget: budget)
    columns = Scratch(budget: budget)
    records = Scratch(budget: budget)
  }
}
