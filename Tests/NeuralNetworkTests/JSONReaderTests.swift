import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("JSONReader")
struct JSONReaderTests {
  /// What is wrong with a text, or `nil`.
  private func fault(_ bytes: [UInt8]) -> JSONError? {
    let text = scratch(bytes)
    return withExtendedLifetime(text) {
      do throws(JSONError) {
        _ = try JSONValue(parsing: text.cells)
        return nil
      } catch {
        return error
      }
    }
  }

  private func fault(_ text: String) -> JSONError? { fault(Array(text.utf8)) }

  @Test(
    "valid texts",
    arguments: [
      "{}", "[]", " [ ] ", "\t\n\r 1 ", "null", "true", "false", "\"\"", "0", "-0", "-1", "1e5", "1E+5",
      "1.5e-5",
      "[1,2,3]", "[[],{}]", "{\"a\":1}", "{\"a\" : [ 1 , {\"a\": 2} ] }", "\"\\u0041\"", "\"\\ud83d\\ude00\"",
      "\"é😀\"",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "9223372036854775807", "-9223372036854775808", "1e-400", "\"\u{7F}\"",
      "{\"é\":1,\"e\u{301}\":2}",
    ])
  func valid(text: String) { #expect(fault(text) == nil) }

  /// The offset, and the reason, of every kind of mistake.
  @Test(
    "mistakes",
    arguments: [
      ("", 0, "a value must follow"), ("   ", 3, "a value must follow"), ("[", 1, "a value must follow"),
      ("[1", 2, "',' or ']' must follow"), ("[1,]", 3, "a value must follow"),
      ("[,1]", 1, "a value must follow"),
      ("[1 2]", 3, "',' or ']' must follow"), ("{", 1, "a string must follow"),
      ("{a:1}", 1, "a string must follow"),
      ("{\"a\"}", 4, "':' after a name must follow"), ("{\"a\":}", 5, "a value must follow"),
      ("{\"a\":1,}", 7, "a string must follow"), ("{\"a\":1]", 6, "',' or '}' must follow"),
      ("[1}", 2, "',' or ']' must follow"), ("{\"a\":1 \"b\":2}", 7, "',' or '}' must follow"),
      ("1 1", 2, "text after the value"), ("[]]", 2, "text after the value"),
      ("nul", 0, "a value must follow"),
      ("nulL", 0, "a value must follow"), ("truth", 0, "a value must follow"),
      ("True", 0, "a value must follow"),
      ("NaN", 0, "a value must follow"), ("Infinity", 0, "a value must follow"),
      ("-Infinity", 0, "a number must follow"),
      ("-", 0, "a number must follow"), ("+1", 0, "a value must follow"), (".5", 0, "a value must follow"),
      ("01", 0, "a number begins with 0"), ("-01", 0, "a number begins with 0"),
      ("[00]", 1, "a number begins with 0"),
      ("1.", 0, "digits must follow the point"), ("1.e5", 0, "digits must follow the point"),
      ("1e", 0, "digits must follow the exponent's sign"),
      ("1e+", 0, "digits must follow the exponent's sign"),
      ("0x10", 1, "text after the value"), ("1_000", 1, "text after the value"),
      ("1e999", 0, "a number is beyond the largest finite one"),
      ("-1e999", 0, "a number is beyond the largest finite one"),
      ("9223372036854775808", 0, "an integer is beyond 64 bits"),
      ("-9223372036854775809", 0, "an integer is beyond 64 bits"),
      ("\"", 1, "the text ends inside a string"), ("\"\\", 2, "the text ends inside a string"),
      ("\"a\nb\"", 2, "a control character inside a string"), ("\"\\x\"", 1, "an unknown escape"),
      ("\"\\u12G4\"", 1, "an escape needs four hexadecimal digits"),
      ("\"\\u12\"", 1, "an escape needs four hexadecimal digits"),
      ("\"\\ud800\"", 1, "half of a surrogate pair"), ("\"\\udc00\"", 1, "half of a surrogate pair"),
      ("\"\\ud800\\u0041\"", 1, "half of a surrogate pair"),
      ("\"\\ud800\\n\"", 1, "half of a surrogate pair"),
      ("'a'", 0, "a value must follow"), ("[1] // no", 4, "text after the value"),
      ("\u{FEFF}{}", 0, "a value must follow"),
      ("{\"a\":1,\"a\":2}", 7, "the name \"a\" stands twice"),
      ("{\"a\":1,\"\\u0061\":2}", 7, "the name \"a\" stands twice"),
      ("{\"x\":{\"a\":1,\"a\":1}}", 12, "the name \"a\" stands twice"),
    ])
  func mistakes(text: String, offset: Int, reason: String) {
    let found = fault(text)
    #expect(found?.offset == offset)
    #expect(found?.reason == reason)
  }

  /// Overlong, cut off, surrogates, beyond U+10FFFF, stray followers (RFC 3629), and UTF-16.
  @Test(
    "what is not UTF-8",
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0x80], [0xBF],
      [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28], [0xE2, 0x28, 0xA1],
    ] as [[UInt8]])
  func notUTF8(bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    #expect(fault([quote] + bytes + [quote])?.reason == "not UTF-8")
    #expect(fault([quote] + bytes + [quote])?.offset == 1)
    // Outside strings only ASCII can stand.
    #expect(fault(bytes) != nil)
  }

  @Test("UTF-16 is refused") func utf16() {
    #expect(fault("{}".utf16.flatMap { [UInt8($0), 0] })?.offset == 1)
    #expect(fault([0xFF, 0xFE])?.offset == 0)
  }

  @Test("line and column count from 1, characters and not bytes") func lineAndColumn() {
    let found = fault("{\n  \"é😀\": 1,\n  \"ü\": ?\n}")
    #expect(found?.line == 3)
    #expect(found?.column == 8)
    #expect(found?.description == "3:8: a value must follow")
  }

  @Test("32 levels are read, 33 are not, 5 million end at the 33rd", arguments: ["[", "{\"a\":"])
  func depth(opening: String) {
    let closing = opening == "[" ? "]" : "}"
    func nested(_ levels: Int) -> String {
      String(repeating: opening, count: levels) + (opening == "[" ? "" : "1")
        + String(repeating: closing, count: levels)
    }
    #expect(fault(nested(32)) == nil)
    #expect(fault(nested(33))?.reason == "more than 32 levels of nesting")
    #expect(fault(nested(33))?.offset == 32 * opening.utf8.count)
    let hostile = scratch(Array(String(repeating: opening, count: 5_000_000 / opening.utf8.count).utf8))
    #expect(throws: JSONError.self) {
      var reader = JSONReader(hostile.cells)
      while true { if opening == "[" { try reader.openArray() } else { try openMember(&reader) } }
    }
  }

  private func openMember(_ reader: inout JSONReader) throws(JSONError) {
    try reader.openObject()
    _ = try reader.nextMember()
  }

  /// 2 s is the promise of the reliability table; this build with its assertions keeps it too.
  @Test("16 MiB of one string, of digits and of white space are read within 2 s")
  func large() throws {
    let size = 16 << 20
    let contents: [(UInt8, String)] = [
      (UInt8(ascii: "a"), "\""), (0x20, ""), (UInt8(ascii: "9"), ""), (0xCC, "\""),
    ]
    for (filling, quote) in contents {
      var bytes = Array(quote.utf8) + [UInt8](repeating: filling, count: size) + Array(quote.utf8)
      // Pairs of bytes that are combining marks: hostile to Swift's string comparison.
      if filling == 0xCC { for index in stride(from: 2, through: size, by: 2) { bytes[index] = 0x81 } }
      let text = scratch(bytes)
      let time = processorSeconds {
        var reader = JSONReader(text.cells)
        if quote == "\"" { _ = try? reader.string(keeping: 255) } else { _ = try? reader.number() }
      }
      #expect(time < 2)
    }
    let object = scratch(Array("{\"a\": \"\(String(repeating: "x", count: 1 << 20))\"}".utf8))
    #expect(throws: JSONError.self) { try JSONValue(parsing: object.cells) }
  }

  @Test("a string is cut behind the limit, and read to its end") func limit() throws {
    let text = scratch(Array("\"aaaaaaaaaa\" 7".utf8))
    var reader = JSONReader(text.cells)
    let kept = try reader.string(keeping: 4)
    #expect(kept.utf8.count == 5)
    #expect(try reader.integer() == 7)
  }
}
