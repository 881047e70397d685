internal import ComputeRuntime

/// The exact Wasserstein distance of two diagrams.
///
///     W_p = (least, over all matchings, sum of norm^p)^(1/p)
///
/// Points may go to the diagonal; points on it count for nothing. (Cohen-Steiner, Edelsbrunner,
/// Harer, Mileyko, *Lipschitz functions have L_p-stable persistence*, 2010.)
///
/// - Returns: a number in the unit of the coordinates.
/// - Complexity: about n^1.2 for n points; a millisecond for 1000 noisy ones.
public func wassersteinDistance(
  _ first: [DiagramPoint], _ second: [DiagramPoint], options: TransportOptions = TransportOptions()
) throws(TransportError) -> Double {
  try withMatcher(first, second, options) { (_, distance) throws(TransportError) in distance }
}

/// A distance, the matching that attains it, and the proof that none is shorter.
public struct Matching: Equatable, Sendable {
  public let distance: Double
  /// For each point of the first diagram, its partner in the second, or -1: it goes to the diagonal.
  public let partners: [Int]
  /// Potentials u of the first diagram and v of the second: each at most the cost of going to the
  /// diagonal, u + v at most the cost of a pair, and their sum is distance^p up to rounding. Of
  /// an essential class, u is the cost of its pair and v is 0.
  public let firstPotentials: [Double]
  public let secondPotentials: [Double]
}

/// The exact Wasserstein distance of two diagrams with its matching and certificate.
public func wassersteinMatching(
  _ first: [DiagramPoint], _ second: [DiagramPoint], options: TransportOptions = TransportOptions()
) throws(TransportError) -> Matching {
  try withMatcher(first, second, options) { (matcher, distance) throws(TransportError) in
    var u = [Double](repeating: 0, count: first.count)
    var v = [Double](repeating: 0, count: second.count)
    fenced(&u) { u in fenced(&v) { v in matcher.copyPotentials(first: u, second: v) } }
    let partners = matcher.partnersOfFirst
    return Matching(
      distance: distance, partners: first.indices.map { Int(partners[$0]) }, firstPotentials: u,
      secondPotentials: v)
  }
}

private func withMatcher<Value>(
  _ first: [DiagramPoint], _ second: [DiagramPoint], _ options: TransportOptions,
  _ body: (DiagramMatcher, Double) throws(TransportError) -> Value
) throws(TransportError) -> Value {
  let matcher = try DiagramMatcher(
    options: options, budget: MemoryBudget(limit: options.maximumMemory),
    interruption: Interruption(token: options.cancellation))
  return try fencedPair(first, second) { first, second throws(TransportError) in
    try body(matcher, matcher.match(first, second))
  }
}

/// Calls `body` with fenced views of two diagrams.
func fencedPair<Value>(
  _ first: [DiagramPoint], _ second: [DiagramPoint],
  _ body: (FencedPointer<DiagramPoint>, FencedPointer<DiagramPoint>) throws(TransportError) -> Value
) throws(TransportError) -> Value {
  var (first, second) = (first, second)
  return try fenced(&first) { first throws(TransportError) in
    try fenced(&second) { second throws(TransportError) in try body(first, second) }
  }
}

/// Calls `body` with a fenced view of an array.
func fenced<Element: BitwiseCopyable, Value, Failure: Error>(
  _ array: inout [Element], _ body: (FencedPointer<Element>) throws(Failure) -> Value
) throws(Failure) -> Value {
  let count = array.count
  // An array without elements has no address; nothing reads there.
  guard count > 0 else { return try body(Scratch<Element>(budget: MemoryBudget(limit: 0)).cells) }
  let result = unsafe array.withUnsafeMutableBufferPointer { buffer -> Result<Value, Failure> in
    do throws(Failure) {
      let base = unsafe buffer.baseAddress.unsafelyUnwrapped
      return .success(try body(unsafe FencedPointer(base: base, count: count)))
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}
