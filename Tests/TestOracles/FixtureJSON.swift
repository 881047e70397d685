/// A JSON document that we wrote ourselves; a mistake in it ends the test.
public indirect enum FixtureJSON: Sendable {
  case object([String: FixtureJSON])
  case array([FixtureJSON])
  case string(String)
  case number(Double)
  /// true, false, null.
  case word(String)

  public init(parsing bytes: some Sequence<UInt8>) {
    var reader = Reader(bytes: Array(bytes))
    self = reader.value()
  }

  public subscript(key: String) -> FixtureJSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  public var number: Double? { if case .number(let number) = self { number } else { nil } }
  public var string: String? { if case .string(let string) = self { string } else { nil } }
  public var elements: [FixtureJSON]? { if case .array(let elements) = self { elements } else { nil } }
  public var members: [String: FixtureJSON]? { if case .object(let members) = self { members } else { nil } }
  /// An array of numbers; one number counts as an array of one.
  public var numbers: [Double]? { number.map { [$0] } ?? elements?.compactMap(\.number) }

  /// (RFC 8259, without pairs of surrogates.)
  private struct Reader {
    let bytes: [UInt8]
    var place = 0

    mutating func value() -> FixtureJSON {
      skipSpace()
      switch bytes[place] {
      case UInt8(ascii: "{"):
        var members: [String: FixtureJSON] = [:]
        list(until: UInt8(ascii: "}")) { reader in
          let key = reader.text()
          reader.skipSpace()
          precondition(reader.bytes[reader.place] == UInt8(ascii: ":"), "JSON: a colon after \(key)")
          reader.place += 1
          members[key] = reader.value()
        }
        return .object(members)
      case UInt8(ascii: "["):
        var elements: [FixtureJSON] = []
        list(until: UInt8(ascii: "]")) { reader in elements.append(reader.value()) }
        return .array(elements)
      case UInt8(ascii: "\""): return .string(text())
      default:
        let start = place
        while place < bytes.count, !Self.endsWord(bytes[place]) { place += 1 }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        return Double(word).map { .number($0) } ?? .word(word)
      }
    }

    private mutating func list(until end: UInt8, element: (inout Reader) -> Void) {
      place += 1
      skipSpace()
      while bytes[place] != end {
        element(&self)
        skipSpace()
        if bytes[place] == UInt8(ascii: ",") { place += 1 }
        skipSpace()
      }
      place += 1
    }

    private mutating func text() -> String {
      var text: [UInt8] = []
      place += 1
      while bytes[place] != UInt8(ascii: "\"") {
        if bytes[place] == UInt8(ascii: "\\") {
          text += escape()
        } else {
          text.append(bytes[place])
          place += 1
        }
      }
      place += 1
      return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape() -> [UInt8] {
      let letter = bytes[place + 1]
      place += 2
      switch letter {
      case UInt8(ascii: "n"): return [10]
      case UInt8(ascii: "t"): return [9]
      case UInt8(ascii: "u"):
        let digits = String(decoding: bytes[place..<place + 4], as: UTF8.self)
        place += 4
        let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) ?? "?"
        return Array(String(scalar).utf8)
      default: return [letter]
      }
    }

    private mutating func skipSpace() {
      while place < bytes.count, bytes[place] <= 32 { place += 1 }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
      byte <= 32 || [UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(byte)
    }
  }
}
