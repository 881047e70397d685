internal import ComputeRuntime

/// What the header of a safetensors file says, checked against the size of the file.
struct CheckpointHeader: Sendable {
  /// One tensor; its elements lie from `begin` to `end`, bytes behind the header.
  struct Tensor: Sendable {
    let name: String
    /// `nil` for an element type that the format did not have when this was written.
    let elementType: ElementType?
    let shape: [Int]
    let begin: Int
    let end: Int
    /// Where its entry begins: bytes from the start of the file.
    let offset: Int
  }

  /// In the order of the header.
  private(set) var tensors: [Tensor] = []
  private(set) var metadataNames: [String] = []
  private var places: [JSONName: Int] = [:]
  /// Where the texts of the metadata stand: bytes from the start of the file.
  private var metadataPlaces: [JSONName: Int] = [:]

  private let file: String
  private let limits: CheckpointLimits

  /// Bytes of the length that every file begins with.
  static let lengthBytes = 8

  /// The length of the JSON text, from the first eight bytes of a file with `fileSize` bytes.
  static func textLength(
    _ bytes: FencedPointer<UInt8>, fileSize: Int, limits: CheckpointLimits, file: String
  ) throws(FileError) -> Int {
    let length = littleEndian(bytes, at: 0, count: lengthBytes)
    guard length <= UInt64(fileSize - lengthBytes) else {
      throw FileError(
        .format, file: file, offset: 0,
        "a header of \(length) bytes in a file of \(fileSize) bytes")
    }
    guard length <= UInt64(max(limits.headerBytes, 0)) else {
      throw FileError(
        .limit, file: file, offset: 0,
        "a header of \(length) bytes, at most \(limits.headerBytes) are read")
    }
    return Int(length)
  }

  /// - Parameters:
  ///   - bytes: the eight bytes of the length and the text.
  ///   - dataSize: bytes of the file behind them.
  init(
    _ bytes: FencedPointer<UInt8>, dataSize: Int, limits: CheckpointLimits, file: String
  ) throws(FileError) {
    self.file = file
    self.limits = limits
    var text = bytes.count
    while text > Self.lengthBytes, bytes[text - 1] == UInt8(ascii: " ") { text -= 1 }
    // Nothing may stand before the object: two formats in one file are how files lie.
    guard text > Self.lengthBytes, bytes[Self.lengthBytes] == UInt8(ascii: "{") else {
      throw fault(.format, Self.lengthBytes, "the header does not begin with '{'")
    }
    do {
      var reader = JSONReader(bytes.prefix(text), from: Self.lengthBytes)
      try read(&reader)
    } catch let error as FileError {
      throw error
    } catch let error as JSONError {
      throw fault(.format, error.offset, error.reason)
    } catch {
      throw fault(.format, Self.lengthBytes, "\(error)")
    }
    try checkPlaces(dataSize: dataSize)
  }

  func tensor(_ name: String) -> Tensor? { places[JSONName(name)].map { tensors[$0] } }

  /// Where a text of the metadata stands.
  func metadataOffset(_ name: String) -> Int? { metadataPlaces[JSONName(name)] }

  private func fault(_ row: FileError.Row, _ offset: Int, _ reason: String) -> FileError {
    FileError(row, file: file, offset: offset, reason)
  }

  // MARK: The text

  private mutating func read(_ reader: inout JSONReader) throws {
    var hasMetadata = false
    try reader.openObject()
    while let name = try reader.nextMember(nameLimit: limits.nameBytes) {
      let start = reader.nameOffset
      if name == "__metadata__" {
        guard !hasMetadata else { throw fault(.format, start, "__metadata__ stands twice") }
        hasMetadata = true
        try readMetadata(&reader)
      } else {
        try addTensor(named: name, at: start, &reader)
      }
    }
    guard reader.isAtEnd else { throw fault(.format, reader.offset, "text after the header") }
  }

  private mutating func addTensor(
    named name: String, at start: Int, _ reader: inout JSONReader
  ) throws {
    if let reason = faultOfTensorName(name, limit: limits.nameBytes) {
      throw fault(.path, start, reason)
    }
    guard tensors.count < limits.tensors else {
      throw fault(.limit, start, "more than \(limits.tensors) tensors")
    }
    guard places.updateValue(tensors.count, forKey: JSONName(name)) == nil else {
      throw fault(.format, start, "the name \(quotedJSON(name)) stands twice")
    }
    tensors.append(try readTensor(named: name, at: start, &reader))
  }

