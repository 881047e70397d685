import ComputeRuntime
import Glibc

@testable import SHAPRFiles

/// A folder of its own for one test, removed with all that is in it by its last reference.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/topoloss-test-XXXXXX".utf8CString)
    _ = unsafe mkdtemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.empty(path) }

  private static func empty(_ path: String) {
    for name in (try? rawEntries(path)) ?? [] {
      let entry = Array(path.utf8) + [UInt8(ascii: "/")] + name + [0]
      let isRemoved = unsafe entry.withUnsafeBytes { bytes in
        unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe remove($0.baseAddress!) == 0 }
      }
      if !isRemoved { empty("\(path)/\(String(decoding: name, as: UTF8.self))") }
    }
    unsafe rmdir(path)
  }

  private static func rawEntries(_ path: String) throws -> [[UInt8]] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    return names
  }

  /// The path of an entry.
  subscript(name: String) -> String { "\(path)/\(name)" }

  func makeFolder(_ name: String) { unsafe mkdir(self[name], 0o755) }

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], as name: String) -> String {
    // Some file systems wait for the disk when a file is emptied and filled again.
    unsafe unlink(self[name])
    guard let file = unsafe fopen(self[name], "wb") else { return self[name] }
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
    return self[name]
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

/// `parts` of this file's path are dropped: 2 is Tests, 3 the project.
private func folder(dropping parts: Int) -> String {
  "/" + #filePath.split(separator: "/").dropLast(parts).joined(separator: "/")
}

/// The path of a file in Tests/Fixtures.
func fixture(_ name: String) -> String { folder(dropping: 2) + "/Fixtures/\(name)" }

/// The real sample; `nil`, said aloud, where it is not beside the project.
func sampleFolder() -> String? {
  let path = folder(dropping: 4) + "/shared/data/shapr-sample"
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
