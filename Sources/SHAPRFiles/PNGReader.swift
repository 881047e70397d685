// The only file that speaks to libpng.
internal import PersistentHomology
public import NeuralNetwork
internal import CPNG
public import ComputeRuntime

extension PixelArray {
  /// Reads a PNG image of grey values: 16 bits as they are, fewer as 8 bits. Colour is read when red,
  /// green and blue are equal everywhere. What the file says of gamma is ignored: pixels are measurements.
  ///
  /// - Throws: ``FileError``.
  public static func readPNG(
    _ path: String, limits: DataFileLimits = DataFileLimits(), budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    try readPNG(InputFile(path, limits: limits), limits: limits, budget: budget)
  }

  static func readPNG(
    _ file: InputFile, limits: DataFileLimits, budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    let bytes = try file.allBytes(budget: budget)
    let chunks = try PNGChunks(bytes.cells.prefix(file.size), file: file.path, budget: budget)
    withExtendedLifetime(bytes) {}
    func fault(_ row: FileError.Row, _ reason: String) -> FileError {
      FileError(row, file: file.path, offset: 16, reason)
    }
    guard chunks.colourType != 4, chunks.colourType != 6 else {
      throw fault(.unsupported, "has an alpha channel; only grey images are read")
    }
    let type: ScalarType = chunks.bitDepth == 16 ? .uint16 : .uint8
    let channels = chunks.colourType == 0 ? 1 : 3
    let extents = [chunks.height, chunks.width]
    let count = try checkedCount(extents, type, file: file.path, offset: 16, limits: limits)
    let byteCount = count * channels * type.byteCount
    guard byteCount <= limits.largestExpansion(ofFile: file.size) else {
      throw fault(.limit, "a file of \(file.size) bytes would grow to \(byteCount)")
    }
    let memory = try namingMemory(of: file.path) { () throws(ComputeError) in
      try Scratch<UInt8>(count: byteCount, budget: budget)
    }
    try decode(chunks, as: type, channels: channels, into: memory.cells.prefix(byteCount), file: file.path)
    guard channels == 1 || keepOneChannel(memory.cells, count: count, width: type.byteCount) else {
      throw fault(.unsupported, "has colours; only grey images are read")
    }
    return PixelArray(path: file.path, extents: extents, elementType: type, memory: memory)
  }

  private static func decode(
    _ chunks: PNGChunks, as type: ScalarType, channels: Int, into output: FencedPointer<UInt8>, file: String
  ) throws(FileError) {
    // Without a word about gamma, libpng takes 8 bits for sRGB and 16 bits for linear: asked for the
    // same, it leaves the values alone.
    var format: UInt32 = channels == 1 ? 0 : 2 /* PNG_FORMAT_FLAG_COLOR */
    if type == .uint16 { format |= 4 /* PNG_FORMAT_FLAG_LINEAR */ }
    var image = unsafe png_image()
    unsafe image.version = UInt32(PNG_IMAGE_VERSION)
    let input = chunks.image.bytes
    let isOpen = unsafe png_image_begin_read_from_memory(&image, input.pointer, input.count) != 0
    defer { unsafe png_image_free(&image) }
    unsafe image.format = format
    let isSame = unsafe Int(image.width) == chunks.width && Int(image.height) == chunks.height
    let isRead = unsafe isOpen && isSame && png_image_finish_read(&image, nil, output.pointer, 0, nil) != 0
    withExtendedLifetime(chunks.image) {}
    // A warning means that values were made up, or left over.
    guard isRead, unsafe image.warning_or_error == 0 else {
      let message = unsafe withUnsafeBytes(of: image.message) { bytes in
        unsafe String(decoding: bytes.prefix { $0 >= 32 && $0 < 127 }, as: UTF8.self)
      }
      throw FileError(.format, file: file, "cannot be decoded: \(message)")
    }
  }

  /// Moves the first of three channels together; false when the others are not equal to it.
  private static func keepOneChannel(_ bytes: FencedPointer<UInt8>, count: Int, width: Int) -> Bool {
    for pixel in 0..<count {
      for byte in 0..<width {
        let value = bytes[3 * pixel * width + byte]
        guard bytes[(3 * pixel + 1) * width + byte] == value, bytes[(3 * pixel + 2) * width + byte] == value
        else { return false }
        bytes[pixel * width + byte] = value
      }
    }
    return true
  }
}
