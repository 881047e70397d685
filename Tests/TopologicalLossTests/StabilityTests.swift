import OptimalTransport
import PersistentHomology
import TestOracles
import Testing

@Suite("A8: diagrams move no further than their volumes")
struct StabilityTests {
  static let seed: UInt64 = 0xA8

  /// Cells that one voxel brings at most: of dimension k plus of dimension k + 1, of the 27 cells
  /// around a vertex. In T the same cells are counted from the other end.
  private func cellBound(_ dimension: Int, _ construction: Construction) -> Double {
    let cells: [Double] = construction == .vertices ? [1, 6, 12, 8] : [8, 12, 6, 1]
    return cells[dimension] + cells[dimension + 1]
  }

  /// Sup norm: Cohen-Steiner, Edelsbrunner, Harer, "Stability of persistence diagrams", 2007. Sums of
  /// powers: Skraba, Turner, "Wasserstein stability for persistence diagrams", 2020.
  @Test("bottleneck distance and W_p against the change of the volume")
  func stability() throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A8", seed: Self.seed)
    for index in 0..<Tier.cases(1_000, release: 20_000) {
      let shape = (0..<3).map { _ in 1 + Int(generator.next() % 7) }
      let kind = TestField.allCases[index % TestField.allCases.count]
      let field = kind.values(shape: shape, using: &generator)
      let amount = [0.01, 0.3, 2][index % 3]
      let share = [0.05, 1][index % 2]
      let changed = field.map { value in
        generator.unit() < share ? value + amount * (generator.unit() - 0.5) : value
      }
      var options = PersistenceOptions()
      options.filtration = index % 4 < 2 ? .superlevel : .sublevel
      options.construction = index % 8 < 4 ? .topCells : .vertices
      let before = try persistenceDiagrams(of: field, shape: shape, options: options)
      let after = try persistenceDiagrams(of: changed, shape: shape, options: options)
      let changes = zip(field, changed).map { abs($0 - $1) }
      for (first, second) in zip(before, after) {
        let bottleneck = try bottleneckDistance(first.points, second.points)
        let most = changes.max() ?? 0
        tally.check(
          error: bottleneck / max(most, .leastNormalMagnitude), atMost: most > 0 ? 1 : 0,
          "\(kind) \(shape) H\(first.dimension): bottleneck \(bottleneck), change \(most)")
        // The bound is for the p-norm of the plane: the maximum norm is below it for every p.
        let order = [1.0, 2, 3][index % 3]
        let norm: GroundNorm = order == 2 ? .euclidean : .maximum
        let distance = try wassersteinDistance(
          first.points, second.points, options: TransportOptions(order: order, groundNorm: norm))
        let cost = NaiveTransport(order: order).raised(distance)
        let sum = changes.reduce(0) { $0 + NaiveTransport(order: order).raised($1) }
        let bound = cellBound(first.dimension, options.construction) * sum
        tally.check(
          cost <= bound * (1 + 1e-9), "\(kind) \(shape) H\(first.dimension): W^p \(cost), bound \(bound)")
      }
    }
    tally.report()
    #expect(tally.firstFailure == nil)
  }
}
