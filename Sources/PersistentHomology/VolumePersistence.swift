internal import ComputeRuntime

/// The whole computation for one volume, step by step, on buffers that are used again and again.
///
/// The discrete Morse sandwich (Guillou, Vidal, Tierny, *Discrete Morse Sandwich*, 2023; Robins,
/// Wood, Sheppard, 2011) on cubical grids: the gradient, the lowest homology, the highest, and what
/// is left between them.
struct VolumePersistence<Key: RowComparable>: @unchecked Sendable {
  let plan: PersistencePlan
  let neighbourhoods: Neighbourhoods
  let grid: KeyGrid<Key>
  let workspace: PersistenceWorkspace<Key>
  let tables: StarTables
  let threads: Int
  let keepsZeroPersistence: Bool
  let interruption: Interruption

  /// Below this many voxels, starting a thread costs more than it saves.
  private static var leastVoxelsPerThread: Int { 1 << 15 }

  init(
    plan: PersistencePlan, neighbourhoods: Neighbourhoods, layout: PaddedLayout, keepsZeroPersistence: Bool,
    threads: Int,
    workspace: PersistenceWorkspace<Key>, interruption: Interruption
  ) throws(ComputeError) {
    self.plan = plan
    self.neighbourhoods = neighbourhoods
    self.workspace = workspace
    self.interruption = interruption
    self.keepsZeroPersistence = keepsZeroPersistence
    self.threads = max(1, min(threads, layout.cells / Self.leastVoxelsPerThread))
    tables = try StarTables.shared()
    try workspace.keys.replace(layout.cells)
    try workspace.stars.replace(layout.cells)
    grid = KeyGrid(layout: layout, keys: workspace.keys.cells.prefix(layout.cells))
  }

  private var cells: CriticalCells { workspace.cells[0] }
  private var stars: FencedPointer<StarCode> { workspace.stars.cells }

  /// Copies volume `index` into the grid.
  /// - Returns: the flat index of the first element that is not a value.
  func read<Scalar: ScalarKeys & SendableMetatype>(
    _ scalar: Scalar.Type, from volumes: StridedVolumes, index: Int
  ) throws(ComputeError) -> Int? where Scalar.Key == Key {
    let invalid = try Scratch<Int>(count: threads, budget: workspace.budget)
    let first = invalid.cells
    let source = UncheckedSendable(volumes)
    try runWorkers(threads, interruption: interruption) { (part) throws(ComputeError) in
      first[part] =
        try grid.copy(
          scalar, from: source.value, index: index, rows: share(part, of: grid.layout.rows),
          isReversed: plan.isReversed, interruption: interruption) ?? .max
    }
    let lowest = (0..<threads).reduce(Int.max) { min($0, first[$1]) }
    return lowest == .max ? nil : lowest
  }

  /// The diagrams of the wanted dimensions, from `workspace.pairs`.
  func diagrams<Scalar: ScalarKeys & SendableMetatype>(
    _ scalar: Scalar.Type, essentialDeath: Double
  ) throws(ComputeError) -> [Diagram] where Scalar.Key == Key {
    let reversal: Key = plan.isReversed ? -1 : 0
    var diagrams: [Diagram] = []
    for dimension in 0..<3 where plan.wanted.contains(dimension) {
      let pairs = workspace.pairs[dimension]
      let diagram = try Diagram(
        dimension: dimension, count: pairs.count,
        last: dimension == 0 ? lastVoxel { Scalar.value($0 ^ reversal) } : nil,
        budget: workspace.budget)
      let workers = min(threads, 1 + pairs.count / 4096)
      try runWorkers(workers, interruption: interruption) { (part) throws(ComputeError) in
        diagram.fill(
          pairs.count * part / workers..<pairs.count * (part + 1) / workers, from: pairs, grid: grid,
          essentialDeath: essentialDeath, value: { Scalar.value($0 ^ reversal) })
      }
      diagrams.append(diagram)
    }
    return diagrams
  }

