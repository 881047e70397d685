import ComputeRuntime
import TestOracles

@testable import NeuralNetwork

extension TemporaryFolder {
  /// Writes a file and gives its path.
  func write(_ bytes: [UInt8]) -> String { write(bytes, as: "file.safetensors") }

  /// Opens `bytes` as a checkpoint.
  func open(
    _ bytes: [UInt8], checksums: CheckpointFile.Checksums = .whenPresent,
    limits: CheckpointLimits = CheckpointLimits(), budget: MemoryBudget = MemoryBudget()
  ) throws(FileError) -> CheckpointFile {
    try CheckpointFile(path: write(bytes), checksums: checksums, limits: limits, budget: budget)
  }
}

/// The bytes of a file in Tests/Fixtures.
func bytes(ofFixture name: String) -> [UInt8] { bytes(ofFile: fixture(name)) }

/// The elements in memory of their own.
func scratch<Element>(_ elements: [Element]) -> Scratch<Element> {
  guard let scratch = try? Scratch<Element>(count: elements.count, budget: MemoryBudget()) else {
    preconditionFailure("no memory for a test")
  }
  for (index, element) in elements.enumerated() { scratch.cells[index] = element }
  return scratch
}

extension CheckpointFile {
  /// All values of a floating-point tensor.
  func floats(_ name: String) throws -> [Float] {
    let shape = shape(of: name) ?? []
    let values = scratch([Float](repeating: .nan, count: shape.reduce(1, *)))
    return try withExtendedLifetime(values) {
      try copyFloats(name, shape: shape, into: values.cells)
      return (0..<values.capacity).map { values.cells[$0] }
    }
  }

  /// All values of an integer tensor.
  func integers(_ name: String) throws -> [Int64] {
    let shape = shape(of: name) ?? []
    let values = scratch([Int64](repeating: 77, count: shape.reduce(1, *)))
    return try withExtendedLifetime(values) {
      try copyIntegers(name, shape: shape, into: values.cells)
      return (0..<values.capacity).map { values.cells[$0] }
    }
  }

  /// Touches every value of every tensor that has less than a million.
  func readEverything() throws(FileError) {
    for name in names where (elementCount(shape(of: name) ?? []) ?? .max) < 1_000_000 {
      do {
        _ = try floats(name)
      } catch let error as FileError where error.row == .elementType {
        do { _ = try integers(name) } catch let error as FileError { throw error } catch {}
      } catch let error as FileError where error.row != .unsupported {
        throw error
      } catch {}
    }
  }
}
