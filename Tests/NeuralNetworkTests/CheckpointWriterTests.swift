import ComputeRuntime
import Glibc
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("CheckpointWriter")
struct CheckpointWriterTests {
  /// A writer and the memory that it looks at.
  private struct Contents {
    var writer = CheckpointWriter()
    var memory: [Scratch<Float>] = []

    mutating func add(_ name: String, _ shape: [Int], _ values: [Float]) {
      let values = scratch(values)
      memory.append(values)
      writer.add(name, shape: shape, values: values.cells)
    }

    func write(to path: String, budget: MemoryBudget = MemoryBudget()) throws(FileError) {
      try withExtendedLifetime(memory) { () throws(FileError) in
        try writer.write(to: path, budget: budget)
      }
    }
  }

  private static func small(_ value: Float = 1) -> Contents {
    var contents = Contents()
    contents.add("weight", [2, 2], [value, 2, 3, 4])
    contents.writer.add("steps", shape: [], integers: [7])
    return contents
  }

  /// The row of the error that writing throws.
  private func row(_ contents: Contents, _ path: String) -> FileError.Row? {
    do throws(FileError) {
      try contents.write(to: path)
      return nil
    } catch {
      return error.row
    }
  }

  /// Made without our code by Tests/Fixtures/checkpoint/make.py, which also reads it with the Python
  /// package: layout, order, escapes, both kinds of checksums.
  @Test("byte for byte what was made independently") func independent() throws {
    var contents = Contents()
    contents.writer.metadata = ["note": "tab\tline\nquote\" \u{1} end", "format": "pt"]
    contents.add("odd", [1, 5, 1], [-1, -0.5, 0, 0.5, 1])
    contents.writer.add("steps", shape: [], integers: [123_456_789])
    contents.add("größe \"5\" µm\\", [2], [0x1.921fb6p1, -0.0])
    contents.writer.add("extremes", shape: [2, 1], integers: [.min, .max])
    contents.add("nothing", [0, 7], [])
    contents.add("a/b.weight", [], [.leastNonzeroMagnitude])
    let folder = TemporaryFolder()
    try contents.write(to: folder["own"])
    #expect(bytes(ofFile: folder["own"]) == bytes(ofFixture: "checkpoint/own.safetensors"))
    #expect(folder.entries == ["own"])
  }