  /// Where the filtration ends.
  ///
  /// The working complex of T runs through the volume backwards: the voxel that is last is its first.
  private func lastVoxel(value: (Key) -> Double) -> LastVoxel {
    let first = grid.keys[grid.layout.base]
    let extreme = (0..<grid.layout.rows).reduce(first) { extreme, row in
      let start = grid.layout.rowStart(row)
      var extreme = extreme
      for cell in start..<start + grid.layout.nx {
        extreme = plan.isDual ? min(extreme, grid.keys[cell]) : max(extreme, grid.keys[cell])
      }
      return extreme
    }
    func place(inRow row: Int) -> Int? {
      let start = grid.layout.rowStart(row)
      let cells = start..<start + grid.layout.nx
      return plan.isDual
        ? cells.first { grid.keys[$0] == extreme } : cells.last { grid.keys[$0] == extreme }
    }
    let rows = 0..<grid.layout.rows
    let cell =
      plan.isDual
      ? rows.lazy.compactMap(place).first : rows.reversed().lazy.compactMap(place).first
    return LastVoxel(value: value(extreme), voxel: grid.layout.flatIndex(cell ?? grid.layout.base))
  }

  /// Computes the pairs of the wanted dimensions into `workspace.pairs`.
  ///
  /// - Precondition: the keys of the volume are in the grid.
  /// - Returns: false when a loop has no end, which cannot be.
  func run() throws(ComputeError) -> Bool {
    for pairs in workspace.pairs { pairs.removeAll() }
    grid.fillBorder(with: plan.isDual ? Key.belowAll : Key.aboveAll)
    if plan.axes == 0 {
      var pairs = try collector(0, room: 1)
      pairs.addEssential(UInt32(truncatingIfNeeded: grid.layout.base))
      pairs.finish()
      return true
    }
    if plan.axes < 3 {
      // A line or an image: each end of the sandwich has a gradient of its own.
      var edgeCount = 0
      if plan.needsLowest {
        try computeEnds(.vertices, neighbourhoods.direct)
        edgeCount = cells.edgeCount
      }
      if plan.needsHighest { try computeEnds(.cubes, neighbourhoods.suspended, edgesBefore: edgeCount) }
      return true
    }
    var kinds: CriticalCellKinds = []
    if plan.needsLowest { kinds.insert(.vertices) }
    if plan.needsHighest { kinds.insert(.cubes) }
    if kinds.isEmpty { return true }
    let (loops, squares) = try computeEnds(kinds, neighbourhoods.direct)
    assert(!plan.needsLoops || loops == squares, "as many loops begin as end")
    return try plan.needsLoops ? computeLoops(squares) : true
  }

  // MARK: The two ends

