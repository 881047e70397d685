internal import PersistentHomology
internal import NeuralNetwork

/// The header of an NPY file: a Python dictionary with three entries (NumPy, "The .npy format").
struct NPYHeader {
  let elementType: ScalarType
  let byteOrder: ByteOrder
  /// Whether the first axis varies fastest.
  let isFortranOrder: Bool
  let extents: [Int]

  /// - Parameter text: the dictionary, which begins at byte `start` of the file.
  init(_ text: [UInt8], start: Int, file: String) throws(FileError) {
    var reader = NPYHeaderReader(text: text, start: start, file: file)
    try reader.expect(UInt8(ascii: "{"))
    var (type, isFortran, extents): ((ScalarType, ByteOrder)?, Bool?, [Int]?) = (nil, nil, nil)
    while !reader.accept(UInt8(ascii: "}")) {
      let place = reader.place
      let key = try reader.string()
      try reader.expect(UInt8(ascii: ":"))
      switch key {
      case "descr" where type == nil: type = try reader.type()
      case "fortran_order" where isFortran == nil: isFortran = try reader.boolean()
      case "shape" where extents == nil: extents = try reader.extents()
      default: throw reader.fault(.format, "the header has an entry too many", at: place)
      }
      if !reader.accept(UInt8(ascii: ",")) {
        try reader.expect(UInt8(ascii: "}"))
        break
      }
    }
    reader.skipSpace()
    guard reader.place == text.count else {
      throw reader.fault(.format, "the header has something behind its dictionary")
    }
    guard let (elementType, byteOrder) = type, let isFortran, let extents else {
      throw reader.fault(.format, "the header lacks one of descr, fortran_order and shape")
    }
    (self.elementType, self.byteOrder) = (elementType, byteOrder)
    (isFortranOrder, self.extents) = (isFortran, extents)
  }
}

/// Reads the few kinds of Python values that a header has.
private struct NPYHeaderReader {
  let text: [UInt8]
  let start: Int
  let file: String
  var place = 0

  init(text: [UInt8], start: Int, file: String) {
    (self.text, self.start, self.file) = (text, start, file)
  }

  func fault(_ row: FileError.Row, _ reason: String, at place: Int? = nil) -> FileError {
    FileError(row, file: file, offset: start + (place ?? self.place), reason)
  }

  mutating func skipSpace() {
    while place < text.count, [32, 9, 10, 13].contains(text[place]) { place += 1 }
  }

  mutating func accept(_ byte: UInt8) -> Bool {
    skipSpace()
    guard place < text.count, text[place] == byte else { return false }
    place += 1
    return true
  }

  mutating func expect(_ byte: UInt8) throws(FileError) {
    guard accept(byte) else {
      throw fault(.format, "the header has no '\(Character(Unicode.Scalar(byte)))' here")
    }
  }

  mutating func string() throws(FileError) -> String {
    skipSpace()
    guard place < text.count, text[place] == UInt8(ascii: "'") || text[place] == UInt8(ascii: "\"") else {
      throw fault(.format, "the header has no string here")
    }
    let quote = text[place]
    guard let end = text[(place + 1)...].firstIndex(of: quote) else {
      throw fault(.format, "the header has a string without end")
    }
    let content = text[place + 1..<end]
    guard content.allSatisfy({ $0 >= 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }) else {
      throw fault(.format, "the header has a string with strange letters")
    }
    place = end + 1
    return String(decoding: content, as: UTF8.self)
  }

  mutating func boolean() throws(FileError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where text[place...].starts(with: word.utf8) {
      place += word.utf8.count
      return value
    }
    throw fault(.format, "fortran_order is neither True nor False")
  }

  /// As in `<f4`: byte order, kind, bytes.
  mutating func type() throws(FileError) -> (ScalarType, ByteOrder) {
    skipSpace()
    let begin = place
    if place < text.count, text[place] == UInt8(ascii: "[") {
      throw fault(.elementType, "has elements of several parts; only plain numbers are read")
    }
    let name = try string()
    let types: [Substring: ScalarType] = [
      "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32, "i4": .int32,
      "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]
    guard let order = name.first, let type = types[name.dropFirst()] else {
      throw fault(.elementType, "has elements of type '\(name)'; only plain numbers are read", at: begin)
    }
    switch order {
    case "<": return (type, .littleEndian)
    case ">": return (type, .bigEndian)
    case "|" where type.byteCount == 1: return (type, .native)
    default: throw fault(.format, "the element type '\(name)' has no byte order", at: begin)
    }
  }

  /// As in `(64, 64)`; one number is followed by a comma.
  mutating func extents() throws(FileError) -> [Int] {
    try expect(UInt8(ascii: "("))
    var extents: [Int] = []
    while !accept(UInt8(ascii: ")")) {
      guard extents.count < 32 else { throw fault(.shape, "has more than 32 axes") }
      extents.append(try number())
      let hasComma = accept(UInt8(ascii: ","))
      guard hasComma || extents.count > 1 else { throw fault(.format, "the shape is not a tuple") }
      if !hasComma {
        try expect(UInt8(ascii: ")"))
        break
      }
    }
    return extents
  }

  private mutating func number() throws(FileError) -> Int {
    skipSpace()
    let begin = place
    var value = 0
    while place < text.count, text[place] >= UInt8(ascii: "0"), text[place] <= UInt8(ascii: "9") {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(text[place] - UInt8(ascii: "0")))
      guard !overflow, !carry else {
        throw fault(.limit, "the shape has a number beyond 64 bits", at: begin)
      }
      value = sum
      place += 1
    }
    guard place > begin else { throw fault(.format, "the shape has something that is not a number") }
    return value
  }
}
