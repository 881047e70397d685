internal import PersistentHomology
public import NeuralNetwork
public import ComputeRuntime

extension PixelArray {
  /// Reads an array of NumPy with two or three axes: booleans, integers and floating point, either byte
  /// order, C or Fortran order. Nothing is ever unpickled.
  ///
  /// Memory is asked for only when the file has as many bytes as its header says.
  /// - Throws: ``FileError``.
  public static func readNPY(
    _ path: String, limits: DataFileLimits = DataFileLimits(), budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    try readNPY(InputFile(path, limits: limits), limits: limits, budget: budget)
  }

  static func readNPY(
    _ file: InputFile, limits: DataFileLimits, budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    let (header, dataStart) = try readHeader(of: file, limits: limits, budget: budget)
    let count = try checkedCount(
      header.extents, header.elementType, file: file.path, offset: 10, limits: limits)
    let byteCount = count * header.elementType.byteCount
    guard file.size - dataStart == byteCount else {
      throw FileError(
        .format, file: file.path, offset: dataStart,
        "\(shapeText(header.extents)) \(header.elementType.rawValue) are \(byteCount) bytes, "
          + "but \(file.size - dataStart) follow")
    }
    var memory = try file.bytes(dataStart..<file.size, budget: budget)
    if header.byteOrder != .native {
      swapBytes(of: memory.cells.prefix(byteCount), width: header.elementType.byteCount)
    }
    if header.isFortranOrder {
      memory = try namingMemory(of: file.path) { () throws(ComputeError) in
        try rowMajor(memory, header, budget: budget)
      }
    }
    return PixelArray(
      path: file.path, extents: header.extents, elementType: header.elementType, memory: memory)
  }

  private static func readHeader(
    of file: InputFile, limits: DataFileLimits, budget: MemoryBudget
  ) throws(FileError) -> (header: NPYHeader, dataStart: Int) {
    func fault(_ row: FileError.Row, _ offset: Int, _ reason: String) -> FileError {
      FileError(row, file: file.path, offset: offset, reason)
    }
    let first = try file.bytes(0..<min(file.size, 12), budget: budget)
    defer { withExtendedLifetime(first) {} }
    let reader = ByteReader(bytes: first.cells.prefix(min(file.size, 12)), order: .littleEndian)
    guard reader.unsigned(at: 0, width: 1) == 0x93, reader.holds("NUMPY", at: 1) else {
      throw fault(.format, 0, "is not an NPY file")
    }
    guard let version = reader.unsigned(at: 6, width: 2) else {
      throw fault(.format, 6, "ends in its header")
    }
    // The low byte is the major version; 2 and 3 have a longer length, 3 has names in UTF-8.
    guard [1, 2, 3].contains(version) else {
      throw fault(.unsupported, 6, "has version \(version & 0xFF).\(version >> 8) of the format")
    }
    let lengthBytes = version == 1 ? 2 : 4
    guard let length = reader.unsigned(at: 8, width: lengthBytes) else {
      throw fault(.format, 8, "ends in its header")
    }
    guard length <= UInt64(limits.npyHeaderBytes) else {
      throw fault(
        .limit, 8, "its header would have \(length) bytes, more than the limit of \(limits.npyHeaderBytes)")
    }
    let start = 8 + lengthBytes
    guard Int(length) <= file.size - start else { throw fault(.format, 8, "ends in its header") }
    let end = start + Int(length)
    let bytes = try file.bytes(start..<end, budget: budget)
    defer { withExtendedLifetime(bytes) {} }
    let text = (0..<Int(length)).map { bytes.cells[$0] }
    return (try NPYHeader(text, start: start, file: file.path), end)
  }

  /// The elements with the last axis fastest, from an order with the first axis fastest.
  private static func rowMajor(
    _ memory: Scratch<UInt8>, _ header: NPYHeader, budget: MemoryBudget
  ) throws(ComputeError) -> Scratch<UInt8> {
    let width = header.elementType.byteCount
    let axes = [Int](repeating: 1, count: 3 - header.extents.count) + header.extents
    let result = try Scratch<UInt8>(count: axes[0] * axes[1] * axes[2] * width, budget: budget)
    var place = 0
    for z in 0..<axes[0] {
      for y in 0..<axes[1] {
        for x in 0..<axes[2] {
          let from = (z + axes[0] * (y + axes[1] * x)) * width
          result.cells.copy(memory.cells.suffix(from: from), count: width, to: place)
          place += width
        }
      }
    }
    withExtendedLifetime(memory) {}
    return result
  }
}
