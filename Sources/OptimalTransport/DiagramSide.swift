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
  /// Half of the largest persistence.
  private(set) var mostHalfPersistence = 0.0
  /// Indices of the classes that never end.
  private(set) var essential: [Int32] = []
  /// How many of them end at +infinity.
  private(set) var essentialAbove = 0

  static var mostPoints: Int { Int(Int32.max) }

  init(budget: MemoryBudget) {
    indices = Scratch(budget: budget)
    points = Scratch<DiagramPoint>(budget: budget).cells
  }

  var finite: FencedPointer<Int32> { indices.cells }

  func read(_ points: FencedPointer<DiagramPoint>) throws(TransportError) {
    guard points.count <= Self.mostPoints else { throw .tooManyPoints(limit: Self.mostPoints) }
    try translatingErrors { () throws(ComputeError) in try indices.reserve(points.count) }
    self.points = points
    if !essential.isEmpty { essential.removeAll(keepingCapacity: true) }
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
    essential.append(Int32(truncatingIfNeeded: index))
    if point.death > 0 { essentialAbove += 1 }
  }

  /// Pairs of essential classes of two diagrams, matched by birth: on a line that is optimal for
  /// every order.
  func essentialPairs(
    with other: DiagramSide, _ choice: EssentialClasses
  ) throws(TransportError) -> [(Int32, Int32)] {
    switch choice {
    case .ignored: return []
    case .extreme:
      guard essential.isEmpty, other.essential.isEmpty else { throw .essentialExtremeUnknown }
      return []
    case .matched: break
    }
    guard essentialAbove == other.essentialAbove, essential.count == other.essential.count else {
      throw .essentialCountsDiffer(first: essential.count, second: other.essential.count)
    }
    return Array(zip(sortedEssential(), other.sortedEssential()))
  }

  /// The essential classes, those that end at +infinity last, else by birth.
  private func sortedEssential() -> [Int32] {
    guard essential.count > 1 else { return essential }
    let points = points
    return essential.sorted {
      let (one, other) = (points[Int($0)], points[Int($1)])
      return (one.death, one.birth, $0) < (other.death, other.birth, $1)
    }
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

  /// Whether the points that end are the same, one by one, and stand at the same places.
  func isIdentical(to other: DiagramSide) -> Bool {
    guard count == other.count, points.count == other.points.count else { return false }
    let (mine, theirs) = (indices.cells, other.indices.cells)
    for place in 0..<count {
      guard mine[place] == theirs[place],
        points[Int(mine[place])] == other.points[Int(theirs[place])]
      else { return false }
    }
    return true
  }
}
