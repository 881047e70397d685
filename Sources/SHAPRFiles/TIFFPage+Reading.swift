internal import PersistentHomology
internal import NeuralNetwork
internal import ComputeRuntime

/// Reads the fields of one directory into a ``TIFFPage``.
struct TIFFPageReader {
  let number: Int
  let directory: TIFFDirectory
  let header: TIFFHeader
  let file: TIFFBytes
  let limits: DataFileLimits

  func page() throws(FileError) -> TIFFPage {
    try refuseOtherImages()
    let (width, height) = (try extent(.imageWidth), try extent(.imageLength))
    let type = try elementType()
    let (compression, predictor) = try compressionAndPredictor(type)
    let segments = try segments(height: height, width: width)
    let offsets = try numbers(segments.isTiled ? .tileOffsets : .stripOffsets)
    let byteCounts = try numbers(segments.isTiled ? .tileByteCounts : .stripByteCounts)
    let fillOrder = try number(.fillOrder, default: 1)
    guard fillOrder == 1 || fillOrder == 2 else { throw fault(.fillOrder, .format, "\(fillOrder)") }
    let page = TIFFPage(
      number: number, height: height, width: width, elementType: type, compression: compression,
      predictor: predictor, isBitReversed: fillOrder == 2, segments: segments, offsets: offsets,
      byteCounts: byteCounts)
    try check(page)
    return page
  }

  // MARK: What the image is

  /// Images that are not one plane of grey values.
  private func refuseOtherImages() throws(FileError) {
    if directory[.metaMorphPlanes] != nil {
      throw fault(.metaMorphPlanes, .unsupported, "a MetaMorph stack; save it as an ImageJ stack")
    }
    guard try number(.newSubfileType, default: 0) & 5 == 0 else {
      throw fault(.newSubfileType, .unsupported, "a reduced copy or a mask of another image")
    }
    guard try number(.imageDepth, default: 1) == 1 else {
      throw fault(.imageDepth, .unsupported, "a volume in one directory; save it as one plane per directory")
    }
    let samples = try number(.samplesPerPixel, default: 1)
    if samples == 0 { throw fault(.samplesPerPixel, .format, "0") }
    guard samples == 1, directory[.extraSamples] == nil else {
      throw fault(.samplesPerPixel, .unsupported, "\(samples) values per pixel; only grey images are read")
    }
    switch try number(.photometricInterpretation) {
    case 1: break
    case 0: throw fault(.photometricInterpretation, .unsupported, "0 is white; save it with 0 as black")
    case 2: throw fault(.photometricInterpretation, .unsupported, "colour; only grey images are read")
    case 3: throw fault(.photometricInterpretation, .unsupported, "a palette; only grey images are read")
    case 4: throw fault(.photometricInterpretation, .unsupported, "a mask of another image")
    case let other:
      throw fault(.photometricInterpretation, .unsupported, "\(other); only grey images are read")
    }
    let planar = try number(.planarConfiguration, default: 1)
    guard planar == 1 || planar == 2 else { throw fault(.planarConfiguration, .format, "\(planar)") }
  }

  private func extent(_ tag: TIFFTag) throws(FileError) -> Int {
    let value = try number(tag)
    guard value > 0 else { throw fault(tag, .format, "0") }
    guard value <= UInt64(limits.axis) else {
      throw fault(tag, .limit, "\(value), more than the limit of \(limits.axis)")
    }
    return Int(value)
  }

  private func elementType() throws(FileError) -> ScalarType {
    let (bits, format) = (try number(.bitsPerSample, default: 1), try number(.sampleFormat, default: 1))
    guard bits > 0 else { throw fault(.bitsPerSample, .format, "0") }
    switch (format, bits) {
    case (1, 8), (4, 8): return .uint8
    case (1, 16), (4, 16): return .uint16
    case (1, 32), (4, 32): return .uint32
    case (2, 8): return .int8
    case (2, 16): return .int16
    case (2, 32): return .int32
    case (3, 32): return .float32
    case (3, 64): return .float64
    case (1...4, _):
      let kind = format == 3 ? "floating point" : format == 2 ? "signed integers" : "integers"
      throw fault(.bitsPerSample, .unsupported, "\(kind) of \(bits) bits")
    default: throw fault(.sampleFormat, .unsupported, "\(format)")
    }
  }

  private func compressionAndPredictor(
    _ type: ScalarType
  ) throws(FileError) -> (TIFFPage.Compression, TIFFPage.Predictor) {
    let number = try number(.compression, default: 1)
    guard let compression = TIFFPage.Compression(rawValue: number) else {
      throw fault(.compression, .unsupported, "\(number); none, LZW, deflate and PackBits are read")
    }
    let stored = try self.number(.predictor, default: 1)
    guard let predictor = TIFFPage.Predictor(rawValue: stored) else {
      throw fault(.predictor, .unsupported, "\(stored)")
    }
    let hasPredictor = compression != .none && compression != .packBits
    guard predictor == .none || hasPredictor else {
      throw fault(.predictor, .unsupported, "\(stored) without LZW or deflate")
    }
    guard predictor != .floatingPoint || type == .float32 || type == .float64 else {
      throw fault(.predictor, .format, "3, which is for floating point, with integers")
    }
    return (compression, predictor)
  }

