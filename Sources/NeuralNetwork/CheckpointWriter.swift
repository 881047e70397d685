public import ComputeRuntime

/// Writes tensors to a safetensors file with checksums, so that the file is either there as a whole or
/// not at all.
///
/// Remembers what was added, not the values: their memory must stay as it is until ``write(to:budget:)``
/// has returned.
public struct CheckpointWriter {
  /// Texts that accompany the tensors. Names of the checksums (``CheckpointFile`` knows them) are not free.
  public var metadata: [String: String] = [:]
  private(set) var tensors: [Tensor] = []

  struct Tensor {
    let name: String
    let shape: [Int]
    let content: Content

    enum Content {
      case floats(FencedPointer<Float>)
      case integers([Int64])
    }

    var elementType: ElementType { if case .floats = content { .f32 } else { .i64 } }

    var count: Int {
      switch content {
      case .floats(let values): values.count
      case .integers(let values): values.count
      }
    }

    var byteCount: Int { count * (elementType.bits / 8) }
  }

  public init() {}

  /// Adds a tensor of type F32. `shape` has the outermost axis first and is empty for a scalar.
  public mutating func add(_ name: String, shape: [Int], values: FencedPointer<Float>) {
    tensors.append(Tensor(name: name, shape: shape, content: .floats(values)))
  }

  /// Adds a tensor of type I64: counters and the like, which are few.
  public mutating func add(_ name: String, shape: [Int], integers: [Int64]) {
    tensors.append(Tensor(name: name, shape: shape, content: .integers(integers)))
  }

  /// Writes everything to `path`, in place of a file that may be there.
  ///
  /// The file grows under the name `path` + ".tmp", reaches the disk, and only then takes its name. When
  /// this throws, the old file is still there and the temporary one is gone - but for the very last
  /// step, making the new name last through a power failure: when only that fails, the new file is in
  /// place and complete.
  /// - Throws: ``FileError``; ``FileError/Row/busy`` while another writer holds the file.
  public func write(to path: String, budget: MemoryBudget) throws(FileError) {
    try checkPath(path)
    let layout = try CheckpointLayout(self, file: path)
    let buffer = try namingMemory(of: path) { () throws(ComputeError) in
      try Scratch<UInt8>(count: Self.bufferBytes, budget: budget)
    }
    defer { withExtendedLifetime(buffer) {} }
    let header = try headerWithChecksums(layout, buffer: buffer, budget: budget, path: path)
    defer { withExtendedLifetime(header) {} }
    let bytes = header.capacity + tensorBytes
    try withTemporaryFile(for: path, bytes: bytes) { (file) throws(SystemError) in
      try file.write(header.cells)
      for index in layout.order {
        try tensors[index].forEachPiece(in: buffer) { (piece) throws(SystemError) in
          try file.write(piece)
        }
      }
    }
  }

  /// How large the file will be.
  /// - Parameter path: what messages call it.
  public func byteCount(for path: String) throws(FileError) -> Int {
    let layout = try CheckpointLayout(self, file: path)
    return try layout.header(metadata: metadata, checksums: tensors.map { _ in 0 }).bytes.count + tensorBytes
  }

  private var tensorBytes: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// Bytes that are turned into the file's order at a time.
  private static let bufferBytes = 1 << 16

  /// The length and the header: first with the checksums of the tensors, then with the digest of all.
  private func headerWithChecksums(
    _ layout: CheckpointLayout, buffer: Scratch<UInt8>, budget: MemoryBudget, path: String
  ) throws(FileError) -> Scratch<UInt8> {
    let (text, digits) = try layout.header(
      metadata: metadata,
      checksums: tensors.map { tensor in
        var checksum = CRC32C()
        tensor.forEachPiece(in: buffer) { checksum.add($0) }
        return checksum.value
      })
    let header = try namingMemory(of: path) { () throws(ComputeError) in
      try Scratch<UInt8>(count: text.count, budget: budget)
    }
    for (index, byte) in text.enumerated() { header.cells[index] = byte }
    var digest = SHA256()
    digest.add(header.cells)
    for index in layout.order { tensors[index].forEachPiece(in: buffer) { digest.add($0) } }
    for (place, digit) in zip(digits, digest.hexadecimalDigest().utf8) { header.cells[place] = digit }
    return header
  }
}

extension CheckpointWriter.Tensor {
  /// Hands the bytes of the tensor on, lowest byte of each element first, a buffer full at a time.
  func forEachPiece<Failure: Error>(
    in buffer: Scratch<UInt8>, _ body: (FencedPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let width = elementType.bits / 8
    let perPiece = buffer.capacity / width
    for first in stride(from: 0, to: count, by: perPiece) {
      let last = min(first + perPiece, count)
      switch content {
      case .floats(let values):
        for index in first..<last {
          put(UInt64(values[index].bitPattern), in: buffer.cells, at: (index - first) * 4, count: 4)
        }
      case .integers(let values):
        for index in first..<last {
          put(UInt64(bitPattern: values[index]), in: buffer.cells, at: (index - first) * 8, count: 8)
        }
      }
      try body(buffer.cells.prefix((last - first) * width))
    }
  }

  @inline(__always)
  private func put(_ bits: UInt64, in bytes: FencedPointer<UInt8>, at place: Int, count: Int) {
    for index in 0..<count {
      bytes[place + index] = UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))
    }
  }
}
