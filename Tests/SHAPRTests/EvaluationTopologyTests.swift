import ComputeRuntime
import NeuralKernels
import PersistentHomology
import TestOracles
import Testing
import TopologicalLoss

@testable import SHAPR

@Suite("Evaluation: topology")
struct EvaluationTopologyTests {
  private typealias Voxel = (z: Int, y: Int, x: Int)

  private func object(_ isInside: (Voxel) -> Bool) throws -> BinaryObject {
    try binaryObject(
      (0..<9 * 9 * 9).map { isInside(($0 / 81, $0 / 9 % 9, $0 % 9)) ? 1 : 0 }, [9, 9, 9])
  }

  /// How far a voxel is from the middle, along the axis that is farthest.
  private func depth(_ voxel: Voxel) -> Int {
    max(abs(voxel.z - 4), abs(voxel.y - 4), abs(voxel.x - 4))
  }

  @Test("Betti numbers of shapes that are known") func betti() throws {
    let shapes: [(String, [Int], (Voxel) -> Bool)] = [
      ("nothing", [0, 0, 0], { _ in false }), ("all", [1, 0, 0], { _ in true }),
      ("a ball", [1, 0, 0], { depth($0) <= 2 }),
      ("two", [2, 0, 0], { $0.z != 4 && depth($0) <= 3 }),
      ("a ring", [1, 1, 0], { depth($0) <= 2 && max(abs($0.y - 4), abs($0.x - 4)) > 0 && $0.z == 4 }),
      ("a shell", [1, 0, 1], { depth($0) == 2 }),
      ("two shells", [2, 0, 2], { depth($0) == 1 || depth($0) == 3 }),
      ("up to the border", [1, 0, 1], { depth($0) == 4 }),
    ]
    for (name, expected, isInside) in shapes {
      #expect(try bettiNumbers(of: object(isInside), LossOptions()) == expected, "\(name)")
    }
    // Voxels that touch at an edge are one object in T and two in V.
    let touching: (Voxel) -> Bool = { $0 == (4, 4, 4) || $0 == (4, 5, 5) }
    var vertices = LossOptions()
    vertices.construction = .vertices
    #expect(try bettiNumbers(of: object(touching), LossOptions()) == [1, 0, 0])
    #expect(try bettiNumbers(of: object(touching), vertices) == [2, 0, 0])
    // Of six neighbours around one voxel, V sees no closed shell.
    let hollow: (Voxel) -> Bool = { abs($0.z - 4) + abs($0.y - 4) + abs($0.x - 4) == 1 }
    #expect(try bettiNumbers(of: object(hollow), LossOptions()) == [1, 0, 1])
    #expect(try bettiNumbers(of: object(hollow), vertices) == [6, 0, 0])
  }

  @Test("distances are those of the loss, in every dimension", arguments: [nil, 6] as [Int?])
  func wasserstein(resolution: Int?) throws {
    var generator = SeededGenerator(seed: 12)
    var evaluation = Evaluation()
    evaluation.topology?.resolution = [resolution, resolution, resolution]
    let shape = [10, 9, 8]
    let prediction = EvaluationFixtures.blobs(&generator, shape, noise: 0.4)
    let truth = EvaluationFixtures.blobs(&generator, shape, noise: 0.3)
    let found = try evaluated(prediction, truth, shape, evaluation)
    #expect(Set(found.keys) == Set(ErrorMeasure.allCases) && evaluation.measures == ErrorMeasure.allCases)
    for (dimension, measure) in ErrorMeasure.wassersteinDistances.enumerated() {
      var options = try #require(evaluation.topology)
      options.dimensions = HomologyDimensions(rawValue: 1 << UInt32(dimension))
      options.totalPersistence = false
      let loss = try topologicalLoss(
        prediction: prediction, target: truth, shape: shape, rank: 3, options: options)
      #expect(loss.values[0] > 0 && found[measure] == loss.values[0], "\(measure)")
    }
  }

  @Test("errors of Betti numbers, after the threshold") func errors() throws {
    var evaluation = Evaluation()
    evaluation.binarisation.threshold = .fixed(0.5)
    // A shell predicted as a ring: one loop too many, one cavity missed.
    let places: [Voxel] = (0..<9 * 9 * 9).map { ($0 / 81, $0 / 9 % 9, $0 % 9) }
    let shell = places.map { depth($0) == 2 ? Float(0.9) : 0.2 }
    let ring = places.map { $0.z == 4 && depth($0) == 2 ? Float(0.8) : 0.1 }
    let found = try evaluated(ring, shell, [9, 9, 9], evaluation)
    #expect(ErrorMeasure.bettiNumbers.map { found[$0] } == [0, 1, 1])
  }
}