  private mutating func readMetadata(_ reader: inout JSONReader) throws {
    try reader.openObject()
    while let name = try reader.nextMember(nameLimit: limits.metadataNameBytes) {
      let start = reader.nameOffset
      guard name.utf8.count <= limits.metadataNameBytes else {
        throw fault(.limit, start, "a name of metadata has more than \(limits.metadataNameBytes) bytes")
      }
      guard metadataNames.count < limits.metadataTexts else {
        throw fault(.limit, start, "more than \(limits.metadataTexts) texts of metadata")
      }
      reader.skipSpace()
      guard metadataPlaces.updateValue(reader.offset, forKey: JSONName(name)) == nil else {
        throw fault(.format, start, "the name \(quotedJSON(name)) stands twice")
      }
      metadataNames.append(name)
      _ = try reader.string(keeping: 0)
    }
  }

  private func readTensor(
    named name: String, at start: Int, _ reader: inout JSONReader
  ) throws -> Tensor {
    var elementType: (ElementType?)?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.openObject()
    while let member = try reader.nextMember(nameLimit: 16) {
      switch member {
      case "dtype" where elementType == nil:
        elementType = .some(ElementType(rawValue: try reader.string(keeping: 32)))
      case "shape" where shape == nil:
        shape = try sizes(atMost: limits.axes, .limit, &reader)
      case "data_offsets" where offsets == nil:
        offsets = try sizes(atMost: 2, .format, &reader)
      case "dtype", "shape", "data_offsets":
        throw fault(.format, reader.nameOffset, "\(member) stands twice")
      default:
        throw fault(.format, reader.nameOffset, "\(quotedJSON(member)) is no member of a tensor")
      }
    }
    guard let elementType, let shape, let offsets, offsets.count == 2 else {
      throw fault(.format, start, "a tensor has one dtype, one shape and two data_offsets")
    }
    let tensor = Tensor(
      name: name, elementType: elementType, shape: shape, begin: offsets[0], end: offsets[1],
      offset: start)
    try checkSize(tensor)
    return tensor
  }

  private func sizes(
    atMost limit: Int, _ row: FileError.Row, _ reader: inout JSONReader
  ) throws -> [Int] {
    var sizes: [Int] = []
    try reader.openArray()
    let start = reader.offset
    while try reader.nextElement() {
      let size = try reader.integer()
      guard size >= 0 else { throw fault(.format, start, "a negative size") }
      guard sizes.count < limit else { throw fault(row, start, "more than \(limit) sizes") }
      sizes.append(Int(size))
    }
    return sizes
  }

  // MARK: Sizes and places

  private func fault(
    _ row: FileError.Row, _ tensor: Tensor, _ reason: String
  ) -> FileError {
    fault(row, tensor.offset, "\(quotedJSON(tensor.name)) \(reason)")
  }

  private func checkSize(_ tensor: Tensor) throws(FileError) {
    guard tensor.begin <= tensor.end else {
      throw fault(.format, tensor, "ends before it begins")
    }
    guard let count = elementCount(tensor.shape) else { throw fault(.limit, tensor, "has too many elements") }
    guard let type = tensor.elementType else { return }
    let (bits, overflow) = count.multipliedReportingOverflow(by: type.bits)
    guard !overflow else { throw fault(.limit, tensor, "has too many elements") }
    guard bits % 8 == 0, bits / 8 == tensor.end - tensor.begin else {
      throw fault(
        .format, tensor, "has \(tensor.end - tensor.begin) bytes, its shape calls for \(bits) bits")
    }
  }

  /// Together the tensors fill the data: no gap, no overlap, nothing behind them.
  private func checkPlaces(dataSize: Int) throws(FileError) {
    let inOrder = tensors.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var end = 0
    for tensor in inOrder {
      guard tensor.end <= dataSize else { throw fault(.format, tensor, "ends behind the end of the file") }
      guard tensor.begin == end else {
        throw fault(.format, tensor, tensor.begin > end ? "has a gap before it" : "overlaps another tensor")
      }
      end = tensor.end
    }
    guard end == dataSize else {
      throw fault(.format, 0, "\(dataSize - end) bytes follow the last tensor")
    }
  }
}

/// A number of `count` bytes, at most 8, lowest first.
func littleEndian(_ bytes: FencedPointer<UInt8>, at offset: Int, count: Int) -> UInt64 {
  var number: UInt64 = 0
  for index in 0..<count { number |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
  return number
}
