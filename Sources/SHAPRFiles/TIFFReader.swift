public import NeuralNetwork
public import ComputeRuntime

extension PixelArray {
  /// Reads a TIFF file: grey values of 8, 16 or 32 bits, or floating point of 32 or 64; as they are, or
  /// packed by LZW, deflate or PackBits; in strips or tiles, either byte order, BigTIFF too.
  ///
  /// Several directories are the planes of a volume, and so are the images of an ImageJ stack. Every
  /// directory is checked before anything is decoded (TIFF 6.0, 1992; BigTIFF).
  /// - Throws: ``FileError``.
  public static func readTIFF(
    _ path: String, limits: DataFileLimits = DataFileLimits(), budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    try readTIFF(InputFile(path, limits: limits), limits: limits, budget: budget)
  }

  static func readTIFF(
    _ input: InputFile, limits: DataFileLimits, budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    let bytes = try input.allBytes(budget: budget)
    defer { withExtendedLifetime(bytes) {} }
    let file = TIFFBytes(path: input.path, bytes: bytes.cells.prefix(input.size))
    let stack = try TIFFStack(file, limits: limits)
    let planeBytes = stack.pages[0].byteCount
    let memory = try namingMemory(of: input.path) { () throws(ComputeError) in
      try Scratch<UInt8>(count: planeBytes * stack.pages.count, budget: budget)
    }
    var decoder = TIFFDecoder(file, stack.header, budget: budget)
    for (index, page) in stack.pages.enumerated() {
      try decoder.decode(page, into: memory.cells.suffix(from: index * planeBytes).prefix(planeBytes))
    }
    return PixelArray(
      path: input.path, extents: stack.extents, elementType: stack.pages[0].elementType, memory: memory)
  }
}
