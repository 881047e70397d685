import ComputeRuntime
import PersistentHomology
import TestOracles

@testable import SHAPRFiles

/// The real sample; `nil`, said aloud, where it is not beside the project.
func sampleFolder() -> String? {
  let path = sharedFile("data/shapr-sample")
  if isFolder(path) { return path }
  print("SKIPPED: the real sample is not there (../shared/data/shapr-sample)")
  return nil
}

/// Memory for a test.
func scratch<Element>(_ count: Int, of type: Element.Type = Element.self) -> Scratch<Element> {
  guard let scratch = try? Scratch<Element>(count: count, zeroed: true, budget: MemoryBudget()) else {
    preconditionFailure("no memory for a test")
  }
  return scratch
}

extension PixelArray {
  /// All values, rounded to Float.
  var values: [Float] {
    let values = scratch(count, of: Float.self)
    copyValues(into: values.cells)
    return withExtendedLifetime(values) { (0..<count).map { values.cells[$0] } }
  }

  /// All values from 0 to 1.
  func fractions() throws -> [Float] {
    let values = scratch(count, of: Float.self)
    try copyFractions(into: values.cells)
    return withExtendedLifetime(values) { (0..<count).map { values.cells[$0] } }
  }

  /// The elements as they lie in memory.
  var bytes: [UInt8] { (0..<count * elementType.byteCount).map { memory.cells[$0] } }
}
