// Fenced pointers throughout: this pass touches every voxel, and an array's checks would double it.
internal import CProcessor
internal import ComputeRuntime

/// The discrete gradient of a grid: a star code for every voxel, and the critical cells.
struct DiscreteGradient<Key: RowComparable>: Sendable {
  let grid: KeyGrid<Key>
  let neighbourhood: Neighbourhood
  let stars: FencedPointer<StarCode>
  let tables: StarTables

  /// Writes the star codes of `rows` and lists their critical cells.
  ///
  /// - Parameters:
  ///   - wanted: cells of other kinds are not listed.
  ///   - words: scratch of ``wordCount(_:)``.
  func scan(
    rows: Range<Int>, wanted: CriticalCellKinds, into cells: CriticalCells,
    words: FencedPointer<UInt32>, interruption: Interruption
  ) throws(ComputeError) {
    let level = cprocessor_level()
    let layout = grid.layout
    let (nx, stride) = (layout.nx, layout.nx + 1)
    let always = neighbourhood.alwaysLower
    var stencil = wanted.contains(.cubes) ? neighbourhood.stencil : neighbourhood.stencilWithoutCubes
    let rowsAtOnce = Self.rowsAtOnce(layout)
    var isRough = false  // the last row had many critical cells
    cells.removeAll()
    var row = rows.lowerBound
    while row < rows.upperBound {
      // Several rows of one plane at once, with the borders between them.
      let count = min(rowsAtOnce, rows.upperBound - row, layout.ny - row % layout.ny)
      let start = layout.rowStart(row)
      try cells.reserve(count * nx, wanted)
      unsafe withUnsafePointer(to: &stencil) { stencil in
        unsafe Key.lowerMasks(
          level, stencil, grid.keys.pointer + start, (count - 1) * stride + nx, words.pointer)
      }
      for line in 0..<count {
        let found = scanRow(
          start &+ line &* stride, nx, always, wanted: wanted, words: words.suffix(from: line &* stride),
          into: cells, isRough: isRough)
        isRough = found &* 8 > nx
      }
      row += count
      try interruption.check()
    }
  }

  private static func rowsAtOnce(_ layout: PaddedLayout) -> Int { max(1, 1024 / (layout.nx + 1)) }

  /// How many words a scan needs.
  static func wordCount(_ layout: PaddedLayout) -> Int {
    rowsAtOnce(layout) * (layout.nx + 1) + PaddedLayout.slack
  }

  /// What the mask of one voxel says.
  private struct Reading {
    let code: StarCode
    let isMinimum: Bool
    let isMaximum: Bool
    let criticalEdges: UInt32
    let criticalSquares: UInt32
  }

  @inline(__always)
  private func read(_ word: UInt32) -> Reading {
    let present = Int(word & 63)
    let squaresPresent = Int(word >> 6) & Int(tables.squaresOfEdges[present])
    let cubes = Int(word >> 18 & 255) & Int(tables.cubesOfSquares[squaresPresent])
    let free = squaresPresent & ~Int(tables.squaresOfCollapse[cubes])
    let forest = Int(
      tables.lowHalf[present &<< 6 | free & 63] &+ tables.highHalf[present &<< 6 | free >> 6])
    let root = word >> 26
    let summary = tables.summaries[forest &* 6 &+ Int(root)]
    return Reading(
      code: .other(
        root: root, cubes: UInt32(truncatingIfNeeded: cubes), forest: UInt32(truncatingIfNeeded: forest)),
      isMinimum: present == 0, isMaximum: cubes == 255,
      criticalEdges: summary &>> 12 & ~(1 &<< root),
      criticalSquares: summary & 4095)
  }

