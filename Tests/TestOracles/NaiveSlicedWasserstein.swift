import Glibc

/// The sliced Wasserstein distance with evenly spread lines, by its definition.
///
/// (Carriere, Cuturi, Oudot, "Sliced Wasserstein kernel for persistence diagrams", 2017.)
public func naiveSlicedWasserstein(
  _ first: [NaivePoint], _ second: [NaivePoint], directions: Int
) -> Double {
  // Each diagram is completed with the other's points, moved to the diagonal, so that both have
  // the same number of points and every point of one has a place in the other.
  let completedFirst = first + second.map(movedToDiagonal)
  let completedSecond = second + first.map(movedToDiagonal)
  let sum = (0..<directions).reduce(0.0) { sum, direction in
    let angle = -Double.pi / 2 + Double.pi * Double(direction) / Double(directions)
    func projections(_ points: [NaivePoint]) -> [Double] {
      points.map { $0.birth * cos(angle) + $0.death * sin(angle) }.sorted()
    }
    // On a line, W_1 matches in order.
    return sum
      + zip(projections(completedFirst), projections(completedSecond)).reduce(0) { $0 + abs($1.0 - $1.1) }
  }
  return sum / Double(directions)
}

private func movedToDiagonal(_ point: NaivePoint) -> NaivePoint {
  let middle = point.birth / 2 + point.death / 2
  return NaivePoint(middle, middle)
}
