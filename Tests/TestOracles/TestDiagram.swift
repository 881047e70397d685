/// Diagrams that are hard for some step of a transport program, each for its own reason.
public enum TestDiagram: String, Sendable, CaseIterable {
  /// Anywhere in the unit square, on both sides of the diagonal: most pairs of points could be matched.
  case noise
  /// As from a smooth volume: nearly all points close to the diagonal, a few far from it.
  case nearDiagonal
  /// Small whole numbers: copies, points on the diagonal, and equal costs everywhere.
  case grid
  /// Many copies of few points.
  case copies
  /// All points within a small disc far from the diagonal: every pair of points could be matched.
  case cluster
  /// Points of one birth or of one death, as one voxel gives them that ends or begins many features.
  case lines

  public func points(count: Int, using generator: inout SeededGenerator) -> [NaivePoint] {
    switch self {
    case .noise: return (0..<count).map { _ in NaivePoint(generator.unit(), generator.unit()) }
    case .nearDiagonal:
      return (0..<count).map { _ in
        let (birth, chance) = (generator.unit(), generator.unit())
        return NaivePoint(birth, birth - (chance < 0.95 ? 0.01 : 1) * generator.unit())
      }
    case .grid:
      return (0..<count).map { _ in
        NaivePoint(Double(generator.next() % 5), Double(generator.next() % 5))
      }
    case .copies:
      let places = TestDiagram.noise.points(count: 1 + count / 8, using: &generator)
      return (0..<count).map { _ in places[Int(generator.next() % UInt64(places.count))] }
    case .cluster:
      return (0..<count).map { _ in
        NaivePoint(10 + generator.unit() / 10, 5 + generator.unit() / 10)
      }
    case .lines:
      return (0..<count).map { index in
        let free = generator.unit()
        return index % 2 == 0 ? NaivePoint(1, free) : NaivePoint(free, 0.25)
      }
    }
  }
}
