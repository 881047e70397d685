@testable import NeuralNetwork

/// Files that were made to hurt, each with the error that it must get: C2 of docs/reliability.md.
enum CraftedCheckpoints {
  struct Case {
    let name: String
    let bytes: [UInt8]
    let row: FileError.Row?
    let offset: Int?
    let reason: String
  }

  /// A file whose header says what it is; `data` bytes follow.
  static func file(_ header: String, data: Int = 4) -> [UInt8] {
    file(Array(header.utf8), data: data)
  }

  static func file(_ header: [UInt8], data: Int) -> [UInt8] {
    length(UInt64(header.count)) + header + [UInt8](repeating: 0, count: data)
  }

  static func length(_ count: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
  }

  /// The entry of a tensor.
  static func tensor(
    _ name: String = "a", _ type: String = "F32", _ shape: String = "[1]", _ offsets: String = "[0,4]"
  ) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  static func bad(
    _ name: String, _ bytes: [UInt8], _ row: FileError.Row, _ offset: Int?, _ reason: String
  ) -> Case { Case(name: name, bytes: bytes, row: row, offset: offset, reason: reason) }

  static func good(_ name: String, _ bytes: [UInt8]) -> Case {
    Case(name: name, bytes: bytes, row: nil, offset: nil, reason: "")
  }

  static let lengths: [Case] = [
    bad("empty file", [], .format, 0, "shorter than 8 bytes"),
    bad("seven bytes", [2, 0, 0, 0, 0, 0, 0], .format, 7, "shorter than 8 bytes"),
    bad("N = 0", length(0), .format, 8, "the header does not begin with '{'"),
    bad(
      "N = 2^63", length(1 << 63) + Array("{}".utf8), .format, 0,
      "a header of 9223372036854775808 bytes in a file of 10 bytes"),
    bad(
      "N = 2^64 - 1", length(.max) + Array("{}".utf8), .format, 0,
      "a header of 18446744073709551615 bytes in a file of 10 bytes"),
    bad(
      "N one too large", length(3) + Array("{}".utf8), .format, 0, "a header of 3 bytes in a file of 10 bytes"
    ),
    bad("N one too small", length(1) + Array("{}".utf8), .format, 9, "a string must follow"),
    bad(
      "header above 16 MiB", file([UInt8](repeating: 0x20, count: (16 << 20) + 1), data: 0), .limit, 0,
      "a header of 16777217 bytes, at most 16777216 are read"),
    bad(
      "16 MiB of spaces", file([UInt8](repeating: 0x20, count: 16 << 20), data: 0), .format, 8,
      "the header does not begin with '{'"),
    good("no tensors", file("{}", data: 0)),
    good("padded with spaces", file("{}      ", data: 0)),
  ]

  static let texts: [Case] = [
    bad("space before the object", file(" {}", data: 0), .format, 8, "the header does not begin with '{'"),
    bad("an array", file("[]", data: 0), .format, 8, "the header does not begin with '{'"),
    bad("padded with line feeds", file("{}\n\n", data: 0), .format, 10, "text after the header"),
    bad("padded with zeros", file("{}\u{0}\u{0}", data: 0), .format, 10, "text after the header"),
    bad("two objects", file("{}{}", data: 0), .format, 10, "text after the header"),
    bad("byte order mark", file("\u{FEFF}{}", data: 0), .format, 8, "the header does not begin with '{'"),
    bad("UTF-16", file("{}".utf16.flatMap { [UInt8($0), 0] }, data: 0), .format, 9, "a string must follow"),
    bad(
      "not UTF-8", file(Array("{\"".utf8) + [0xFF] + Array("\":1}".utf8), data: 0), .format, 10, "not UTF-8"),
    bad(
      "overlong slash in a name", file(Array("{\"..".utf8) + [0xC0, 0xAF] + Array("\":1}".utf8), data: 0),
      .format, 12, "not UTF-8"),
    bad("trailing comma", file("{\(tensor()),}"), .format, 62, "a string must follow"),
    bad("single quotes", file("{'a':1}", data: 0), .format, 9, "a string must follow"),
    bad("a comment", file("{/* */}", data: 0), .format, 9, "a string must follow"),
    bad(
      "pickle", file(Array("\u{80}\u{4}cos\nsystem\n".utf8), data: 0), .format, 8,
      "the header does not begin with '{'"),
    bad(
      "5 million arrays", file("{\"a\":" + String(repeating: "[", count: 5_000_000), data: 0), .format, 13,
      "an object must follow"),
    bad(
      "5 million objects", file(String(repeating: "{\"a\":", count: 1_000_000), data: 0), .format, 14,
      "\"a\" is no member of a tensor"),
    bad(
      "5 million arrays in the metadata",
      file("{\"__metadata__\":{\"a\":" + String(repeating: "[", count: 5_000_000), data: 0), .format, 29,
      "a string must follow"),
    bad(
      "5 million arrays in a shape",
      file("{\"a\":{\"shape\":" + String(repeating: "[", count: 5_000_000), data: 0), .format, 23,
      "a number must follow"),
    bad(
      "lone surrogate in a name", file("{\"\\ud800\":1}", data: 0), .format, 10, "half of a surrogate pair"),
  ]

