import ComputeRuntime
import PersistentHomology
import TestOracles
import Testing

@testable import SHAPR

@Suite("Diagrams of volumes")
struct VolumeDiagramsTests {
  private struct Case: Sendable, CustomStringConvertible {
    let shape: [Int]
    let field: TestField
    let filtration: NaiveFiltration
    let construction: CubicalComplex.Construction
    var description: String { "\(field) \(shape) \(filtration) \(construction)" }

    var options: DiagramOptions {
      var options = DiagramOptions()
      options.filtration = filtration == .sublevel ? .sublevel : .superlevel
      options.construction = construction == .topCells ? .topCells : .vertices
      return options
    }

    /// The values, which a Float holds exactly.
    func values(_ generator: inout SeededGenerator) -> [Float] {
      field.values(shape: shape, using: &generator).map { Float($0) }
    }

    /// What the boundary matrix says, in the order that tables promise.
    func pairs(_ values: [Float], _ shape: [Int]) -> [NaivePair] {
      CubicalComplex(shape: shape, construction: construction).persistencePairs(
        of: values.map { Double($0) }, filtration: filtration
      ).sorted { one, other in
        let (first, second) = (abs(one.death - one.birth), abs(other.death - other.birth))
        if one.dimension != other.dimension { return one.dimension < other.dimension }
        if first != second { return first > second }
        return (one.creator, one.destroyer ?? -1) < (other.creator, other.destroyer ?? -1)
      }
    }
  }

  private static let cases: [Case] = [[3, 4, 3], [6, 5], [1, 5, 4]].flatMap { shape in
    [TestField.noise, .smooth, .plateaus].flatMap { field in
      NaiveFiltration.allCases.flatMap { filtration in
        CubicalComplex.Construction.allCases.map {
          Case(shape: shape, field: field, filtration: filtration, construction: $0)
        }
      }
    }
  }

  private func diagrams(
    _ values: [Float], _ shape: [Int], _ options: DiagramOptions
  ) throws -> VolumeDiagrams {
    let buffer = evaluationBuffer(values)
    defer { withExtendedLifetime(buffer) {} }
    return try VolumeDiagrams(
      of: buffer.cells, extents: shape, options: options, budget: MemoryBudget())
  }

  @Test("every line of a table is what the boundary matrix says", arguments: cases)
  private func table(of test: Case) throws {
    var generator = SeededGenerator(seed: 41)
    let values = test.values(&generator)
    let place = { (voxel: Int) -> String in
      let (height, width) = (test.shape[test.shape.count - 2], test.shape[test.shape.count - 1])
      return "\(voxel / width / height),\(voxel / width % height),\(voxel % width)"
    }
    let expected = test.pairs(values, test.shape).map { pair in
      "\(pair.dimension),\(pair.birth),\(pair.death),\(abs(pair.death - pair.birth)),"
        + "\(place(pair.creator)),\(pair.destroyer.map(place) ?? ",,")"
    }
    let lines = try diagrams(values, test.shape, test.options).csv
      .split(separator: "\r\n").dropFirst().map(String.init)
    #expect(lines == expected && !lines.isEmpty)
  }

  @Test("a resolution is that of the loss; dimensions and small features are left out")
  func choices() throws {
    var generator = SeededGenerator(seed: 42)
    let (shape, small) = ([5, 6, 4], [3, 3, 3])
    let values = EvaluationFixtures.blobs(&generator, shape, noise: 0.5)
    var options = DiagramOptions()
    options.resolution = 3
    let found = try diagrams(values, shape, options)
    // Values are rounded to 32 bits where they are resampled, as in the loss.
    let resampled = NaiveResampling(shape: shape, resolution: [3, 3, 3])(values.map { Double($0) })
    let expected = CubicalComplex(shape: small, construction: .topCells).persistencePairs(
      of: resampled.map { Double(Float($0)) }, filtration: .superlevel)
    #expect(found.extents == small && found.features.count == expected.count)
    let worst =
      zip(
        found.features.map(\.birth).sorted(), expected.map(\.birth).sorted()
      ).map { abs($0 - $1) }.max() ?? .infinity
    // Interpolation in another order of operations, then rounded to 24 bits.
    #expect(worst < 1e-6)

    let all = try diagrams(values, shape, DiagramOptions())
    options = DiagramOptions()
    (options.dimensions, options.minimumPersistence) = ([0, 2], 0.1)
    let some = try diagrams(values, shape, options)
    #expect(some.features == all.features.filter { $0.dimension != 1 && $0.persistence >= 0.1 })
    #expect(some.features.count < all.features.count { $0.dimension != 1 } && !some.features.isEmpty)
    options.dimensions = [2]
    #expect(throws: EvaluationError.self) { try diagrams(values, [30, 4], options) }
  }

