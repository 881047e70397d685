// The safetensors format: 8 bytes with the length N of the header, lowest first; a JSON object of N
// bytes, padded with spaces; the elements of all tensors, lowest byte first, without a gap. The object
// has for each name {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}, counted from the end
// of the header, and optionally "__metadata__" with texts for names.
// (https://huggingface.co/docs/safetensors, version 0.8.)

/// What is refused, however much memory there is. May be raised by whoever must read larger files.
public struct CheckpointLimits: Sendable {
  /// Bytes of the JSON header.
  public var headerBytes = 16 << 20
  public var tensors = 100_000
  /// Bytes of a tensor's name. Names of metadata may have 64 more.
  public var nameBytes = 255
  /// Axes of a tensor.
  public var axes = 16
  /// Texts in the metadata: a checksum for every tensor, and some.
  var metadataTexts: Int { min(tensors, 1 << 40) + 1000 }
  var metadataNameBytes: Int { min(nameBytes, 1 << 40) + 64 }

  public init() {}
}

/// The element types of safetensors, by the names of the format.
enum ElementType: String, CaseIterable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i64 = "I64"
  case u64 = "U64"
  case i32 = "I32"
  case u32 = "U32"
  case i16 = "I16"
  case u16 = "U16"
  case i8 = "I8"
  case u8 = "U8"
  case bool = "BOOL"
  // Known, so that their sizes are checked, but not read.
  case c64 = "C64"
  case f8E4M3 = "F8_E4M3"
  case f8E5M2 = "F8_E5M2"
  case f8E8M0 = "F8_E8M0"
  case f8E4M3FNUZ = "F8_E4M3FNUZ"
  case f8E5M2FNUZ = "F8_E5M2FNUZ"
  case f6E2M3 = "F6_E2M3"
  case f6E3M2 = "F6_E3M2"
  case f4 = "F4"

  var bits: Int {
    switch self {
    case .f64, .i64, .u64, .c64: 64
    case .f32, .i32, .u32: 32
    case .f16, .bf16, .i16, .u16: 16
    case .i8, .u8, .bool, .f8E4M3, .f8E5M2, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ: 8
    case .f6E2M3, .f6E3M2: 6
    case .f4: 4
    }
  }

  enum Kind { case floatingPoint, integer, unread }

  var kind: Kind {
    switch self {
    case .f64, .f32, .f16, .bf16: .floatingPoint
    case .i64, .u64, .i32, .u32, .i16, .u16, .i8, .u8, .bool: .integer
    default: .unread
    }
  }
}

/// The metadata that hold the checksums of our own files.
enum ChecksumKey {
  /// SHA-256 of the whole file, in which the 64 digits of the digest itself are zeros ("0").
  static let file = "topoloss.sha256"
  static let digestDigits = 64
  /// CRC-32C of the bytes of one tensor, 8 hexadecimal digits, under this and the tensor's name.
  static let tensorPrefix = "topoloss.crc32c."

  static func isReserved(_ name: String) -> Bool { name == file || name.hasPrefix(tensorPrefix) }
}

/// Why a name of a tensor is refused, or `nil`.
///
/// Names end up in messages, logs and sometimes in names of files: none may break a line, end a text or
/// lead out of a folder.
func faultOfTensorName(_ name: String, limit: Int) -> String? {
  if name.utf8.count > limit { return "a name has more than \(limit) bytes" }
  let controls = name.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
  if controls { return "the name \(quotedJSON(name)) has control characters" }
  let climbs = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    .contains { $0.elementsEqual("..".utf8) }
  if name.utf8.first == UInt8(ascii: "/") || climbs {
    return "the name \(quotedJSON(name)) leads out of its folder"
  }
  return nil
}

/// The number of elements of a shape, 1 for a scalar; `nil` when an extent is negative or the product
/// is beyond 64 bits.
func elementCount(_ shape: [Int]) -> Int? {
  var count = 1
  for extent in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    guard extent >= 0, !overflow else { return nil }
    count = product
  }
  return count
}
