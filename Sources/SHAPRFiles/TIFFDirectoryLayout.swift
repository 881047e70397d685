internal import ComputeRuntime

/// A directory to be written: for files of our own, and for the decoder.
struct TIFFDirectoryLayout {
  struct Field {
    let tag: TIFFTag
    let type: TIFFType
    /// Numbers, letters or pairs of a rational.
    let count: Int
    let value: (Int) -> UInt64

    init(_ tag: TIFFTag, _ type: TIFFType, _ value: UInt64) {
      (self.tag, self.type, count, self.value) = (tag, type, 1, { _ in value })
    }

    init(_ tag: TIFFTag, _ type: TIFFType, count: Int, value: @escaping (Int) -> UInt64) {
      (self.tag, self.type, self.count, self.value) = (tag, type, count, value)
    }

    var byteCount: Int { count * type.byteCount }
  }

  let isBig: Bool
  /// In the order of their tags.
  var fields: [Field]

  private var offsetWidth: Int { isBig ? 8 : 4 }
  /// Without the values that do not fit into their fields.
  private var tableBytes: Int { isBig ? 16 + 20 * fields.count : 6 + 12 * fields.count }

  /// What ``write(to:at:next:)`` puts into a sink.
  var byteCount: Int { tableBytes + fields.reduce(0) { $0 + outsideBytes($1) } }

  /// Even, so that every value begins at an even place.
  private func outsideBytes(_ field: Field) -> Int {
    field.byteCount <= offsetWidth ? 0 : field.byteCount + field.byteCount % 2
  }

  /// Writes the directory, which will stand at byte `offset` of a file; `next` is where the one after it
  /// will be, or 0.
  func write(to sink: inout ByteSink, at offset: Int, next: Int) throws(ComputeError) {
    assert(zip(fields, fields.dropFirst()).allSatisfy { $0.tag.rawValue < $1.tag.rawValue })
    try sink.put(UInt64(fields.count), width: isBig ? 8 : 2)
    var outside = offset + tableBytes
    for field in fields {
      try sink.put(UInt64(field.tag.rawValue), width: 2)
      try sink.put(UInt64(field.type.rawValue), width: 2)
      try sink.put(UInt64(field.count), width: offsetWidth)
      if field.byteCount <= offsetWidth {
        try putValues(of: field, to: &sink)
        try sink.put(0, width: 1, times: offsetWidth - field.byteCount)
      } else {
        try sink.put(UInt64(outside), width: offsetWidth)
        outside += outsideBytes(field)
      }
    }
    try sink.put(UInt64(next), width: offsetWidth)
    for field in fields where field.byteCount > offsetWidth {
      try putValues(of: field, to: &sink)
      try sink.put(0, width: 1, times: field.byteCount % 2)
    }
  }

  private func putValues(of field: Field, to sink: inout ByteSink) throws(ComputeError) {
    for index in 0..<field.count {
      let value = field.value(index)
      if field.type == .rational {
        // Numerator and denominator, the upper and the lower half.
        try sink.put(value >> 32, width: 4)
        try sink.put(value & 0xFFFF_FFFF, width: 4)
      } else {
        try sink.put(value, width: field.type.byteCount)
      }
    }
  }
}

extension ByteSink {
  fileprivate mutating func put(_ value: UInt64, width: Int, times: Int) throws(ComputeError) {
    for _ in 0..<times { try put(value, width: width) }
  }
}