  @Test("distances and total persistence are those of the slow twins", arguments: cases)
  private func distances(of test: Case) throws {
    var generator = SeededGenerator(seed: 43)
    let volumes = [test.values(&generator), test.values(&generator)]
    let found = try diagrams(volumes[0], test.shape, test.options)
    let other = try diagrams(volumes[1], test.shape, test.options)
    let distances = try found.distances(to: other)
    #expect(distances.map(\.dimension) == Array(test.shape.indices))
    let pairs = volumes.map { test.pairs($0, test.shape) }
    for distance in distances {
      let finite = pairs.map {
        $0.filter { $0.dimension == distance.dimension && $0.destroyer != nil }
          .map { NaivePoint($0.birth, $0.death) }
      }
      let births = pairs.map {
        $0.filter { $0.dimension == distance.dimension && $0.destroyer == nil }.map(\.birth)
      }
      let twin = NaiveTransport(order: 2)
      let matching = twin.matching(finite[0], finite[1])
      let expected = (matching.cost + twin.essentialCost(births[0], births[1])).squareRoot()
      // Both sum at most a hundred squares of numbers near 1.
      #expect(abs(distance.distance - expected) <= 1e-12 * max(1, expected))
      #expect(distance.matched >= births[0].count)
      #expect(distance.matched <= births[0].count + min(finite[0].count, finite[1].count))
      let total = finite[0].reduce(0) { $0 + ($1.birth - $1.death) * ($1.birth - $1.death) }
      #expect(abs(found.totalPersistence(of: distance.dimension) - total) <= 1e-12 * max(1, total))
    }
    let itself = try found.distances(to: found)
    for distance in itself {
      #expect(distance.distance == 0)
      #expect(distance.matched == found.features(of: distance.dimension).count)
    }
  }

  @Test("what a resolution loses is the distance to the resampled volume's diagrams")
  func downsampling() throws {
    var generator = SeededGenerator(seed: 44)
    let shape = [8, 9, 7]
    let values = EvaluationFixtures.blobs(&generator, shape, noise: 0.6)
    let buffer = evaluationBuffer(values)
    defer { withExtendedLifetime(buffer) {} }
    // A clock that takes two seconds from one look to the next.
    var seconds = 0.0
    let found = try Downsampling(
      "cell, 1", of: buffer.cells, extents: shape, resolutions: [4, 6, 20],
      options: DiagramOptions(), budget: MemoryBudget(),
      clock: {
        seconds += 2
        return seconds
      })
    let full = try diagrams(values, shape, DiagramOptions())
    #expect(found.fullMilliseconds == 2000 && found.losses.count == 9)
    for loss in found.losses {
      var options = DiagramOptions()
      options.resolution = loss.resolution
      let small = try diagrams(values, shape, options)
      let distance = try full.distances(to: small)[loss.dimension]
      #expect(loss.distance == distance.distance && loss.kept == distance.matched)
      #expect(loss.fullFeatures == full.features(of: loss.dimension).count)
      #expect(loss.features == small.features(of: loss.dimension).count && loss.milliseconds == 2000)
      // Without features every point goes to the diagonal; the class that never ends stays.
      var nothing = DiagramOptions()
      nothing.minimumPersistence = .infinity
      let ends = try full.distances(to: diagrams(values, shape, nothing))[loss.dimension]
      #expect(abs(loss.distanceWithoutFeatures - ends.distance) <= 1e-12)
      // Nothing is lost where nothing is resampled.
      #expect((loss.distance == 0) == (loss.resolution == 20))
    }
    let table = DownsamplingTable([found])
    let lines = table.csv.split(separator: "\r\n").map(String.init)
    #expect(lines.count == 10 && lines[1].hasPrefix("\"cell, 1\",4,0,\(found.losses[0].distance),"))
    #expect(lines[1].hasSuffix(",2000.000"))
    #expect(table.text.contains("2 cavities    20  0.0000"))
  }
}
