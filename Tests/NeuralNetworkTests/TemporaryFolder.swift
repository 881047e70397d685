import ComputeRuntime
import Glibc

@testable import NeuralNetwork

/// A folder of its own for one test, removed with its last reference.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/topoloss-test-XXXXXX".utf8CString)
    _ = unsafe mkdtemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for entry in entries { unsafe remove(self[entry]) }
    unsafe rmdir(path)
  }

  /// The path of an entry.
  subscript(name: String) -> String { "\(path)/\(name)" }

  /// The names in the folder, in order.
  var entries: [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Writes a file and gives its path.
  func write(_ bytes: [UInt8], as name: String = "file.safetensors") -> String {
    guard let file = unsafe fopen(self[name], "wb") else { return self[name] }
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
    return self[name]
  }

  /// Opens `bytes` as a checkpoint.
  func open(
    _ bytes: [UInt8], checksums: CheckpointFile.Checksums = .whenPresent,
    limits: CheckpointLimits = CheckpointLimits(), budget: MemoryBudget = MemoryBudget()
  ) throws(CheckpointError) -> CheckpointFile {
    try CheckpointFile(path: write(bytes), checksums: checksums, limits: limits, budget: budget)
  }
}

/// The seconds of processor time that `body` takes on this thread, however busy the machine is.
func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  let start = now()
  try body()
  return now() - start
}

/// The bytes of a file; empty when there is none.
func bytes(ofFile path: String) -> [UInt8] {
  guard let file = unsafe fopen(path, "rb") else { return [] }
  defer { unsafe fclose(file) }
  unsafe fseek(file, 0, SEEK_END)
  let count = unsafe ftell(file)
  unsafe rewind(file)
  return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
    read = unsafe fread(buffer.baseAddress, 1, count, file)
  }
}

/// The bytes of a file in Tests/Fixtures.
func bytes(ofFixture name: String) -> [UInt8] {
  // <project>/Tests/NeuralNetworkTests/<this file>
  let parts = #filePath.split(separator: "/").dropLast(2)
  return bytes(ofFile: "/" + parts.joined(separator: "/") + "/Fixtures/\(name)")
}

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
  func readEverything() throws(CheckpointError) {
    for name in names where (elementCount(shape(of: name) ?? []) ?? .max) < 1_000_000 {
      do {
        _ = try floats(name)
      } catch let error as CheckpointError where error.row == .elementType {
        do { _ = try integers(name) } catch let error as CheckpointError { throw error } catch {}
      } catch let error as CheckpointError where error.row != .unsupported {
        throw error
      } catch {}
    }
  }
}
