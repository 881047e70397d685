package import ComputeRuntime

/// A JSON value that knows where it stood, for settings and other small texts.
package struct JSONValue: Sendable {
  package enum Content: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
  }

  package let content: Content
  /// Where the value begins: bytes from the start of the text. 0 for values that were not read.
  package let offset: Int

  package init(_ content: Content, offset: Int = 0) {
    self.content = content
    self.offset = offset
  }

  /// The largest text that is read as a whole: settings are not larger.
  package static let largestText = 1 << 20

  /// Reads a whole text.
  ///
  /// - Throws: where it breaks the rules of ``JSONReader``, or a name stands twice in one object.
  package init(parsing bytes: FencedPointer<UInt8>) throws(JSONError) {
    var reader = JSONReader(bytes)
    guard bytes.count <= Self.largestText else {
      throw reader.failure("the text has \(bytes.count) bytes, at most \(Self.largestText) are read")
    }
    self = try reader.value()
    try reader.finish()
  }
}

extension JSONValue {
  /// Reads a text that is in memory as a String.
  package init(parsing text: String) throws(JSONError) {
    let bytes = text.utf8
    // A String is in memory already, so its bytes can be there a second time.
    guard let buffer = try? Scratch(utf8Of: text) else {
      throw JSONError(
        offset: 0, line: 1, column: 1, reason: "\(bytes.count) bytes do not fit into memory")
    }
    defer { withExtendedLifetime(buffer) {} }
    self = try JSONValue(parsing: buffer.cells)
  }
}

extension Scratch<UInt8> {
  /// The bytes of a text, for readers and writers of bytes.
  package convenience init(utf8Of text: String) throws(ComputeError) {
    try self.init(count: text.utf8.count, budget: MemoryBudget())
    for (index, byte) in text.utf8.enumerated() { cells[index] = byte }
  }
}

/// The members of a JSON object, in the order of the text.
package struct JSONObject: Sendable {
  package private(set) var members: [(name: String, value: JSONValue)] = []
  private var places: [JSONName: Int] = [:]

  package init() {}

  package subscript(name: String) -> JSONValue? {
    places[JSONName(name)].map { members[$0].value }
  }

  /// Adds a member; false, and nothing added, when there is one of this name.
  package mutating func add(_ name: String, _ value: JSONValue) -> Bool {
    guard places.updateValue(members.count, forKey: JSONName(name)) == nil else { return false }
    members.append((name, value))
    return true
  }
}

/// A name that is compared by its bytes, as JSON does.
///
/// (Swift's `String` finds "é" in one and in two characters equal, and needs quadratic time to do so
/// for hostile names.)
package struct JSONName: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  package static func == (first: JSONName, second: JSONName) -> Bool {
    first.text.utf8.elementsEqual(second.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension JSONReader {
  /// The next value with all that it holds. Calls itself at most ``greatestDepth`` times.
  fileprivate mutating func value() throws(JSONError) -> JSONValue {
    let kind = try kind()
    let start = offset
    let content: JSONValue.Content
    switch kind {
    case .null:
      try null()
      content = .null
    case .boolean: content = .boolean(try boolean())
    case .string: content = .string(try string())
    case .number:
      switch try number() {
      case .integer(let value): content = .integer(value)
      case .fraction(let value): content = .number(value)
      }
    case .array:
      var elements: [JSONValue] = []
      try openArray()
      while try nextElement() { elements.append(try value()) }
      content = .array(elements)
    case .object: content = .object(try object())
    }
    return JSONValue(content, offset: start)
  }

  private mutating func object() throws(JSONError) -> JSONObject {
    var object = JSONObject()
    try openObject()
    while let name = try nextMember() {
      let start = nameOffset
      guard object.add(name, try value()) else {
        throw failure("the name \(quotedJSON(name)) stands twice", at: start)
      }
    }
    return object
  }
}

// MARK: - Writing

extension JSONValue {
  /// The value as JSON on one line. Numbers come back as the same numbers; NaN and infinities, which
  /// JSON does not have, become `null`.
  package var text: String {
    switch content {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): quotedJSON(value)
    case .array(let elements): "[\(elements.map(\.text).joined(separator: ", "))]"
    case .object(let object):
      "{\(object.members.map { "\(quotedJSON($0.name)): \($0.value.text)" }.joined(separator: ", "))}"
    }
  }
}

/// A string in quotes, with the escapes that JSON needs; the rest stays UTF-8. Also for messages: what
/// comes out has no control characters, so that it stays on its line.
package func quotedJSON(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": quoted += "\\\""
    case "\\": quoted += "\\\\"
    default: quoted.append(withoutControl: scalar)
    }
  }
  return quoted + "\""
}

/// A line for people, with control characters escaped as in JSON: names that others gave stay on it, and
/// give a terminal no orders.
package func onOneLine(_ text: String) -> String {
  var line = ""
  for scalar in text.unicodeScalars { line.append(withoutControl: scalar) }
  return line
}

extension String {
  fileprivate mutating func append(withoutControl scalar: Unicode.Scalar) {
    switch scalar {
    case "\n": self += "\\n"
    case "\r": self += "\\r"
    case "\t": self += "\\t"
    case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
      self += "\\u" + String(hexadecimal: UInt64(scalar.value), digits: 4)
    default: unicodeScalars.append(scalar)
    }
  }
}

extension String {
  /// The last `digits` hexadecimal digits of a number, in lower case.
  init(hexadecimal number: UInt64, digits: Int) {
    let all = String(number, radix: 16)
    let zeros = String(repeating: "0", count: Swift.max(0, digits - all.count))
    self = zeros + all.suffix(digits)
  }
}
