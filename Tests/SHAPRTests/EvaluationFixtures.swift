import ComputeRuntime
import Glibc
import NeuralKernels
import TestOracles

@testable import SHAPR

/// Volumes, samples and recorded numbers for the tests of the evaluation.
enum EvaluationFixtures {
  static func record(_ name: String) -> FixtureJSON {
    FixtureJSON(parsing: bytes(ofFile: fixture("evaluation/\(name).json")))
  }

  static let cellsAreThere = contents(ofFile: cellFile("A_cell_clusters000604.tif")) != nil
  static let cellsNote = "needs the real cells in ../shared/data/shapr-sample"

  private static func cellFile(_ name: String) -> String {
    sharedFile("data/shapr-sample/obj/" + name)
  }

  /// A real object, 64 x 64 x 64: 304 bytes of header, then its voxels, one byte each.
  static func cell(_ name: String) -> [Float]? {
    guard let file = contents(ofFile: cellFile(name)), file.count >= 304 + 64 * 64 * 64 else { return nil }
    return file[304..<304 + 64 * 64 * 64].map { Float($0) / 255 }
  }

  /// `blobs` of make.py.
  static func blobs(_ generator: inout SeededGenerator, _ shape: [Int], noise: Double) -> [Float] {
    var volume = [Double](repeating: 0, count: shape.reduce(1, *))
    let shortest = Double(shape.filter { $0 > 1 }.min() ?? 1)
    for _ in 0..<3 {
      let centre = shape.map { generator.unit() * Double($0) }
      let radius = (0.2 + 0.3 * generator.unit()) * shortest
      for index in volume.indices {
        let z = Double(index / (shape[1] * shape[2])) - centre[0]
        let y = Double(index / shape[2] % shape[1]) - centre[1]
        let x = Double(index % shape[2]) - centre[2]
        volume[index] += max(0, 1 - (z * z + y * y + x * x) / (radius * radius))
      }
    }
    return volume.map { Float(min(1, 0.9 * $0 + noise * generator.unit())) }
  }

  static func quantised(_ volume: [Float]) -> [Float] { volume.map { ($0 * 255).rounded(.down) / 255 } }

  /// `samples` of make.py.
  static func samples(seed: Int) -> [Double] {
    var generator = SeededGenerator(seed: UInt64(seed))
    let count = seed < 400 ? 1 + seed % 200 : 2 + seed % 13
    let levels = Double([3, 8, 30, 1 << 20][seed / 2 % 4])
    let shift = generator.unit() * 0.5
    return (0..<count).map { _ in
      let value = ((generator.unit() - shift) * levels).rounded(.towardZero)
      return seed % 2 == 0 ? (value >= 0 ? value + 0.5 : value - 0.5) : value
    }
  }
}

/// Elements in memory of their own, as the evaluation takes them.
func evaluationBuffer<Element>(_ elements: [Element]) -> Scratch<Element> {
  guard let buffer = try? Scratch<Element>(count: elements.count, budget: MemoryBudget()) else {
    preconditionFailure("no memory for a test")
  }
  for (index, element) in elements.enumerated() { buffer.cells[index] = element }
  return buffer
}

/// Scores one cell whose volumes are arrays.
func evaluated(
  _ prediction: [Float], _ truth: [Float], _ shape: [Int], _ evaluation: Evaluation,
  budget: MemoryBudget = MemoryBudget()
) throws(EvaluationError) -> [ErrorMeasure: Double] {
  let (found, expected) = (evaluationBuffer(prediction), evaluationBuffer(truth))
  defer { withExtendedLifetime((found, expected)) {} }
  return try evaluation.score(
    name: "cell", className: "class", prediction: found.cells, truth: expected.cells,
    extent: Extent(shape[0], shape[1], shape[2]), budget: budget
  ).values
}

func binaryObject(_ voxels: [UInt8], _ shape: [Int]) throws -> BinaryObject {
  let object = try BinaryObject(Extent(shape[0], shape[1], shape[2]), budget: MemoryBudget())
  for (index, voxel) in voxels.enumerated() { object.voxels[index] = voxel }
  return object
}
