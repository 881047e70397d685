public import ComputeRuntime

/// A safetensors file, read and checked as a whole.
///
/// Holds the file's bytes; ``copyFloats(_:shape:into:)`` and its like take values out of them.
public struct CheckpointFile: Sendable {
  /// Whether a file must carry checksums.
  public enum Checksums: Sendable {
    /// Our own checkpoints: a file whose tensors do not all have one is an error.
    case required
    /// Files of other tools: none, or all, since a file with one of our checksums was ours. (A flipped bit in
    /// the name of one must not make it a file without.)
    case whenPresent
  }

  /// The path as it was given.
  public let path: String
  let header: CheckpointHeader
  /// The eight bytes of the length, and the text of the header.
  private let headerBytes: Scratch<UInt8>
  /// The elements of all tensors.
  let data: Scratch<UInt8>

  /// Reads the file at `path`.
  ///
  /// The header is read and checked before memory for the rest is asked for; every byte is read once.
  /// - Throws: ``FileError``; nothing waits, and nothing but a regular file is read.
  public init(
    path: String, checksums: Checksums, limits: CheckpointLimits = CheckpointLimits(),
    budget: MemoryBudget
  ) throws(FileError) {
    try checkPath(path)
    self.path = path
    let file = try Self.reading(path) { () throws(SystemError) in try OpenFile(reading: path) }
    let size = try Self.reading(path) { () throws(SystemError) in try file.size() }
    let lengthBytes = CheckpointHeader.lengthBytes
    guard size >= lengthBytes else {
      throw FileError(.format, file: path, offset: size, "shorter than \(lengthBytes) bytes")
    }
    let length = try Self.bytes(of: file, 0..<lengthBytes, budget: budget)
    let textLength = try withExtendedLifetime(length) { () throws(FileError) in
      try CheckpointHeader.textLength(length.cells, fileSize: size, limits: limits, file: path)
    }
    let dataStart = lengthBytes + textLength
    headerBytes = try Self.bytes(of: file, 0..<dataStart, budget: budget)
    header = try CheckpointHeader(
      headerBytes.cells, dataSize: size - dataStart, limits: limits, file: path)
    data = try Self.bytes(of: file, dataStart..<size, budget: budget)
    try verify(checksums)
  }

  /// The names of the tensors, in the order of the file's header.
  public var names: [String] { header.tensors.map(\.name) }

  /// The names of the texts that accompany the tensors, without those of the checksums.
  public var metadataNames: [String] {
    header.metadataNames.filter { !ChecksumKey.isReserved($0) }
  }

  /// A text that accompanies the tensors, or `nil`.
  public func metadata(_ name: String) -> String? { text(name, keeping: .max) }

  private func text(_ name: String, keeping limit: Int) -> String? {
    guard let offset = header.metadataOffset(name) else { return nil }
    defer { withExtendedLifetime(headerBytes) {} }
    var reader = JSONReader(headerBytes.cells, from: offset)
    // It was read once already, when the header was checked.
    return try? reader.string(keeping: limit)
  }

  /// The shape of a tensor, outermost axis first and empty for a scalar, or `nil` when there is none.
  public func shape(of name: String) -> [Int]? { header.tensor(name)?.shape }

  // MARK: Reading

  private static func reading<Value>(
    _ path: String, _ body: () throws(SystemError) -> Value
  ) throws(FileError) -> Value {
    do throws(SystemError) {
      return try body()
    } catch {
      let what = error == .notARegularFile ? "not a regular file" : error.text
      throw FileError(.reading(errno: error.number), file: path, "cannot be read: \(what)")
    }
  }

  private static func bytes(
    of file: OpenFile, _ range: Range<Int>, budget: MemoryBudget
  ) throws(FileError) -> Scratch<UInt8> {
    let path = file.path
    let bytes = try namingMemory(of: path) { () throws(ComputeError) in
      try Scratch<UInt8>(count: range.count, budget: budget)
    }
    let isWhole = try reading(path) { () throws(SystemError) in
      try file.read(into: bytes.cells.prefix(range.count), from: range.lowerBound)
    }
    guard isWhole else {
      throw FileError(
        .format, file: path, offset: range.lowerBound, "became shorter while it was read")
    }
    return bytes
  }

  // MARK: Checksums

  private func verify(_ checksums: Checksums) throws(FileError) {
    guard checksums == .required || header.metadataNames.contains(where: ChecksumKey.isReserved) else {
      return
    }
    // First each tensor, so that the error names the one that is damaged.
    for tensor in header.tensors { try verify(tensor) }
    guard let offset = header.metadataOffset(ChecksumKey.file) else {
      throw FileError(.checksum, file: path, "has no checksum")
    }
    // The digits, and not escapes that mean them: their place is filled with zeros for the digest.
    let digits = offset + 1..<offset + 1 + ChecksumKey.digestDigits
    guard let expected = text(ChecksumKey.file, keeping: digits.count), expected.utf8.count == digits.count,
      digits.upperBound <= headerBytes.capacity,
      expected.utf8.elementsEqual(digits.lazy.map { headerBytes.cells[$0] }),
      expected == digest(withZerosFor: digits)
    else {
      throw FileError(
        .checksum, file: path, offset: offset, "is damaged: its SHA-256 is not the recorded one")
    }
  }

  private func verify(_ tensor: CheckpointHeader.Tensor) throws(FileError) {
    defer { withExtendedLifetime(data) {} }
    let begin = headerBytes.capacity + tensor.begin
    guard let expected = text(ChecksumKey.tensorPrefix + tensor.name, keeping: 8) else {
      throw FileError(
        .checksum, file: path, offset: begin, "\(quotedJSON(tensor.name)) has no checksum")
    }
    var checksum = CRC32C()
    checksum.add(bytes(of: tensor))
    guard expected == String(hexadecimal: UInt64(checksum.value), digits: 8) else {
      throw FileError(
        .checksum, file: path, offset: begin,
        "\(quotedJSON(tensor.name)) is damaged: its CRC-32C is not the recorded one")
    }
  }

  /// SHA-256 of the file as it was before its own digits were put in.
  private func digest(withZerosFor digits: Range<Int>) -> String {
    defer { withExtendedLifetime((headerBytes, data)) {} }
    var digest = SHA256()
    digest.add(headerBytes.cells.prefix(digits.lowerBound))
    for _ in digits { digest.add(UInt8(ascii: "0")) }
    digest.add(headerBytes.cells.suffix(from: digits.upperBound))
    digest.add(data.cells)
    return digest.hexadecimalDigest()
  }

  /// The elements of a tensor as they stand in the file; valid while ``data`` is kept.
  func bytes(of tensor: CheckpointHeader.Tensor) -> FencedPointer<UInt8> {
    data.cells.suffix(from: tensor.begin).prefix(tensor.end - tensor.begin)
  }
}

/// Refuses paths that the system would see cut off at a zero byte.
func checkPath(_ path: String) throws(FileError) {
  guard !path.utf8.contains(0) else {
    throw FileError(.path, file: path, "the path holds a zero byte")
  }
}
