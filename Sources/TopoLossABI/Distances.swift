internal import ComputeRuntime
public import CTopoLoss
internal import OptimalTransport

@c @implementation
public func topoloss_wasserstein(
  _ first: UnsafePointer<UnsafePointer<Double>?>?, _ first_counts: UnsafePointer<Int64>?,
  _ second: UnsafePointer<UnsafePointer<Double>?>?, _ second_counts: UnsafePointer<Int64>?,
  _ pairs: Int64, _ options: UnsafePointer<topoloss_distance_options>?,
  _ distances: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let parsed = try unsafe ParsedDistanceOptions(options)
    let batch = try unsafe DiagramPairs(first, first_counts, second, second_counts, pairs, distances)
    try batch.measure(parsed) { budget throws(TransportError) in
      try DiagramMatcher(
        options: parsed.options, budget: budget, interruption: parsed.means.interruption)
    } distance: { matcher, first, second throws(TransportError) in
      try matcher.match(first, second)
    }
  }
}

@c @implementation
public func topoloss_bottleneck(
  _ first: UnsafePointer<UnsafePointer<Double>?>?, _ first_counts: UnsafePointer<Int64>?,
  _ second: UnsafePointer<UnsafePointer<Double>?>?, _ second_counts: UnsafePointer<Int64>?,
  _ pairs: Int64, _ options: UnsafePointer<topoloss_distance_options>?,
  _ distances: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let parsed = try unsafe ParsedDistanceOptions(options)
    let batch = try unsafe DiagramPairs(first, first_counts, second, second_counts, pairs, distances)
    try batch.measure(parsed) { budget throws(TransportError) in
      BottleneckMatcher(
        options: parsed.options, budget: budget, interruption: parsed.means.interruption)
    } distance: { matcher, first, second throws(TransportError) in
      try matcher.distance(first, second)
    }
  }
}

@c @implementation
public func topoloss_sliced_wasserstein(
  _ first: UnsafePointer<UnsafePointer<Double>?>?, _ first_counts: UnsafePointer<Int64>?,
  _ second: UnsafePointer<UnsafePointer<Double>?>?, _ second_counts: UnsafePointer<Int64>?,
  _ pairs: Int64, _ directions: Int32, _ options: UnsafePointer<topoloss_distance_options>?,
  _ distances: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let parsed = try unsafe ParsedDistanceOptions(options)
    let batch = try unsafe DiagramPairs(first, first_counts, second, second_counts, pairs, distances)
    try batch.measure(parsed) { budget throws(TransportError) in
      try SlicedMatcher(
        directions: Int(directions), budget: budget, interruption: parsed.means.interruption)
    } distance: { matcher, first, second throws(TransportError) in
      try matcher.distance(first, second)
    }
  }
}

@c @implementation
public func topoloss_wasserstein_matching(
  _ first: UnsafePointer<Double>?, _ first_count: Int64, _ second: UnsafePointer<Double>?,
  _ second_count: Int64, _ options: UnsafePointer<topoloss_distance_options>?,
  _ distance: UnsafeMutablePointer<Double>?, _ partners: UnsafeMutablePointer<Int64>?,
  _ first_potentials: UnsafeMutablePointer<Double>?,
  _ second_potentials: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let parsed = try unsafe ParsedDistanceOptions(options)
    let (one, other) = try unsafe (points(first, first_count), points(second, second_count))
    let budget = MemoryBudget(limit: parsed.options.maximumMemory)
    let (distance, partners) = try unsafe (aligned(distance, "distance"), aligned(partners, "partners"))
    let firstPotentials = try unsafe aligned(first_potentials, "first_potentials")
    let secondPotentials = try unsafe aligned(second_potentials, "second_potentials")
    let matcher = try DiagramMatcher(
      options: parsed.options, budget: budget, interruption: parsed.means.interruption)
    let result = try matcher.match(one, other)
    if let distance = unsafe distance { unsafe distance.pointee = result }
    if let partners = unsafe partners {
      let found = matcher.partnersOfFirst
      for point in 0..<one.count { unsafe partners[point] = Int64(found[point]) }
    }
    if unsafe firstPotentials == nil && secondPotentials == nil { return }
    let u = try unsafe Potentials(firstPotentials, one.count, budget)
    let v = try unsafe Potentials(secondPotentials, other.count, budget)
    matcher.copyPotentials(first: u.cells, second: v.cells)
  }
}

@c @implementation
public func topoloss_total_persistence(
  _ points: UnsafePointer<Double>?, _ count: Int64, _ order: Double,
  _ value: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let result = try totalPersistence(of: unsafe TopoLossABI.points(points, count), order: order)
    if let value = try unsafe aligned(value, "value") { unsafe value.pointee = result }
  }
}

@c @implementation
public func topoloss_persistent_entropy(
  _ points: UnsafePointer<Double>?, _ count: Int64, _ value: UnsafeMutablePointer<Double>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let result = try persistentEntropy(of: unsafe TopoLossABI.points(points, count))
    if let value = try unsafe aligned(value, "value") { unsafe value.pointee = result }
  }
}

