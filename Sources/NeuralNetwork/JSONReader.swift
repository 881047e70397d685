package import ComputeRuntime

/// Why a text is not JSON, or not the JSON that was expected, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Bytes before the place.
  package let offset: Int
  /// From 1; columns count characters, not bytes.
  package let line: Int
  package let column: Int
  package let reason: String

  package var description: String { "\(line):\(column): \(reason)" }
}

/// Reads JSON (RFC 8259) piece by piece, in the order of the text, with memory for one string only.
///
/// Strict: text is UTF-8, numbers are finite, integers fit in 64 bits, lone surrogates and nesting
/// beyond 32 levels are errors. The caller says what it expects next, so that nothing is stored that
/// nobody asked for. Who keeps the names of an object must look for duplicates.
package struct JSONReader {
  /// What a value begins like.
  package enum Kind { case null, boolean, number, string, array, object }

  package enum Number: Equatable { case integer(Int64), fraction(Double) }

  package static let greatestDepth = 32
  private static let longestNumber = 400

  private let bytes: FencedPointer<UInt8>
  /// Bytes that were read.
  package private(set) var offset: Int
  /// Where the last name of a member began.
  package private(set) var nameOffset = 0
  private var depth = 0
  private var isFirstInside = false

  /// - Precondition: `start` is not beyond the end of `bytes`, which outlive the reader.
  package init(_ bytes: FencedPointer<UInt8>, from start: Int = 0) {
    self.bytes = bytes
    self.offset = start
  }

  /// The next byte, or `nil` at the end. Every look at the text goes through here.
  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  // MARK: Containers

  /// Enters an object; then ``nextMember()`` until it is `nil`.
  package mutating func openObject() throws(JSONError) { try open("{", "an object") }

  /// Enters an array; then ``nextElement()`` until it is false.
  package mutating func openArray() throws(JSONError) { try open("[", "an array") }

  /// The name of the next member, whose value must be read then, or `nil` behind the last one. A name
  /// of more than `limit` bytes is cut as in ``string(keeping:)``.
  package mutating func nextMember(nameLimit limit: Int = .max) throws(JSONError) -> String? {
    guard try hasMore(before: "}") else { return nil }
    skipSpace()
    nameOffset = offset
    let name = try string(keeping: limit)
    try expect(":", "':' after a name")
    return name
  }

  /// Whether another element follows, which must be read then.
  package mutating func nextElement() throws(JSONError) -> Bool { try hasMore(before: "]") }

  package var isAtEnd: Bool { next == nil }

  /// Throws when something but white space follows.
  package mutating func finish() throws(JSONError) {
    skipSpace()
    guard next == nil else { throw failure("text after the value") }
  }

  private mutating func open(_ bracket: Unicode.Scalar, _ what: String) throws(JSONError) {
    try expect(bracket, what)
    depth += 1
    guard depth <= Self.greatestDepth else {
      throw failure("more than \(Self.greatestDepth) levels of nesting", at: offset - 1)
    }
    isFirstInside = true
  }

  private mutating func hasMore(before bracket: Unicode.Scalar) throws(JSONError) -> Bool {
    skipSpace()
    if next == UInt8(ascii: bracket) {
      offset += 1
      depth -= 1
      isFirstInside = false
      return false
    }
    if isFirstInside { isFirstInside = false } else { try expect(",", "',' or '\(bracket)'") }
    return true
  }

  // MARK: Values

  /// What comes next, without reading it.
  package mutating func kind() throws(JSONError) -> Kind {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number
    default: throw failure("a value must follow")
    }
  }

  package mutating func null() throws(JSONError) { try word("null") }

  package mutating func boolean() throws(JSONError) -> Bool {
    let value = next == UInt8(ascii: "t")
    try word(value ? "true" : "false")
    return value
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    let start = offset
    for scalar in "\(word)".utf8 {
      guard next == scalar else { throw failure("a value must follow", at: start) }
      offset += 1
    }
  }

  /// An integer without fraction or exponent.
  package mutating func integer() throws(JSONError) -> Int64 {
    skipSpace()
    let start = offset
    guard case .integer(let value) = try number() else { throw failure("not an integer", at: start) }
    return value
  }

  /// A number; an integer when it is written without fraction and exponent (`-0` is a fraction).
  package mutating func number() throws(JSONError) -> Number {
    skipSpace()
    let start = offset
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    let firstDigit = offset
    try digits("a number must follow", at: start)
    guard offset == firstDigit + 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
      throw failure("a number begins with 0", at: start)
    }
    let lastDigit = offset
    try skipFractionAndExponent(of: start)
    guard offset - start <= Self.longestNumber else {
      throw failure("a number has more than \(Self.longestNumber) characters", at: start)
    }
    if offset == lastDigit, !(isNegative && bytes[firstDigit] == UInt8(ascii: "0")) {
      return .integer(try integer(digits: firstDigit..<lastDigit, isNegative: isNegative, at: start))
    }
    let text = String(decoding: (start..<offset).map { bytes[$0] }, as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw failure("a number is beyond the largest finite one", at: start)
    }
    return .fraction(value)
  }

  private mutating func skipFractionAndExponent(of start: Int) throws(JSONError) {
    if next == UInt8(ascii: ".") {
      offset += 1
      try digits("digits must follow the point", at: start)
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      offset += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
      try digits("digits must follow the exponent's sign", at: start)
    }
  }

  private func integer(
    digits: Range<Int>, isNegative: Bool, at start: Int
  ) throws(JSONError) -> Int64 {
    var value: Int64 = 0
    for index in digits {
      let digit = Int64(bytes[index] - UInt8(ascii: "0"))
      let (scaled, tooLarge) = value.multipliedReportingOverflow(by: 10)
      // Counted downwards where negative, because Int64 reaches one further there.
      let (sum, overflow) =
        isNegative
        ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
      guard !tooLarge, !overflow else { throw failure("an integer is beyond 64 bits", at: start) }
      value = sum
    }
    return value
  }

  private mutating func digits(_ reason: String, at start: Int) throws(JSONError) {
    let first = offset
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    guard offset > first else { throw failure(reason, at: start) }
  }

  // MARK: Small steps

  package mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func expect(_ scalar: Unicode.Scalar, _ what: String) throws(JSONError) {
    skipSpace()
    guard next == UInt8(ascii: scalar) else { throw failure("\(what) must follow") }
    offset += 1
  }

  /// The next byte, which is read; an error at the end of the text.
  mutating func take() throws(JSONError) -> UInt8 {
    guard let byte = next else { throw failure("the text ends inside a string") }
    offset += 1
    return byte
  }

  /// An error at `place`, or here.
  package func failure(_ reason: String, at place: Int? = nil) -> JSONError {
    let place = place ?? offset
    var (line, column) = (1, 1)
    for index in 0..<min(place, bytes.count) {
      if bytes[index] == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if bytes[index] & 0xC0 != 0x80 {
        column += 1
      }
    }
    return JSONError(offset: place, line: line, column: column, reason: reason)
  }
}
