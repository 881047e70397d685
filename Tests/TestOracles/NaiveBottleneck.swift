/// The bottleneck distance: the smallest length such that two diagrams can be matched with no
/// move longer than it. It is the length of some move, so all of them are candidates.
public struct NaiveBottleneck: Sendable {
  public var norm: NaiveNorm

  public init(norm: NaiveNorm = .maximum) { self.norm = norm }

  public func distance(_ first: [NaivePoint], _ second: [NaivePoint]) -> Double {
    // Order 1: the entries are lengths.
    let lengths = NaiveTransport(order: 1, norm: norm).completedCosts(first, second)
    let candidates = Set(lengths.joined()).union([0]).sorted()
    // What can be matched within a length can be matched within a greater one.
    var (low, high) = (0, candidates.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if isPerfectlyMatchable(lengths.map { $0.map { $0 <= candidates[middle] } }) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return candidates[low]
  }

  /// The smallest over all matchings of the longest move, tried one by one: for a few points only.
  public func exhaustiveDistance(_ first: [NaivePoint], _ second: [NaivePoint]) -> Double {
    guard let point = first.first else { return second.map { norm.distanceToDiagonal($0) }.max() ?? 0 }
    let rest = Array(first.dropFirst())
    var best = max(norm.distanceToDiagonal(point), exhaustiveDistance(rest, second))
    for (index, partner) in second.enumerated() {
      var others = second
      others.remove(at: index)
      best = min(best, max(norm.distance(point, partner), exhaustiveDistance(rest, others)))
    }
    return best
  }
}

/// Whether every row has a column of its own among those it allows. (Berge's augmenting paths.)
func isPerfectlyMatchable(_ allowed: [[Bool]]) -> Bool {
  var rowOfColumn = [Int?](repeating: nil, count: allowed.count)
  func findColumn(for row: Int, _ tried: inout [Bool]) -> Bool {
    for column in allowed.indices where allowed[row][column] && !tried[column] {
      tried[column] = true
      if let other = rowOfColumn[column], !findColumn(for: other, &tried) { continue }
      rowOfColumn[column] = row
      return true
    }
    return false
  }
  return allowed.indices.allSatisfy { row in
    var tried = [Bool](repeating: false, count: allowed.count)
    return findColumn(for: row, &tried)
  }
}
