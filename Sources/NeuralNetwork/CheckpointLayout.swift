/// Where the tensors of a ``CheckpointWriter`` go in their file, and the header that says so.
struct CheckpointLayout {
  /// Indices of the tensors in the order of their elements in the file.
  ///
  /// Integers come first: they have 8 bytes each, the others 4, and the format allows no gaps. So every
  /// element begins at a multiple of its size, since the header ends at a multiple of 8.
  let order: [Int]
  private let tensors: [CheckpointWriter.Tensor]
  private let file: String

  /// - Throws: when a reader with the standard limits would refuse the file.
  init(_ writer: CheckpointWriter, file: String) throws(FileError) {
    self.file = file
    let tensors = writer.tensors
    self.tensors = tensors
    order =
      tensors.indices.filter { tensors[$0].elementType == .i64 }
      + tensors.indices.filter { tensors[$0].elementType != .i64 }
    try check(metadata: writer.metadata)
  }

  private func check(metadata: [String: String]) throws(FileError) {
    let limits = CheckpointLimits()
    guard tensors.count <= limits.tensors, metadata.count <= limits.metadataTexts - limits.tensors else {
      throw FileError(.limit, file: file, "too many tensors or texts for one file")
    }
    var names: Set<JSONName> = []
    for tensor in tensors {
      let name = quotedJSON(tensor.name)
      if let reason = faultOfTensorName(tensor.name, limit: limits.nameBytes) {
        throw FileError(.path, file: file, reason)
      }
      guard tensor.name != "__metadata__", names.insert(JSONName(tensor.name)).inserted else {
        throw FileError(.format, file: file, "the name \(name) stands twice or is not free")
      }
      guard tensor.shape.count <= limits.axes, elementCount(tensor.shape) == tensor.count else {
        throw FileError(
          .shape, file: file, "\(name) has \(tensor.count) values, not as many as its shape \(tensor.shape)")
      }
    }
    for name in metadata.keys {
      guard !ChecksumKey.isReserved(name), name.utf8.count <= limits.metadataNameBytes else {
        throw FileError(
          .format, file: file, "the name \(quotedJSON(name)) is not free for metadata, or too long")
      }
    }
  }

  /// The first eight bytes and the header.
  ///
  /// - Parameter checksums: CRC-32C of each tensor, in the order in which they were added.
  /// - Returns: its bytes with 64 zeros where the digest of the file belongs, and their place.
  func header(
    metadata: [String: String], checksums: [UInt32]
  ) throws(FileError) -> (bytes: [UInt8], digest: Range<Int>) {
    var texts = metadata.map { (name: $0.key, text: $0.value) }
    for (tensor, checksum) in zip(tensors, checksums) {
      texts.append(
        (ChecksumKey.tensorPrefix + tensor.name, String(hexadecimal: UInt64(checksum), digits: 8)))
    }
    // One order, whatever the dictionary's: equal contents make equal files.
    texts.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }

    var text = "{\"__metadata__\":{\(quotedJSON(ChecksumKey.file)):\""
    let digest = CheckpointHeader.lengthBytes + text.utf8.count
    text += String(repeating: "0", count: ChecksumKey.digestDigits) + "\""
    for (name, value) in texts { text += ",\(quotedJSON(name)):\(quotedJSON(value))" }
    text += "}"
    let begins = begins()
    for (tensor, begin) in zip(tensors, begins) {
      text += ",\(quotedJSON(tensor.name)):{\"dtype\":\"\(tensor.elementType.rawValue)\""
      text += ",\"shape\":[\(tensor.shape.map(String.init).joined(separator: ","))]"
      text += ",\"data_offsets\":[\(begin),\(begin + tensor.byteCount)]}"
    }
    text += "}"
    while !text.utf8.count.isMultiple(of: 8) { text += " " }
    guard text.utf8.count <= CheckpointLimits().headerBytes else {
      throw FileError(.limit, file: file, "its header would have \(text.utf8.count) bytes")
    }
    let length = UInt64(text.utf8.count)
    let lengthBytes = (0..<UInt64(CheckpointHeader.lengthBytes)).map {
      UInt8(truncatingIfNeeded: length >> (8 * $0))
    }
    return (lengthBytes + Array(text.utf8), digest..<digest + ChecksumKey.digestDigits)
  }

  /// Where the elements of each tensor begin, in the order in which they were added.
  private func begins() -> [Int] {
    var begins = tensors.map { _ in 0 }
    var end = 0
    for index in order {
      begins[index] = end
      end += tensors[index].byteCount
    }
    return begins
  }
}
