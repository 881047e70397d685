import Glibc

/// What was recorded with PyTorch, in `shared/fixtures` beside the folder of the project.
///
///     Fixtures.load("generator_init")?["conv1.encoderblock.0.weight"]   // shape and Floats
///     Fixtures.scalar("loss.train.dice")
///
/// The files are not part of the project, so everything is `nil` where they are missing; a test that needs
/// them says so: `@Test(.enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))`.
public enum Fixtures {
  /// Ends in a slash.
  public static let folder = sharedFile("fixtures/")

  public static let areThere = unsafe access(folder + "fixtures.json", R_OK) == 0

  /// Why a test is skipped without them.
  public static let note = "needs the recorded tensors in \(folder)"

  /// The tensors of `<name>.safetensors` by name. Whole numbers become Floats.
  public static func load(_ name: String) -> [String: NaiveTensor<Float>]? {
    bytes(of: "\(name).safetensors").map(tensors)
  }

  /// A number of `scalars` in fixtures.json.
  public static func scalar(_ name: String) -> Double? { description?["scalars"]?[name]?.number }

  /// A list of numbers of `scalars` in fixtures.json.
  public static func scalars(_ name: String) -> [Double]? { description?["scalars"]?[name]?.numbers }

  /// fixtures.json: `files`, `scalars`, `activation_stats`, `float32_vs_float64`.
  public static let description = bytes(of: "fixtures.json").map { FixtureJSON(parsing: $0) }

  private static func bytes(of file: String) -> [UInt8]? { contents(ofFile: folder + file) }

  /// Eight bytes with the length of the header, the header in JSON, then the numbers, lowest byte first.
  /// (The safetensors format.)
  private static func tensors(in file: [UInt8]) -> [String: NaiveTensor<Float>] {
    let start = 8 + Int(littleEndian(file[..<8]))
    let header = FixtureJSON(parsing: file[8..<start])
    return (header.members ?? [:]).filter { $0.key != "__metadata__" }.mapValues { entry in
      let shape = (entry["shape"]?.numbers ?? []).map { Int($0) }
      let ends = (entry["data_offsets"]?.numbers ?? []).map { start + Int($0) }
      return NaiveTensor(
        shape: shape, values: floats(of: file[ends[0]..<ends[1]], type: entry["dtype"]?.string ?? ""))
    }
  }

  private static func floats(of bytes: ArraySlice<UInt8>, type: String) -> [Float] {
    let size = type.hasSuffix("64") ? 8 : 4
    return stride(from: bytes.startIndex, to: bytes.endIndex, by: size).map { place in
      let bits = littleEndian(bytes[place..<place + size])
      switch type {
      case "F32": return Float(bitPattern: UInt32(bits))
      case "I32": return Float(Int32(truncatingIfNeeded: bits))
      case "I64": return Float(Int64(bitPattern: bits))
      default: preconditionFailure("no reader for the element type \(type)")
      }
    }
  }

  private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
