internal import ComputeRuntime

/// Which byte of a number comes first.
enum ByteOrder {
  case littleEndian, bigEndian

  static var native: ByteOrder { UInt16(1).littleEndian == 1 ? .littleEndian : .bigEndian }
}

/// Numbers at places of a file; every access is checked against its end.
struct ByteReader {
  let bytes: FencedPointer<UInt8>
  let order: ByteOrder

  /// The unsigned number in `width` bytes (1, 2, 4 or 8) at `offset`, or `nil` beyond the end.
  func unsigned(at offset: Int, width: Int) -> UInt64? {
    guard contains(offset, width) else { return nil }
    var value: UInt64 = 0
    for index in 0..<width {
      let place = order == .bigEndian ? index : width - 1 - index
      value = value << 8 | UInt64(bytes[offset + place])
    }
    return value
  }

  /// Whether `count` bytes from `offset` on are in the file.
  func contains(_ offset: Int, _ count: Int) -> Bool {
    offset >= 0 && count >= 0 && offset <= bytes.count && count <= bytes.count - offset
  }

  /// Whether the bytes at `offset` are those of `text`.
  func holds(_ text: StaticString, at offset: Int) -> Bool {
    let wanted = "\(text)".utf8
    return contains(offset, wanted.count)
      && wanted.enumerated().allSatisfy { bytes[offset + $0.offset] == $0.element }
  }

  /// `count` bytes as text; what is not UTF-8 is replaced.
  func text(at offset: Int, count: Int) -> String {
    guard contains(offset, count) else { return "" }
    return String(decoding: (offset..<offset + count).lazy.map { bytes[$0] }, as: UTF8.self)
  }
}

/// Turns the bytes of every element of `width` bytes around.
func swapBytes(of bytes: FencedPointer<UInt8>, width: Int) {
  for start in stride(from: 0, to: bytes.count - width + 1, by: width) {
    for index in 0..<width / 2 {
      let (first, last) = (start + index, start + width - 1 - index)
      let byte = bytes[first]
      bytes[first] = bytes[last]
      bytes[last] = byte
    }
  }
}
