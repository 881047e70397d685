import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("JSONText")
struct JSONTextTests {
  private func parse(_ text: String) throws -> JSONValue {
    let bytes = scratch(Array(text.utf8))
    return try withExtendedLifetime(bytes) { try JSONValue(parsing: bytes.cells) }
  }

  @Test("values keep their kind, order, place and exact numbers") func contents() throws {
    let text = "{\"b\": [1, -2.5e3, true, null], \"a\": {\"x\": \"\\u00e9\\n\"}, \"big\": 9007199254740993}"
    guard case .object(let object) = try parse(text).content else {
      Issue.record("not an object")
      return
    }
    #expect(object.members.map(\.name) == ["b", "a", "big"])
    #expect(object["a"]?.offset == 36)
    #expect(object["c"] == nil)
    guard case .array(let elements)? = object["b"]?.content, case .integer(1) = elements[0].content,
      case .number(-2500) = elements[1].content, case .boolean(true) = elements[2].content,
      case .null = elements[3].content, case .object(let inner)? = object["a"]?.content,
      case .string("é\n")? = inner["x"]?.content,
      // Beyond 2^53: exact only when it never was a Double.
      case .integer(9_007_199_254_740_993)? = object["big"]?.content
    else {
      Issue.record("wrong contents")
      return
    }
  }

  @Test("write, read, write gives the same text") func roundTrip() throws {
    var generator = SeededGenerator(seed: 91)
    for _ in 0..<300 {
      let text = value(depth: 4, &generator).text
      #expect(try parse(text).text == text)
      #expect(!text.utf8.contains { $0 < 0x20 })
    }
  }

  @Test("numbers come back bit for bit; those that JSON lacks become null") func numbers() throws {
    var generator = SeededGenerator(seed: 92)
    for _ in 0..<2000 {
      let number = Double(bitPattern: generator.next())
      let text = JSONValue(.number(number)).text
      guard number.isFinite else {
        #expect(text == "null")
        continue
      }
      guard case .number(let read) = try parse(text).content else {
        Issue.record("\(text) is not read as a fraction")
        continue
      }
      #expect(read.bitPattern == number.bitPattern)
    }
  }

  @Test("every character of a message stays on its line") func quoting() {
    #expect(
      quotedJSON("a\"\\\n\r\t\u{0}\u{1B}[31m\u{85}\u{2028}é😀")
        == "\"a\\\"\\\\\\n\\r\\t\\u0000\\u001b[31m\\u0085\\u2028é😀\"")
  }

  private func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
    switch generator.next() % (depth == 0 ? 5 : 7) {
    case 0: return JSONValue(.null)
    case 1: return JSONValue(.boolean(generator.next() & 1 == 0))
    case 2: return JSONValue(.integer(Int64(bitPattern: generator.next() >> (generator.next() % 64))))
    case 3: return JSONValue(.number(generator.unit() * 1e-3))
    case 4: return JSONValue(.string(text(&generator)))
    case 5:
      return JSONValue(.array((0..<generator.next() % 4).map { _ in value(depth: depth - 1, &generator) }))
    default:
      var object = JSONObject()
      for _ in 0..<generator.next() % 4 {
        _ = object.add(text(&generator), value(depth: depth - 1, &generator))
      }
      return JSONValue(.object(object))
    }
  }

  private func text(_ generator: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<generator.next() % 6 {
      if let scalar = Unicode.Scalar(UInt32(generator.next() % 0x11_0000) >> UInt32(generator.next() % 18)) {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