/// A caller's potentials, or memory in their place when the caller does not want them.
private struct Potentials {
  let cells: FencedPointer<Double>
  private let substitute: Scratch<Double>

  @unsafe
  init(_ target: UnsafeMutablePointer<Double>?, _ count: Int, _ budget: MemoryBudget) throws {
    substitute = try Scratch(count: unsafe target == nil ? count : 0, budget: budget)
    cells = unsafe target.map { unsafe FencedPointer(base: $0, count: count) } ?? substitute.cells
  }
}

/// A caller's diagram, read in place. The points are never written.
@unsafe
func points(_ points: UnsafePointer<Double>?, _ count: Int64) throws -> FencedPointer<DiagramPoint> {
  guard count >= 0 else {
    throw Failure(TOPOLOSS_ESHAPE, "the number of points must not be negative, got \(count)")
  }
  guard count > 0 else { return Scratch<DiagramPoint>(budget: MemoryBudget(limit: 0)).cells }
  guard let points = try unsafe aligned(points, "points") else {
    throw Failure(TOPOLOSS_EARGUMENT, "points must not be NULL where their number is not 0")
  }
  guard count <= Int64(Int32.max) else { throw TransportError.tooManyPoints(limit: Int(Int32.max)) }
  let base = unsafe UnsafeMutableRawPointer(mutating: points).assumingMemoryBound(to: DiagramPoint.self)
  return unsafe FencedPointer(base: base, count: Int(count))
}

/// A caller's pairs of diagrams, and where their distances go.
@safe
private struct DiagramPairs: @unchecked Sendable {
  private let first: DiagramList
  private let second: DiagramList
  private let count: Int
  private let distances: FencedPointer<Double>

  @unsafe
  init(
    _ first: UnsafePointer<UnsafePointer<Double>?>?, _ firstCounts: UnsafePointer<Int64>?,
    _ second: UnsafePointer<UnsafePointer<Double>?>?, _ secondCounts: UnsafePointer<Int64>?,
    _ pairs: Int64, _ distances: UnsafeMutablePointer<Double>?
  ) throws {
    guard pairs >= 0, pairs <= 1 << 24 else {
      throw Failure(TOPOLOSS_ELIMIT, "0 to 2^24 pairs of diagrams in one call, got \(pairs)")
    }
    count = Int(pairs)
    self.first = try unsafe DiagramList(first, firstCounts, count)
    self.second = try unsafe DiagramList(second, secondCounts, count)
    guard let distances = try unsafe aligned(distances, "distances") else {
      guard pairs == 0 else { throw Failure(TOPOLOSS_EARGUMENT, "distances must not be NULL") }
      self.distances = Scratch<Double>(budget: MemoryBudget(limit: 0)).cells
      return
    }
    self.distances = unsafe FencedPointer(base: distances, count: count)
  }

  /// Writes the distance of every pair.
  ///
  /// - Parameter makeMatcher: makes what one thread keeps from pair to pair.
  func measure<Matcher>(
    _ parsed: ParsedDistanceOptions,
    makeMatcher: @Sendable (MemoryBudget) throws(TransportError) -> Matcher,
    distance:
      @Sendable (Matcher, FencedPointer<DiagramPoint>, FencedPointer<DiagramPoint>)
      throws(TransportError) -> Double
  ) throws {
    let budget = MemoryBudget(limit: parsed.options.maximumMemory)
    // Also without pairs, options that cannot be are an error.
    if count == 0 { _ = try makeMatcher(budget) }
    try shareOut(count, threads: parsed.options.threads, interruption: parsed.means.interruption) {
      () throws(TransportError) in
      try makeMatcher(budget)
    } _: { matcher, index throws(TransportError) in
      distances[index] = try distance(matcher, first[index], second[index])
    }
  }
}

/// A caller's list of diagrams, each checked once.
@safe
private struct DiagramList: @unchecked Sendable {
  private let points: UnsafePointer<UnsafePointer<Double>?>?
  private let counts: UnsafePointer<Int64>?

  @unsafe
  init(
    _ points: UnsafePointer<UnsafePointer<Double>?>?, _ counts: UnsafePointer<Int64>?, _ count: Int
  ) throws {
    unsafe (self.points, self.counts) = (points, counts)
    guard count > 0 else { return }
    let points = try unsafe needed(points, "the list of diagrams")
    let counts = try unsafe needed(counts, "the counts of diagrams")
    for index in 0..<count { _ = try unsafe TopoLossABI.points(points[index], counts[index]) }
  }

  subscript(index: Int) -> FencedPointer<DiagramPoint> {
    // Checked in init; a list that changed since is taken as empty.
    let checked: FencedPointer<DiagramPoint>? =
      if let points = unsafe points, let counts = unsafe counts {
        try? unsafe TopoLossABI.points(points[index], counts[index])
      } else { nil }
    return checked ?? Scratch<DiagramPoint>(budget: MemoryBudget(limit: 0)).cells
  }
}
