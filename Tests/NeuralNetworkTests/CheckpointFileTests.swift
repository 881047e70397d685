import ComputeRuntime
import Glibc
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("CheckpointFile")
struct CheckpointFileTests {
  /// The row of the error that `body` throws.
  private func row(_ body: () throws -> Void) -> FileError.Row? {
    do {
      try body()
      return nil
    } catch {
      return (error as? FileError)?.row
    }
  }

  /// Tests/Fixtures/checkpoint/make.py: written by the Python package; values.json has what it wrote.
  @Test("every element type of a file by the Python package") func types() throws {
    let folder = TemporaryFolder()
    let file = try folder.open(bytes(ofFixture: "checkpoint/types.safetensors"))
    let text = scratch(bytes(ofFixture: "checkpoint/values.json"))
    guard case .object(let recorded) = try JSONValue(parsing: text.cells).content else {
      Issue.record("values.json is no object")
      return
    }
    #expect(recorded.members.count == 16)
    for (name, entry) in recorded.members {
      guard case .object(let tensor) = entry.content, case .array(let shape)? = tensor["shape"]?.content,
        case .array(let values)? = tensor["values"]?.content
      else {
        Issue.record("no recorded values of \(name)")
        continue
      }
      #expect(file.shape(of: name) == shape.map { Int(integer($0)) })
      if let type = file.header.tensor(name)?.elementType, type.kind == .floatingPoint {
        #expect(try file.floats(name).map(\.bitPattern) == values.map { float($0).bitPattern }, "\(name)")
      } else {
        #expect(try file.integers(name) == values.map(integer), "\(name)")
      }
    }
    #expect(file.metadata("format") == "pt")
    #expect(file.metadata("übung") == "\"\\\n\t😀")
    #expect(file.metadata("none") == nil)
    #expect(file.metadataNames.sorted() == ["format", "übung"])
    #expect(try file.integer("scalar") == 42)
    withExtendedLifetime(text) {}
  }

  private func integer(_ value: JSONValue) -> Int64 {
    switch value.content {
    case .integer(let integer): integer
    case .boolean(let truth): truth ? 1 : 0
    default: .min + 1
    }
  }

  private func float(_ value: JSONValue) -> Float {
    switch value.content {
    case .integer(let integer): Float(integer)
    case .number(let number): Float(number)
    case .string("inf"): .infinity
    default: .nan
    }
  }

  /// The definition of binary16: sign, exponent with bias 15, 10 bits; exact in Double.
  @Test("all 65,536 half-precision numbers") func halves() {
    for bits in UInt32(0)..<65_536 {
      let (sign, exponent, fraction) = (bits >> 15 == 1 ? -1.0 : 1, Int(bits >> 10 & 31), Double(bits & 1023))
      let found = NeuralNetwork.float(halfBits: bits)
      if exponent == 31 {
        #expect(fraction == 0 ? found == Float(sign) * .infinity : found.isNaN)
      } else {
        let exact = exponent == 0 ? scalbn(fraction, -24) : scalbn(1024 + fraction, exponent - 25)
        #expect(found.bitPattern == Float(sign * exact).bitPattern)
      }
    }
  }