  /// The gradient, and the lowest and the highest homology as far as their cells are in `kinds`.
  ///
  /// - Parameter edgesBefore: for the second of two gradients, the number of critical edges of the
  ///   first; their list is still there.
  /// - Returns: how many critical edges begin a loop, and how many critical squares end one.
  @discardableResult
  private func computeEnds(
    _ kinds: CriticalCellKinds, _ neighbourhood: Neighbourhood, edgesBefore: Int = 0
  ) throws(ComputeError) -> (loops: Int, squares: Int) {
    try scan(kinds, neighbourhood)
    if plan.needsSlots && kinds == .cubes {
      cells.dropSquares(
        unlessLoopsBeginAt: cells.edges.cells, count: edgesBefore, slots: workspace.loops.slots.cells)
    }
    let lowest = LowestHomology(
      grid: grid, steps: neighbourhood.steps, stars: stars, cells: cells)
    let highest = HighestHomology(
      grid: grid, farSides: neighbourhood.farSides, stars: stars, cells: cells, tables: tables)
    let hasVertices = kinds.contains(.vertices)
    let hasCubes = kinds.contains(.cubes)
    if hasVertices { try workspace.lowest.ends.replace(cells.edgeCount) }
    if hasCubes { try workspace.highest.ends.replace(cells.squareCount) }
    try runWorkers(threads, interruption: interruption) { (index) throws(ComputeError) in
      let memo = { PathMemo(cells: grid.layout.cells, budget: workspace.budget, interruption: interruption) }
      if hasVertices {
        try lowest.walk(
          share(index, of: cells.edgeCount), into: workspace.lowest.ends.cells, memo: memo(),
          interruption: interruption)
      }
      if hasCubes {
        try highest.walk(
          share(index, of: cells.squareCount), into: workspace.highest.ends.cells, memo: memo(),
          interruption: interruption)
      }
    }
    if plan.needsSlots && hasVertices {
      try workspace.loops.slots.replace(cells.edgeCount)
      try workspace.loops.voxels.replace(cells.edgeCount)
    }
    if plan.needsLoops { try workspace.loops.remaining.replace(cells.squareCount) }
    let counts = try Scratch<Int>(count: 2, zeroed: true, budget: workspace.budget)
    let left = counts.cells
    let both = hasVertices && hasCubes
    try runWorkers(threads > 1 && both ? 2 : 1, interruption: interruption) {
      (index) throws(ComputeError) in
      if hasVertices && index == 0 { left[0] = try join(lowest) }
      if hasCubes && (index == 1 || threads == 1 || !both) { left[1] = try join(highest) }
    }
    return (left[0], left[1])
  }

  /// Which part of `0 ..< count` a thread takes.
  private func share(_ index: Int, of count: Int) -> Range<Int> {
    count * index / threads..<count * (index + 1) / threads
  }

  /// The star codes, also of the border, and the critical cells.
  private func scan(
    _ kinds: CriticalCellKinds, _ neighbourhood: Neighbourhood
  ) throws(ComputeError) {
    let gradient = DiscreteGradient(
      grid: grid, neighbourhood: neighbourhood, stars: stars, tables: tables)
    for words in workspace.words[..<threads] {
      try words.replace(DiscreteGradient<Key>.wordCount(grid.layout))
    }
    try runWorkers(threads, interruption: interruption) { (index) throws(ComputeError) in
      try gradient.scan(
        rows: share(index, of: grid.layout.rows), wanted: kinds, into: workspace.cells[index],
        words: workspace.words[index].cells, interruption: interruption)
    }
    for next in workspace.cells[1..<threads] {
      gradient.renumber(
        next, minimaBefore: cells.minimumCount, maximaBefore: cells.maximumCount)
      try cells.append(next)
    }
    // Numbers of maxima would run into each other: see StarCode.
    guard cells.maximumCount < Int(StarCode.maximumNumberMask) else {
      throw .memoryRefused(bytes: UInt64(grid.layout.cells) * 64)
    }
    fillStarBorder()
  }

  /// A low border is one minimum more, a high one is one maximum more.
  private func fillStarBorder() {
    let code: StarCode =
      plan.isDual ? .minimum(cells.minimumCount) : .maximum(cells.maximumCount, root: 0)
    let stars = stars
    grid.layout.forEachBorderRange { stars.fill($0, with: code) }
  }

  private func join(_ lowest: LowestHomology<Key>) throws(ComputeError) -> Int {
    let buffers = workspace.lowest
    try buffers.components.replace(cells.minimumCount + 1)
    let sorted = try buffers.sort.sort(
      count: cells.edgeCount, keys: grid.keys, cells: cells.edges.cells, shift: 3,
      interruption: interruption)
    var pairs = try collector(plan.lowestDimension, room: cells.minimumCount + 1)
    let (loops, eldest) = try lowest.join(
      sorted: sorted, ends: buffers.ends.cells, storage: buffers.components.cells,
      slots: plan.needsSlots ? workspace.loops.slots.cells : nil,
      loopVoxels: plan.needsSlots ? workspace.loops.voxels.cells : nil, interruption: interruption
    ) { pairs.add($0, $1, $2, $3) }
    if !plan.isDual { pairs.addEssential(eldest) }
    pairs.finish()
    return loops
  }