  static let names: [Case] = [
    bad("the same name twice", file("{\(tensor()),\(tensor())}"), .format, 62, "the name \"a\" stands twice"),
    bad(
      "the same name twice, once escaped", file("{\(tensor()),\(tensor("\\u0061"))}"), .format, 62,
      "the name \"a\" stands twice"),
    bad(
      "two metadata", file("{\"__metadata__\":{},\"__metadata__\":{}}", data: 0), .format, 27,
      "__metadata__ stands twice"),
    bad(
      "the same name twice in the metadata", file("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", data: 0),
      .format, 32, "the name \"a\" stands twice"),
    bad("../x", file("{\(tensor("../x"))}"), .path, 9, "the name \"../x\" leads out of its folder"),
    bad(
      "a/../../x", file("{\(tensor("a/../../x"))}"), .path, 9,
      "the name \"a/../../x\" leads out of its folder"),
    bad("/etc/x", file("{\(tensor("/etc/x"))}"), .path, 9, "the name \"/etc/x\" leads out of its folder"),
    bad(
      "a zero byte in a name", file("{\(tensor("a\\u0000"))}"), .path, 9,
      "the name \"a\\u0000\" has control characters"),
    bad(
      "a line feed in a name", file("{\(tensor("a\\nb"))}"), .path, 9,
      "the name \"a\\nb\" has control characters"),
    bad(
      "an escape sequence of terminals in a name", file("{\(tensor("\\u001b[31m"))}"), .path, 9,
      "the name \"\\u001b[31m\" has control characters"),
    bad(
      "a name of 256 bytes", file("{\(tensor(String(repeating: "x", count: 256)))}"), .path, 9,
      "a name has more than 255 bytes"),
    bad(
      "a name of 10 MB", file("{\(tensor(String(repeating: "x", count: 10_000_000)))}"), .path, 9,
      "a name has more than 255 bytes"),
    bad(
      "a name of metadata of 320 bytes",
      file("{\"__metadata__\":{\"\(String(repeating: "x", count: 320))\":\"\"}}", data: 0), .limit, 25,
      "a name of metadata has more than 319 bytes"),
    bad(
      "metadata that are no texts", file("{\"__metadata__\":{\"a\":1}}", data: 0), .format, 29,
      "a string must follow"),
    bad(
      "metadata that are an array", file("{\"__metadata__\":[]}", data: 0), .format, 24,
      "an object must follow"),
    good("a name of 255 bytes", file("{\(tensor(String(repeating: "x", count: 255)))}")),
    good("dots that lead nowhere", file("{\(tensor("..a/b..c/...")),\(tensor("", "F32", "[0]", "[4,4]"))}")),
    good("names that only look alike", file("{\(tensor("é")),\(tensor("e\u{301}", "F32", "[0]", "[4,4]"))}")),
    good(
      "hostile to comparing by characters",
      file("{\"__metadata__\":{\"a\":\"\(String(repeating: "\u{301}\u{323}", count: 2_000_000))\"}}", data: 0)
    ),
  ]

  static let entries: [Case] = [
    bad(
      "no dtype", file("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}"), .format, 9,
      "a tensor has one dtype, one shape and two data_offsets"),
    bad(
      "no shape", file("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}"), .format, 9,
      "a tensor has one dtype, one shape and two data_offsets"),
    bad(
      "no offsets", file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}"), .format, 9,
      "a tensor has one dtype, one shape and two data_offsets"),
    bad(
      "an empty entry", file("{\"a\":{}}"), .format, 9,
      "a tensor has one dtype, one shape and two data_offsets"),
    bad("a null entry", file("{\"a\":null}"), .format, 13, "an object must follow"),
    bad(
      "two dtypes", file("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"), .format, 28, "dtype stands twice"),
    bad("two shapes", file("{\"a\":{\"shape\":[1],\"shape\":[1]}}"), .format, 26, "shape stands twice"),
    bad(
      "an unknown member", file("{\"a\":{\"strides\":[1]}}"), .format, 14,
      "\"strides\" is no member of a tensor"),
    bad("dtype a number", file("{\"a\":{\"dtype\":32}}"), .format, 22, "a string must follow"),
    bad(
      "one offset", file("{\(tensor("a", "F32", "[1]", "[0]"))}"), .format, 9,
      "a tensor has one dtype, one shape and two data_offsets"),
    bad("three offsets", file("{\(tensor("a", "F32", "[1]", "[0,4,8]"))}"), .format, 56, "more than 2 sizes"),
    bad(
      "a fraction as offset", file("{\(tensor("a", "F32", "[1]", "[0,4.0]"))}"), .format, 58, "not an integer"
    ),
    bad("an exponent in a shape", file("{\(tensor("a", "F32", "[1e0]"))}"), .format, 37, "not an integer"),
    bad(
      "NaN as offset", file("{\(tensor("a", "F32", "[1]", "[NaN,4]"))}"), .format, 56, "a number must follow"),
    bad(
      "Infinity as offset", file("{\(tensor("a", "F32", "[1]", "[0,Infinity]"))}"), .format, 58,
      "a number must follow"),
    bad(
      "1e999 as offset", file("{\(tensor("a", "F32", "[1]", "[0,1e999]"))}"), .format, 58,
      "a number is beyond the largest finite one"),
    bad(
      "a text as offset", file("{\(tensor("a", "F32", "[1]", "[\"0\",4]"))}"), .format, 56,
      "a number must follow"),
    bad(
      "a negative offset", file("{\(tensor("a", "F32", "[1]", "[-4,0]"))}"), .format, 56, "a negative size"),
    bad(
      "minus nothing as offset", file("{\(tensor("a", "F32", "[1]", "[-0,4]"))}"), .format, 56,
      "not an integer"),
    bad(
      "a leading zero", file("{\(tensor("a", "F32", "[1]", "[0,04]"))}"), .format, 58,
      "a number begins with 0"),
    bad("a negative extent", file("{\(tensor("a", "F32", "[-1,-1]"))}"), .format, 37, "a negative size"),
    bad(
      "an offset of 2^64", file("{\(tensor("a", "F32", "[1]", "[0,18446744073709551616]"))}"), .format, 58,
      "an integer is beyond 64 bits"),
    bad(
      "10 MB of digits",
      file("{\(tensor("a", "F32", "[1]", "[0,\(String(repeating: "9", count: 10_000_000))]"))}"), .format, 58,
      "a number has more than 400 characters"),
    bad(
      "17 axes", file("{\(tensor("a", "F32", "[1\(String(repeating: ",1", count: 16))]"))}"), .limit, 37,
      "more than 16 sizes"),
    good("16 axes", file("{\(tensor("a", "F32", "[1\(String(repeating: ",1", count: 15))]"))}")),
    good("a scalar", file("{\(tensor("a", "F32", "[]"))}")),
    good("an element type of the future", file("{\(tensor("a", "F999", "[7]"))}")),
  ]

  static let places: [Case] = [
    bad(
      "2^40 x 2^40 elements", file("{\(tensor("a", "F32", "[1099511627776,1099511627776]"))}"), .limit, 9,
      "\"a\" has too many elements"),
    bad(
      "2^62 elements of 4 bytes", file("{\(tensor("a", "F32", "[4611686018427387904]"))}"), .limit, 9,
      "\"a\" has too many elements"),
    bad(
      "a product that wraps to 1",
      file("{\(tensor("a", "U8", "[4294967297,4294967297]", "[0,1]"))}", data: 1), .limit, 9,
      "\"a\" has too many elements"),
    bad(
      "fewer bytes than the shape", file("{\(tensor("a", "F32", "[2]"))}"), .format, 9,
      "\"a\" has 4 bytes, its shape calls for 64 bits"),
    bad(
      "half a byte", file("{\(tensor("a", "F4", "[1]", "[0,0]"))}", data: 0), .format, 9,
      "\"a\" has 0 bytes, its shape calls for 4 bits"),
    bad(
      "end before begin", file("{\(tensor("a", "F32", "[1]", "[4,0]"))}"), .format, 9,
      "\"a\" ends before it begins"),
    bad(
      "behind the end of the file", file("{\(tensor("a", "F32", "[2]", "[0,8]"))}"), .format, 9,
      "\"a\" ends behind the end of the file"),
    bad(
      "far behind the end of the file",
      file("{\(tensor("a", "U8", "[9223372036854775]", "[0,9223372036854775]"))}"), .format, 9,
      "\"a\" ends behind the end of the file"),
    bad(
      "overlap", file("{\(tensor()),\(tensor("b", "F32", "[1]", "[2,6]"))}", data: 6), .format, 62,
      "\"b\" overlaps another tensor"),
    bad(
      "the same place twice", file("{\(tensor()),\(tensor("b"))}"), .format, 62,
      "\"b\" overlaps another tensor"),
    bad(
      "a gap at the start", file("{\(tensor("a", "F32", "[1]", "[4,8]"))}", data: 8), .format, 9,
      "\"a\" has a gap before it"),
    bad(
      "a gap in the middle", file("{\(tensor()),\(tensor("b", "F32", "[1]", "[8,12]"))}", data: 12), .format,
      62, "\"b\" has a gap before it"),
    bad(
      "an empty tensor in a gap", file("{\(tensor("a", "F32", "[0]", "[2,2]"))}"), .format, 9,
      "\"a\" has a gap before it"),
    bad("trailing bytes", file("{\(tensor())}", data: 5), .format, 0, "1 bytes follow the last tensor"),
    bad(
      "a trailing archive", file("{\(tensor())}") + Array("PK\u{3}\u{4}".utf8), .format, 0,
      "4 bytes follow the last tensor"),
    bad("bytes without tensors", file("{}", data: 9), .format, 0, "9 bytes follow the last tensor"),
    good(
      "tensors in another order than their bytes",
      file("{\(tensor("b", "F32", "[1]", "[4,8]")),\(tensor())}", data: 8)),
    good(
      "an unaligned element",
      file("{\(tensor("a", "U8", "[1]", "[0,1]")),\(tensor("b", "F32", "[1]", "[1,5]"))}", data: 5)),
  ]

  static let checksums: [Case] = [
    bad(
      "a wrong checksum of a tensor",
      file("{\"__metadata__\":{\"topoloss.crc32c.a\":\"00000000\"},\(tensor())}"), .checksum, 110,
      "\"a\" is damaged: its CRC-32C is not the recorded one"),
    bad(
      "a checksum that is none", file("{\"__metadata__\":{\"topoloss.crc32c.a\":\"\"},\(tensor())}"),
      .checksum, 102, "\"a\" is damaged: its CRC-32C is not the recorded one"),
    bad(
      "a wrong digest",
      file("{\"__metadata__\":{\"topoloss.sha256\":\"\(String(repeating: "0", count: 64))\"}}", data: 0),
      .checksum, 43, "is damaged: its SHA-256 is not the recorded one"),
    bad(
      "a digest that is none", file("{\"__metadata__\":{\"topoloss.sha256\":\"x\"}}", data: 0), .checksum, 43,
      "is damaged: its SHA-256 is not the recorded one"),
    bad(
      "a digest of escapes",
      file(
        "{\"__metadata__\":{\"topoloss.sha256\":\"\(String(repeating: "\\u0030", count: 64))\"}}", data: 0),
      .checksum, 43, "is damaged: its SHA-256 is not the recorded one"),
    bad(
      "a checksum of a tensor that is not there",
      file("{\"__metadata__\":{\"topoloss.crc32c.b\":\"00000000\"},\(tensor())}"), .checksum, 110,
      "\"a\" has no checksum"),
    bad(
      "a checksum of a tensor that is not there, and no other tensor",
      file("{\"__metadata__\":{\"topoloss.crc32c.b\":\"00000000\"}}", data: 0), .checksum, nil,
      "has no checksum"),
  ]

  static let all = lengths + texts + names + entries + places + checksums
}
