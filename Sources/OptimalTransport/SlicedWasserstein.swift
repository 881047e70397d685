package import ComputeRuntime
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The sliced Wasserstein distance (Carriere, Cuturi, Oudot, *Sliced Wasserstein kernel for persistence
/// diagrams*, 2017): the mean over lines through the origin of W_1 between the projections, where each
/// diagram is completed by the other's points moved to the diagonal.
///
/// Line k has the angle -pi/2 + k pi / directions. Essential classes count for nothing.
public func slicedWassersteinDistance(
  _ first: [DiagramPoint], _ second: [DiagramPoint], directions: Int = 50,
  options: TransportOptions = TransportOptions()
) throws(TransportError) -> Double {
  let matcher = try SlicedMatcher(
    directions: directions, budget: MemoryBudget(limit: options.maximumMemory),
    interruption: Interruption(token: options.cancellation))
  return try fencedPair(first, second) { first, second throws(TransportError) in
    try matcher.distance(first, second)
  }
}

/// Computes sliced Wasserstein distances one after the other, and keeps its buffers between them.
package final class SlicedMatcher {
  private let directions: Int
  private let interruption: Interruption
  private let first: DiagramSide
  private let second: DiagramSide
  private let projections: Scratch<Double>

  package init(
    directions: Int, budget: MemoryBudget, interruption: Interruption
  ) throws(TransportError) {
    guard (1...65536).contains(directions) else { throw .invalidDirections(directions) }
    self.directions = directions
    self.interruption = interruption
    first = DiagramSide(budget: budget)
    second = DiagramSide(budget: budget)
    projections = Scratch(budget: budget)
  }

  package func distance(
    _ one: FencedPointer<DiagramPoint>, _ other: FencedPointer<DiagramPoint>
  ) throws(TransportError) -> Double {
    try first.read(one)
    try second.read(other)
    return try translatingErrors { () throws(ComputeError) in
      let count = first.count + second.count
      try projections.reserve(2 * count)
      var total = 0.0
      for direction in 0..<directions {
        let angle = -Double.pi / 2 + Double.pi * Double(direction) / Double(directions)
        total += try moved(count, along: (cos(angle), sin(angle)))
      }
      return total / Double(directions)
    }
  }

  /// W_1 of the projections onto one line: there, the best matching is in order.
  private func moved(_ count: Int, along line: (x: Double, y: Double)) throws(ComputeError) -> Double {
    let left = projections.cells.prefix(count)
    let right = projections.cells.suffix(from: count).prefix(count)
    project(first, along: line, to: left, onDiagonal: right.suffix(from: second.count))
    project(second, along: line, to: right, onDiagonal: left.suffix(from: first.count))
    try interruption.check()
    sortValues(left)
    try interruption.check()
    sortValues(right)
    var total = 0.0
    for place in 0..<count { total += (left[place] - right[place]).magnitude }
    return total
  }

  private func project(
    _ side: DiagramSide, along line: (x: Double, y: Double), to target: FencedPointer<Double>,
    onDiagonal: FencedPointer<Double>
  ) {
    let point = side.reader(scale: 1)
    for place in 0..<side.count {
      let point = point(place)
      target[place] = point.x * line.x + point.y * line.y
      let middle = point.x / 2 + point.y / 2
      onDiagonal[place] = middle * line.x + middle * line.y
    }
  }
}