  private func join(_ highest: HighestHomology<Key>) throws(ComputeError) -> Int {
    let buffers = workspace.highest
    try buffers.components.replace(cells.maximumCount + 1)
    let sorted = try buffers.sort.sort(
      count: cells.squareCount, keys: grid.keys, cells: cells.squares.cells, shift: 4,
      interruption: interruption)
    var pairs = try collector(plan.highestDimension, room: cells.maximumCount + 1)
    let (squares, eldest) = try highest.join(
      sorted: sorted, ends: buffers.ends.cells, storage: buffers.components.cells,
      remaining: plan.needsLoops ? workspace.loops.remaining.cells : nil, interruption: interruption
    ) { pairs.add($0, $1, $2, $3) }
    if plan.isDual { pairs.addEssential(eldest) }
    pairs.finish()
    return squares
  }

  private func collector(_ dimension: Int, room: Int) throws(ComputeError) -> PairCollector<Key> {
    try PairCollector(
      pairs: workspace.pairs[dimension], isWanted: plan.wanted.contains(dimension), room: room,
      isDual: plan.isDual, keepsZeroPersistence: keepsZeroPersistence)
  }

  // MARK: H1 in 3D

  private func computeLoops(_ count: Int) throws(ComputeError) -> Bool {
    let buffers = workspace.loops
    try buffers.blocks.replace(grid.layout.cells / 16 + 1)
    let slots = LoopSlots(
      edges: cells.edges.cells, edgeCount: cells.edgeCount, slots: buffers.slots.cells,
      storage: buffers.blocks.cells, cells: grid.layout.cells)
    let columns = try LoopColumns(
      expansion: ChainExpansion(
        grid: grid, steps: neighbourhoods.direct.steps, stars: stars, tables: tables,
        slots: slots),
      cells: cells, remaining: count, buffers: buffers)
    guard try columns.reduce(threads: threads, budget: workspace.budget, interruption: interruption)
    else { return false }
    var pairs = try collector(1, room: count)
    for slot in 0..<count {
      if slot + 16 < count {
        workspace.loops.remaining.cells.prefetch(count - 1 - columns.records.owner(ofSlot: slot + 16))
      }
      let square = columns.square(ofColumn: columns.records.owner(ofSlot: slot))
      let (creator, destroyer) = (buffers.voxels.cells[slot], UInt32(truncatingIfNeeded: square >> 4))
      pairs.add(creator, grid.keys[Int(creator)], destroyer, grid.keys[Int(destroyer)])
    }
    pairs.finish()
    return true
  }
}

/// Takes the pairs of the working complex and keeps those that are asked for.
///
/// Remembers how many it has kept; ``finish()`` tells the list.
private struct PairCollector<Key: GridKey> {
  private let pairs: CellPairs
  private let room: FencedPointer<UInt64>
  private let isWanted: Bool
  private let isDual: Bool
  private let keepsZeroPersistence: Bool
  private var count = 0

  /// - Parameter room: the most pairs that can come.
  init(
    pairs: CellPairs, isWanted: Bool, room: Int, isDual: Bool, keepsZeroPersistence: Bool
  ) throws(ComputeError) {
    self.pairs = pairs
    self.isWanted = isWanted
    self.isDual = isDual
    self.keepsZeroPersistence = keepsZeroPersistence
    self.room = try pairs.reserve(isWanted ? room : 0)
  }

  @inline(__always)
  mutating func add(_ creator: UInt32, _ creatorKey: Key, _ destroyer: UInt32, _ destroyerKey: Key) {
    guard isWanted && (creatorKey != destroyerKey || keepsZeroPersistence) else { return }
    room[count] = CellPairs.pack(isDual ? destroyer : creator, isDual ? creator : destroyer)
    count &+= 1
  }

  mutating func addEssential(_ creator: UInt32) {
    guard isWanted else { return }
    room[count] = CellPairs.pack(creator, CellPairs.none)
    count &+= 1
  }

  func finish() { pairs.extend(by: count) }
}
