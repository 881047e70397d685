internal import ComputeRuntime

/// One of two diagrams to be matched: which of its points end, and which never do.
///
/// Remembers the last diagram it has read.
final class DiagramSide {
  /// The caller's points.
  private(set) var points: FencedPointer<DiagramPoint>
  /// Indices of the points that end, points on the diagonal left out.
  private let indices: Scratch<Int32>
  private(set) var count = 0
  /// The same indices sorted by value, after ``hasEqualPoints(_:)``.
  let order: Scratch<Int32>
  /// Half of the largest persistence.
  private(set) var mostHalfPersistence = 0.0
  /// Indices of the classes that never end.
  private let essentialIndices: Scratch<Int32>
  private(set) var essentialCount = 0
  /// How many of them end at +infinity.
  private(set) var essentialAbove = 0

  static var mostPoints: Int { Int(Int32.max) }

  init(budget: MemoryBudget) {
    indices = Scratch(budget: budget)
    essentialIndices = Scratch(budget: budget)
    order = Scratch(budget: budget)
    points = Scratch<DiagramPoint>(budget: budget).cells
  }

  var essential: FencedPointer<Int32> { essentialIndices.cells.prefix(essentialCount) }

  func read(_ points: FencedPointer<DiagramPoint>) throws(TransportError) {
    guard points.count <= Self.mostPoints else { throw .tooManyPoints(limit: Self.mostPoints) }
    try translatingErrors { () throws(ComputeError) in try indices.reserve(points.count) }
    self.points = points
    essentialCount = 0
    essentialAbove = 0
    let finite = indices.cells
    // Counted in locals: each access to a property of a class is checked.
    var (found, most) = (0, 0.0)
    for index in 0..<points.count {
      let point = points[index]
      guard point.birth.isFinite, point.death.isFinite else {
        try readEssential(point, index)
        continue
      }
      finite[found] = Int32(truncatingIfNeeded: index)
      found &+= point.birth == point.death ? 0 : 1
      most = larger(most, (point.death / 2 - point.birth / 2).magnitude)
    }
    count = found
    mostHalfPersistence = most
  }

  private func readEssential(_ point: DiagramPoint, _ index: Int) throws(TransportError) {
    if point.birth.isNaN { throw .notANumber(index: 2 * index) }
    if point.death.isNaN { throw .notANumber(index: 2 * index + 1) }
    if point.birth.isInfinite { throw .infiniteBirth(index: 2 * index) }
    try translatingErrors { () throws(ComputeError) in
      try essentialIndices.reserve(essentialCount + 1)
    }
    essentialIndices.cells[essentialCount] = Int32(truncatingIfNeeded: index)
    essentialCount += 1
    if point.death > 0 { essentialAbove += 1 }
  }

  /// Brings the essential classes of two diagrams into the order in which they are matched: by birth,
  /// which on a line is optimal for every power of the distance.
  ///
  /// - Returns: how many pairs there are.
  func pairEssential(
    with other: DiagramSide, _ choice: EssentialClasses
  ) throws(TransportError) -> Int {
    switch choice {
    case .ignored: return 0
    case .extreme:
      guard essentialCount == 0, other.essentialCount == 0 else { throw .essentialExtremeUnknown }
      return 0
    case .matched: break
    }
    guard essentialAbove == other.essentialAbove, essentialCount == other.essentialCount else {
      throw .essentialCountsDiffer(first: essentialCount, second: other.essentialCount)
    }
    // The death tells in which direction a class never ends.
    for side in [self, other] {
      let points = side.points
      sortIndices(side.essential) { (points[$0].death, points[$0].birth) }
    }
    return essentialCount
  }

  /// How far the essential classes of a pair are apart.
  func essentialMove(_ place: Int, _ other: DiagramSide) -> Double {
    (points[Int(essential[place])].birth - other.points[Int(other.essential[place])].birth).magnitude
  }

  /// The i-th point that ends, its coordinates multiplied by `scale`.
  func reader(scale: Double) -> (Int) -> IndexedPoint {
    let (points, indices) = (points, indices.cells)
    return { place in
      let index = indices[place]
      let point = points[Int(index)]
      return IndexedPoint(x: point.birth * scale, y: point.death * scale, index: index)
    }
  }

  /// |death - birth| of the i-th point that ends.
  func persistence(_ place: Int) -> Double {
    let point = points[Int(indices.cells[place])]
    return (point.death - point.birth).magnitude
  }

  /// Half of that, which cannot overflow.
  func halfPersistence(_ place: Int) -> Double {
    let point = points[Int(indices.cells[place])]
    return (point.death / 2 - point.birth / 2).magnitude
  }

  /// Whether the two diagrams have the same points that end, in any order; if so, the two sides'
  /// ``order`` pairs them.
  ///
  /// Then the distance is exactly 0, where a root of rounding errors would not be.
  func hasEqualPoints(_ other: DiagramSide) throws(ComputeError) -> Bool {
    guard count == other.count, fingerprint() == other.fingerprint() else { return false }
    for side in [self, other] {
      try side.order.reserve(count)
      side.order.cells.copy(side.indices.cells, count: count, to: 0)
      let points = side.points
      sortIndices(side.order.cells.prefix(count)) { (points[$0].birth, points[$0].death) }
    }
    let (mine, theirs) = (order.cells, other.order.cells)
    return (0..<count).allSatisfy { points[Int(mine[$0])] == other.points[Int(theirs[$0])] }
  }

  /// The same number for the same points in any order.
  private func fingerprint() -> UInt64 {
    let (points, indices) = (points, indices.cells)
    var sum: UInt64 = 0
    for place in 0..<count {
      let point = points[Int(indices[place])]
      // Adding 0 makes -0 and 0 the same.
      let (birth, death) = ((point.birth + 0).bitPattern, (point.death + 0).bitPattern)
      let mixed = (birth &* 0x9e37_79b9_7f4a_7c15) ^ (death &* 0xc2b2_ae3d_27d4_eb4f)
      sum &+= mixed ^ (mixed &>> 29)
    }
    return sum
  }
}