  @Test("what a caller asks for and the file has not") func mismatches() throws {
    let folder = TemporaryFolder()
    let file = try folder.open(bytes(ofFixture: "checkpoint/types.safetensors"))
    let six = scratch([Float](repeating: 0, count: 6))
    let ten = scratch([Int64](repeating: 0, count: 10))
    func message(_ body: () throws -> Void) -> String? {
      do { try body() } catch let error as FileError {
        return "\(error.row): \(error.reason)"
      } catch {}
      return nil
    }
    #expect(
      message { try file.copyFloats("f32 ", shape: [2, 3], into: six.cells) }
        == "shape: there is no tensor \"f32 \"")
    #expect(
      message { try file.copyFloats("f32", shape: [3, 2], into: six.cells) }
        == "shape: \"f32\" has shape [2, 3], expected [3, 2]")
    #expect(
      message { try file.copyFloats("f32", shape: [2, 3], into: six.cells.prefix(5)) }
        == "shape: \"f32\" has shape [2, 3], its destination has room for 5 values")
    #expect(
      message { try file.copyFloats("i32", shape: [3], into: six.cells.prefix(3)) }
        == "elementType: \"i32\" has elements of type I32, expected floating-point numbers")
    #expect(
      message { try file.copyIntegers("bf16", shape: [10], into: ten.cells) }
        == "elementType: \"bf16\" has elements of type BF16, expected integers")
    #expect(
      message { try file.copyFloats("f8", shape: [2], into: six.cells.prefix(2)) }
        == "unsupported: \"f8\" has elements of type F8_E4M3, which is not read")
    #expect(
      message { try file.copyFloats("c64", shape: [1], into: six.cells.prefix(1)) }
        == "unsupported: \"c64\" has elements of type C64, which is not read")
    #expect(
      message { try file.copyIntegers("u64 too large", shape: [1], into: ten.cells.prefix(1)) }
        == "limit: \"u64 too large\" has the U64 value 9223372036854775808 at flat index 0")
    #expect(
      message { _ = try file.integer("i64") } == "shape: \"i64\" has shape [3], expected []")
    withExtendedLifetime((six, ten)) {}
  }

  @Test("checksums: required, present, missing") func checksums() throws {
    let folder = TemporaryFolder()
    let foreign = bytes(ofFixture: "checkpoint/types.safetensors")
    let own = bytes(ofFixture: "checkpoint/own.safetensors")
    #expect(row { _ = try folder.open(own, checksums: .required) } == nil)
    #expect(row { _ = try folder.open(foreign, checksums: .required) } == .checksum)
    // The last byte belongs to "a/b.weight": its own checksum names it.
    var damaged = own
    damaged[damaged.count - 1] ^= 1
    for checksums in [CheckpointFile.Checksums.required, .whenPresent] {
      do {
        _ = try folder.open(damaged, checksums: checksums)
        Issue.record("damage was not seen")
      } catch {
        #expect(error.row == .checksum)
        #expect(error.offset == own.count - 4)
        #expect(error.reason == "\"a/b.weight\" is damaged: its CRC-32C is not the recorded one")
      }
    }
    // With the digest hidden under another name, what remains is too little: the file was ours.
    let text = String(decoding: own, as: UTF8.self)
    #expect(text.contains("topoloss.sha256"))
    let place = try #require(
      (8..<own.count).first { Array(own[$0..<$0 + 15]) == Array("topoloss.sha256".utf8) })
    var renamed = own
    renamed[place] = UInt8(ascii: "T")
    #expect(row { _ = try folder.open(renamed, checksums: .whenPresent) } == .checksum)
    #expect(row { _ = try folder.open(renamed, checksums: .required) } == .checksum)
    #expect(row { _ = try folder.open(foreign, checksums: .whenPresent) } == nil)
  }

  @Test("only regular files are read, and none is waited for", .timeLimit(.minutes(1))) func kindsOfFile()
    throws
  {
    let folder = TemporaryFolder()
    unsafe mkfifo(folder["pipe"], 0o600)
    unsafe symlink("/nowhere/at/all", folder["dangling"])
    unsafe symlink("loop", folder["loop"])
    func row(_ path: String) -> FileError.Row? {
      self.row { _ = try CheckpointFile(path: path, checksums: .whenPresent, budget: MemoryBudget()) }
    }
    #expect(row(folder["pipe"]) == .reading(errno: EINVAL))
    #expect(row("/dev/zero") == .reading(errno: EINVAL))
    #expect(row(folder.path) == .reading(errno: EISDIR))
    #expect(row(folder["missing"]) == .reading(errno: ENOENT))
    #expect(row(folder["dangling"]) == .reading(errno: ENOENT))
    #expect(row(folder["loop"]) == .reading(errno: ELOOP))
    #expect(row("") == .reading(errno: ENOENT))
    #expect(row(folder[String(repeating: "x", count: 300)]) == .reading(errno: ENAMETOOLONG))
    #expect(row("/etc/passwd\u{0}.safetensors") == .path)
    let file = folder.write(bytes(ofFixture: "checkpoint/own.safetensors"), as: "file")
    unsafe symlink("file", folder["link"])
    #expect(row(folder["link"]) == nil)
    withExtendedLifetime(file) {}
  }

  @Test("memory is asked for before it is taken, and named when refused") func memory() throws {
    let folder = TemporaryFolder()
    let own = bytes(ofFixture: "checkpoint/own.safetensors")
    // The header and its eight bytes, then the data, beside the first look at the length.
    for limit in 0..<UInt64(own.count) {
      guard case .memory(let bytes)? = row({ _ = try folder.open(own, budget: MemoryBudget(limit: limit)) })
      else {
        Issue.record("opened with \(limit) bytes")
        return
      }
      #expect(bytes > limit)
    }
    let budget = MemoryBudget(limit: UInt64(own.count) + 8)
    for _ in 0..<3 { #expect(row { _ = try folder.open(own, budget: budget) } == nil) }
  }

  /// A sparse file of 1 TiB that says its header fills it: refused before a byte of it is asked for.
  @Test("a lying length costs nothing") func sparse() throws {
    let folder = TemporaryFolder()
    let header = Array("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}".utf8)
    for length in [UInt64(1 << 40) - 8, UInt64(header.count)] {
      let path = folder.write((0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + header)
      guard unsafe truncate(path, 1 << 40) == 0 else { continue }
      let found = row {
        _ = try CheckpointFile(path: path, checksums: .whenPresent, budget: MemoryBudget(limit: 1 << 16))
      }
      #expect(found == (length == UInt64(header.count) ? .format : .limit))
    }
  }

  /// An independent reader of the same files is in TestOracles; the sums were recorded by PyTorch.
  @Test("all recorded files", .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))
  func recordedFiles() throws {
    let files = try #require(Fixtures.description?["files"]?.members)
    #expect(files.count >= 8)
    var compared = 0
    for (fileName, entries) in files {
      let file = try CheckpointFile(
        path: Fixtures.folder + fileName, checksums: .whenPresent, budget: MemoryBudget())
      let oracle = try #require(Fixtures.load(String(fileName.dropLast(".safetensors".count))))
      let described = entries.members ?? [:]
      #expect(Set(file.names) == Set(oracle.keys))
      for name in file.names {
        let isFloat = file.header.tensor(name)?.elementType?.kind == .floatingPoint
        let values = try isFloat ? file.floats(name) : file.integers(name).map { Float($0) }
        #expect(file.shape(of: name) == oracle[name]?.shape)
        #expect(values.map(\.bitPattern) == oracle[name]?.values.map(\.bitPattern), "\(name)")
        guard let sum = described[name]?["sum"]?.number else { continue }
        // The recorded sums are of Doubles; adding n numbers in another order moves them by n ulps.
        let size = values.reduce(0) { $0 + abs(Double($1)) }
        let found = values.reduce(0) { $0 + Double($1) }
        #expect(abs(found - sum) <= Double(values.count) * 0x1p-52 * size + 1e-30, "\(fileName) \(name)")
        compared += 1
      }
    }
    #expect(compared > 300)
  }
}