  // MARK: Where its values are

  private func segments(height: Int, width: Int) throws(FileError) -> TIFFPage.Segments {
    if directory[.tileWidth] != nil || directory[.tileOffsets] != nil {
      let (tileWidth, tileHeight) = (try extent(.tileWidth), try extent(.tileLength))
      guard tileWidth.isMultiple(of: 16), tileHeight.isMultiple(of: 16) else {
        throw fault(.tileWidth, .format, "tiles of \(tileHeight) x \(tileWidth), not multiples of 16")
      }
      return TIFFPage.Segments(
        isTiled: true, height: tileHeight, width: tileWidth, across: (width + tileWidth - 1) / tileWidth,
        down: (height + tileHeight - 1) / tileHeight)
    }
    let rows = try number(.rowsPerStrip, default: UInt64(UInt32.max))
    guard rows > 0 else { throw fault(.rowsPerStrip, .format, "0") }
    let stripHeight = min(Int(clamping: rows), height)
    return TIFFPage.Segments(
      isTiled: false, height: stripHeight, width: width, across: 1,
      down: (height + stripHeight - 1) / stripHeight)
  }

  private func check(_ page: TIFFPage) throws(FileError) {
    _ = try checkedCount(
      [page.height, page.width], page.elementType, file: file.path, offset: directory.offset, limits: limits)
    let (offsetTag, countTag): (TIFFTag, TIFFTag) =
      page.segments.isTiled ? (.tileOffsets, .tileByteCounts) : (.stripOffsets, .stripByteCounts)
    guard page.offsets.count == page.segments.count else {
      throw fault(offsetTag, .format, "\(page.offsets.count) values for \(page.segments.count) pieces")
    }
    guard page.byteCounts.count == page.segments.count else {
      throw fault(countTag, .format, "\(page.byteCounts.count) values for \(page.segments.count) pieces")
    }
    for index in 0..<page.segments.count {
      let (offset, count) = (page.offsets[index], page.byteCounts[index])
      guard offset > 0, count > 0 else { throw fault(offsetTag, .format, "piece \(index) is not there") }
      // The decoder gets a header of ours in its place.
      guard offset >= header.byteCount else {
        throw fault(offsetTag, .format, "piece \(index) begins in the header, at byte \(offset)")
      }
      guard let start = Int(exactly: offset), let length = Int(exactly: count),
        header.reader.contains(start, length)
      else {
        throw fault(
          offsetTag, .format,
          "piece \(index), \(count) bytes from \(offset) on, ends after the file of \(file.bytes.count) bytes"
        )
      }
      let needed = page.rows(ofSegment: index) * page.segments.width * page.elementType.byteCount
      guard page.compression != .none || length >= needed else {
        throw fault(countTag, .format, "piece \(index) has \(length) bytes and needs \(needed)")
      }
    }
  }

  // MARK: Numbers of fields

  private func numbers(_ tag: TIFFTag) throws(FileError) -> TIFFNumbers {
    guard let field = directory[tag] else { throw missing(tag) }
    guard [.short, .long, .long8].contains(field.type) else {
      throw fault(tag, .format, "not of an integer type")
    }
    return .stored(field, header.reader)
  }

  /// The one number of a field; if it is not there `standard` or, without one, an error.
  private func number(_ tag: TIFFTag, default standard: UInt64? = nil) throws(FileError) -> UInt64 {
    guard let field = directory[tag] else {
      guard let standard else { throw missing(tag) }
      return standard
    }
    guard [.byte, .short, .long, .long8].contains(field.type) else {
      throw fault(tag, .format, "not of an integer type")
    }
    let numbers = TIFFNumbers.stored(field, header.reader)
    // Fields that have a number for each colour: equal ones are as good as one.
    guard (0..<min(field.count, 16)).allSatisfy({ numbers[$0] == numbers[0] }) else {
      throw fault(tag, .unsupported, "different for each colour")
    }
    return numbers[0]
  }

  private func missing(_ tag: TIFFTag) -> FileError {
    FileError(.format, file: file.path, offset: directory.offset, "plane \(number) has no \(tag)")
  }

  private func fault(_ tag: TIFFTag, _ row: FileError.Row, _ value: String) -> FileError {
    FileError(
      row, file: file.path, offset: directory[tag]?.offset ?? directory.offset,
      "plane \(number), \(tag): \(value)")
  }
}
