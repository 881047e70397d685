extension JSONReader {
  /// A string with its escapes resolved.
  ///
  /// All of it is read and checked; of a string with more than `limit` bytes of UTF-8 only the
  /// beginning is kept, a little more than `limit` bytes, so that the caller sees that it is too long.
  package mutating func string(keeping limit: Int = .max) throws(JSONError) -> String {
    skipSpace()
    let start = offset
    var text: [UInt8] = []
    guard (try? take()) == UInt8(ascii: "\"") else {
      throw failure("a string must follow", at: start)
    }
    while true {
      let place = offset
      let byte = try take()
      let scalar: Unicode.Scalar
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): scalar = try escape(at: place)
      case 0..<0x20: throw failure("a control character inside a string", at: place)
      case 0..<0x80: scalar = Unicode.Scalar(byte)
      default: scalar = try longScalar(first: byte, at: place)
      }
      if text.count <= limit { text.append(contentsOf: scalar.utf8) }
    }
  }

  /// What stands behind a backslash.
  private mutating func escape(at place: Int) throws(JSONError) -> Unicode.Scalar {
    switch try take() {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try hexadecimalScalar(at: place)
    default: throw failure("an unknown escape", at: place)
    }
  }

  /// `\uXXXX`, or two of them for a character beyond U+FFFF (RFC 8259 section 7).
  private mutating func hexadecimalScalar(at place: Int) throws(JSONError) -> Unicode.Scalar {
    let high = try fourDigits(at: place)
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xDC00, try take() == UInt8(ascii: "\\"), try take() == UInt8(ascii: "u") else {
      throw failure("half of a surrogate pair", at: place)
    }
    let low = try fourDigits(at: place)
    guard low >= 0xDC00, low <= 0xDFFF,
      let scalar = Unicode.Scalar(0x1_0000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw failure("half of a surrogate pair", at: place) }
    return scalar
  }

  private mutating func fourDigits(at place: Int) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = hexadecimalDigit(try take()) else {
        throw failure("an escape needs four hexadecimal digits", at: place)
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// A character of two to four bytes: the well-formed sequences of RFC 3629, no overlong ones, no
  /// surrogates, nothing beyond U+10FFFF.
  private mutating func longScalar(first: UInt8, at place: Int) throws(JSONError) -> Unicode.Scalar {
    let (followers, bits, smallest): (Int, UInt8, UInt32) =
      switch first {
      case 0xC2...0xDF: (1, first & 0x1F, 0x80)
      case 0xE0...0xEF: (2, first & 0x0F, 0x800)
      case 0xF0...0xF4: (3, first & 0x07, 0x1_0000)
      default: throw failure("not UTF-8", at: place)
      }
    var value = UInt32(bits)
    for _ in 0..<followers {
      let byte = try take()
      guard byte & 0xC0 == 0x80 else { throw failure("not UTF-8", at: place) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard value >= smallest, let scalar = Unicode.Scalar(value) else {
      throw failure("not UTF-8", at: place)
    }
    return scalar
  }
}

/// The value of a hexadecimal digit of either case.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
