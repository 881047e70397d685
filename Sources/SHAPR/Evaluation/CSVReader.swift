internal import ComputeRuntime
internal import NeuralNetwork

/// Why a table of scores could not be read: which row of the error table, where, and the reason.
public struct ScoresError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The row of the error table (docs/reliability.md), so that every door translates it alike.
  public enum Row: Equatable, Sendable {
    /// Not what the format calls for.
    case format
    /// Larger than is read.
    case limit
  }

  public let row: Row
  /// The path as it was given.
  public let file: String
  /// Bytes from the start of the file to the line that is wrong.
  public let offset: Int
  /// Counted from 1.
  public let line: Int
  public let reason: String

  /// One line, whatever the names are.
  public var description: String { "\(quotedJSON(file)), line \(line), byte \(offset): \(reason)" }
}

/// Reads a comma-separated table line by line (RFC 4180; LF alone ends a line too).
///
/// Remembers where it is.
struct CSVReader {
  /// Bytes of a table, at most, and fields of a line.
  static let mostBytes = 1 << 28
  static let mostFields = 256

  private let bytes: FencedPointer<UInt8>
  private let file: String
  private var place = 0
  /// Where the last line began that ``next()`` gave or stumbled over.
  private var start = (offset: 0, line: 1)
  private var line = 1

  init(_ bytes: FencedPointer<UInt8>, file: String) {
    (self.bytes, self.file) = (bytes, file)
    // Some programs begin UTF-8 with a mark.
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { place = 3 }
  }

  func failure(_ row: ScoresError.Row, _ reason: String) -> ScoresError {
    ScoresError(row: row, file: file, offset: start.offset, line: start.line, reason: reason)
  }

  /// The fields of the next line; nil at the end.
  mutating func next() throws(ScoresError) -> [String]? {
    start = (place, line)
    guard bytes.count <= Self.mostBytes else {
      throw failure(.limit, "the table has \(bytes.count) bytes, at most \(Self.mostBytes) are read")
    }
    guard place < bytes.count else { return nil }
    var fields: [String] = []
    while true {
      guard fields.count < Self.mostFields else {
        throw failure(.limit, "more than \(Self.mostFields) fields in a line")
      }
      fields.append(try field())
      guard place < bytes.count else { return fields }
      let separator = bytes[place]
      place += 1
      if separator == UInt8(ascii: ",") { continue }
      if separator == UInt8(ascii: "\r"), place < bytes.count, bytes[place] == UInt8(ascii: "\n") {
        place += 1
      } else if separator != UInt8(ascii: "\n") {
        throw failure(.format, "a comma or the end of the line must follow a field")
      }
      line += 1
      return fields
    }
  }

  private mutating func field() throws(ScoresError) -> String {
    var content: [UInt8] = []
    if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
      try quoted(into: &content)
    } else {
      while place < bytes.count {
        let byte = bytes[place]
        if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
        if byte == UInt8(ascii: "\"") { throw failure(.format, "a quote within a field without quotes") }
        content.append(byte)
        place += 1
      }
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw failure(.format, "a field is not UTF-8")
    }
    return text
  }

  /// The place is on the opening quote, then behind the closing one.
  private mutating func quoted(into content: inout [UInt8]) throws(ScoresError) {
    place += 1
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte == UInt8(ascii: "\"") {
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return }
        place += 1
      }
      if byte == UInt8(ascii: "\n") { line += 1 }
      content.append(byte)
    }
    throw failure(.format, "a quote is not closed")
  }
}