  /// - Parameter isRough: whether many critical cells are to be expected. Their lists are then written
  ///   without branches, which the processor could not foresee: one entry too many each time, which
  ///   the next one overwrites.
  /// - Returns: the number of critical cells in the row.
  @inline(__always)
  private func scanRow(
    _ start: Int, _ nx: Int, _ always: UInt32, wanted: CriticalCellKinds,
    words: FencedPointer<UInt32>, into cells: CriticalCells, isRough: Bool
  ) -> Int {
    let (minima, maxima) = (cells.minima.cells, cells.maxima.cells)
    let (edges, squares) = (cells.edges.cells, cells.squares.cells)
    var (a, b, c, d) = (cells.minimumCount, cells.maximumCount, cells.edgeCount, cells.squareCount)
    let before = a &+ b &+ c &+ d
    let (wantsVertices, wantsCubes) = (wanted.contains(.vertices), wanted.contains(.cubes))
    // Without cubes in the mask, squares are left over that mean nothing.
    let (edgesWanted, squaresWanted): (UInt32, UInt32) = (wantsVertices ? .max : 0, wantsCubes ? .max : 0)
    var (lastWord, lastCode) = (UInt32.max, StarCode(bits: 0))
    for x in 0..<nx {
      let word = words[x] | always
      let voxel = start &+ x
      if !isRough && word == lastWord {  // on smooth data most voxels look like the one before
        stars[voxel] = lastCode
        continue
      }
      let reading = read(word)
      var code = reading.code
      let critical = reading.criticalEdges & edgesWanted | reading.criticalSquares & squaresWanted
      if !isRough && !reading.isMinimum && !reading.isMaximum && critical == 0 {
        stars[voxel] = code
        (lastWord, lastCode) = (word, code)
        continue
      }
      if wantsVertices {
        minima[a] = UInt32(truncatingIfNeeded: voxel)
        code = reading.isMinimum ? .minimum(a) : code
        a &+= reading.isMinimum ? 1 : 0
        // A minimum has no edges, although the tables know no root to leave out.
        var critical = reading.isMinimum ? 0 : reading.criticalEdges
        let cell = UInt64(truncatingIfNeeded: voxel) &<< 3
        for _ in 0..<2 {
          edges[c] = cell | UInt64(truncatingIfNeeded: (critical | 128).trailingZeroBitCount)
          c &+= critical == 0 ? 0 : 1
          critical &= critical &- (critical == 0 ? 0 : 1)
        }
        while critical != 0 {
          edges[c] = cell | UInt64(truncatingIfNeeded: critical.trailingZeroBitCount)
          c &+= 1
          critical &= critical &- 1
        }
      }
      if wantsCubes {
        maxima[b] = UInt32(truncatingIfNeeded: voxel)
        code = reading.isMaximum ? .maximum(b, root: word >> 26) : code
        b &+= reading.isMaximum ? 1 : 0
        var critical = reading.criticalSquares
        let cell = UInt64(truncatingIfNeeded: voxel) &<< 4
        for _ in 0..<2 {
          squares[d] = cell | UInt64(truncatingIfNeeded: (critical | 1 << 15).trailingZeroBitCount)
          d &+= critical == 0 ? 0 : 1
          critical &= critical &- (critical == 0 ? 0 : 1)
        }
        while critical != 0 {
          squares[d] = cell | UInt64(truncatingIfNeeded: critical.trailingZeroBitCount)
          d &+= 1
          critical &= critical &- 1
        }
      }
      stars[voxel] = code
    }
    (cells.minimumCount, cells.maximumCount, cells.edgeCount, cells.squareCount) = (a, b, c, d)
    return a &+ b &+ c &+ d &- before
  }

  /// Moves the numbers in the star codes of `cells` on, for those that come before.
  func renumber(_ cells: CriticalCells, minimaBefore: Int, maximaBefore: Int) {
    for index in 0..<cells.minimumCount {
      stars[Int(cells.minima.cells[index])].bits &+= UInt32(truncatingIfNeeded: minimaBefore)
    }
    for index in 0..<cells.maximumCount {
      stars[Int(cells.maxima.cells[index])].bits &+= UInt32(truncatingIfNeeded: maximaBefore)
    }
  }
}