  @Test("what was written is read, bit for bit, NaN and all") func roundTrip() throws {
    let folder = TemporaryFolder()
    var generator = SeededGenerator(seed: 97)
    for round in 0..<40 {
      var contents = Contents()
      var floats: [String: [Float]] = [:]
      var integers: [String: [Int64]] = [:]
      for index in 0..<Int(generator.next() % 8) {
        let shape = (0..<generator.next() % 4).map { _ in Int(generator.next() % 5) }
        let count = shape.reduce(1, *)
        let name = "\(index).\(String(repeating: "é", count: Int(generator.next() % 100)))"
        if generator.next() & 1 == 0 {
          floats[name] = (0..<count).map { _ in
            Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
          }
          contents.add(name, shape, floats[name] ?? [])
        } else {
          integers[name] = (0..<count).map { _ in Int64(bitPattern: generator.next()) }
          contents.writer.add(name, shape: shape, integers: integers[name] ?? [])
        }
      }
      contents.writer.metadata = ["round": "\(round)", "": "empty name"]
      // More values than are turned into bytes at a time.
      let many = (0..<40_001).map { Float($0) }
      contents.add("many", [40_001], many)
      try contents.write(to: folder["file"])
      let file = try CheckpointFile(path: folder["file"], checksums: .required, budget: MemoryBudget())
      #expect(file.names == contents.writer.tensors.map(\.name))
      #expect(file.metadata("round") == "\(round)" && file.metadata("") == "empty name")
      #expect(try file.floats("many") == many)
      for (name, values) in floats {
        #expect(try file.floats(name).map(\.bitPattern) == values.map(\.bitPattern))
      }
      for (name, values) in integers { #expect(try file.integers(name) == values) }
      for tensor in file.header.tensors where tensor.begin < tensor.end {
        // Every element begins at a multiple of its size, counted from the start of the file.
        let start = 8 + bytes(ofFile: folder["file"])[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect((start + tensor.begin).isMultiple(of: (tensor.elementType?.bits ?? 0) / 8))
      }
    }
  }

  @Test("equal contents make equal files") func sameBytes() throws {
    let folder = TemporaryFolder()
    for name in ["one", "other"] {
      var contents = Self.small()
      for index in 0..<50 { contents.writer.metadata["key \(index)"] = "\(index)" }
      try contents.write(to: folder[name])
    }
    #expect(bytes(ofFile: folder["one"]) == bytes(ofFile: folder["other"]))
  }

  @Test("what no reader would take is not written") func refused() throws {
    let folder = TemporaryFolder()
    func expect(_ expected: FileError.Row, _ change: (inout Contents) -> Void) {
      var contents = Self.small()
      change(&contents)
      #expect(row(contents, folder["file"]) == expected)
    }
    expect(.format) { $0.add("weight", [1], [1]) }
    expect(.format) { $0.add("__metadata__", [1], [1]) }
    expect(.path) { $0.add("../weight", [1], [1]) }
    expect(.path) { $0.add("a\nb", [1], [1]) }
    expect(.path) { $0.add(String(repeating: "x", count: 256), [1], [1]) }
    expect(.shape) { $0.add("wrong", [2], [1]) }
    expect(.shape) { $0.add("wrong", [-1, -1], [1]) }
    expect(.shape) { $0.add("wrong", [.max, .max], [1]) }
    expect(.shape) { $0.writer.add("wrong", shape: [], integers: []) }
    expect(.format) { $0.writer.metadata["topoloss.sha256"] = "mine" }
    expect(.format) { $0.writer.metadata["topoloss.crc32c.weight"] = "mine" }
    expect(.limit) { $0.writer.metadata["long"] = String(repeating: "x", count: 17 << 20) }
    #expect(row(Self.small(), "a\u{0}b") == .path)
    #expect(folder.entries == [])
  }

  // MARK: Interrupted

  @Test("a folder that is missing, vanished, a file or not writable: the old file stays") func folders()
    throws
  {
    let folder = TemporaryFolder()
    #expect(row(Self.small(), folder["missing/file"]) == .creating(errno: ENOENT))
    #expect(
      row(Self.small(), "") == .creating(errno: ENOENT) || row(Self.small(), "") == .writing(errno: ENOENT))
    let file = folder.write([1, 2, 3], as: "file")
    #expect(row(Self.small(), file + "/below") == .creating(errno: ENOTDIR))
    // Not even the superuser makes files there.
    #expect([.creating(errno: ENOENT), .creating(errno: EACCES)].contains(row(Self.small(), "/proc/file")))
    unsafe mkdir(folder["folder"], 0o700)
    #expect(row(Self.small(), folder["folder"]) == .writing(errno: EISDIR))
    #expect(row(Self.small(), folder[String(repeating: "x", count: 254)]) == .creating(errno: ENAMETOOLONG))
    #expect(bytes(ofFile: file) == [1, 2, 3])
    // Nothing is left beside it.
    #expect(folder.entries == ["file", "folder"])
  }

  @Test("the temporary name: a left-over is taken, a link or a pipe is not, a writer is waited out by nobody")
  func temporaryName() throws {
    let folder = TemporaryFolder()
    let path = folder["file"]
    // A longer file of a killed process.
    _ = folder.write([UInt8](repeating: 9, count: 100_000), as: "file.tmp")
    #expect(row(Self.small(), path) == nil)
    _ = try CheckpointFile(path: path, checksums: .required, budget: MemoryBudget())
    #expect(folder.entries == ["file"])

    let old = bytes(ofFile: path)
    let victim = folder.write([1, 2, 3], as: "victim")
    unsafe symlink("victim", folder["file.tmp"])
    #expect(row(Self.small(2), path) == .creating(errno: ELOOP))
    unsafe unlink(folder["file.tmp"])
    unsafe mkfifo(folder["file.tmp"], 0o600)
    #expect(row(Self.small(2), path) == .creating(errno: ENXIO))
    unsafe unlink(folder["file.tmp"])
    let other = try OpenFile(writingAlone: path + ".tmp")
    #expect(row(Self.small(2), path) == .busy)
    withExtendedLifetime(other) {}
    #expect(bytes(ofFile: path) == old)
    #expect(bytes(ofFile: victim) == [1, 2, 3])
  }

  @Test("a write that fails half-way leaves the old file and no other") func failingWrite() throws {
    let folder = TemporaryFolder()
    let path = folder["file"]
    try Self.small().write(to: path)
    let old = bytes(ofFile: path)
    let piece = scratch([UInt8](repeating: 5, count: 1000))
    do throws(FileError) {
      try withTemporaryFile(for: path, bytes: 2000) { (file) throws(SystemError) in
        try file.write(piece.cells)
        throw SystemError(ENOSPC)
      }
      Issue.record("the failure was lost")
    } catch {
      #expect(error.row == .writing(errno: ENOSPC))
      #expect(error.reason == "cannot be written: No space left on device; 2000 bytes are needed")
    }
    #expect(bytes(ofFile: path) == old)
    #expect(folder.entries == ["file"])
    withExtendedLifetime(piece) {}
  }

  @Test("memory that is refused is an error, and nothing was touched") func memory() throws {
    let folder = TemporaryFolder()
    try Self.small().write(to: folder["file"])
    let old = bytes(ofFile: folder["file"])
    for limit in [0, 1000, 65_535, 65_600] as [UInt64] {
      do throws(FileError) {
        try Self.small(2).write(to: folder["file"], budget: MemoryBudget(limit: limit))
        Issue.record("written with \(limit) bytes")
      } catch {
        guard case .memory(let bytes) = error.row else {
          Issue.record("\(error)")
          continue
        }
        #expect(bytes > limit)
      }
    }
    #expect(bytes(ofFile: folder["file"]) == old)
    #expect(folder.entries == ["file"])
  }

  @Test("a full device") func fullDevice() throws {
    let folder = TemporaryFolder()
    // A file system of two pages, where this machine lets us make one.
    unsafe mkdir(folder["small"], 0o700)
    guard unsafe mount("none", folder["small"], "tmpfs", 0, "size=8k") == 0 else {
      print("SKIPPED: a full device needs the right to mount one")
      unsafe rmdir(folder["small"])
      return
    }
    defer {
      unsafe umount(folder["small"])
      unsafe rmdir(folder["small"])
    }
    let path = folder["small/file"]
    #expect(row(Self.small(), path) == nil)
    let old = bytes(ofFile: path)
    var large = Self.small()
    large.add("large", [100, 100], [Float](repeating: 1, count: 10_000))
    #expect(row(large, path) == .writing(errno: ENOSPC))
    #expect(bytes(ofFile: path) == old)
    #expect(row(Self.small(2), path) == nil)
    unsafe remove(path)
  }
}
