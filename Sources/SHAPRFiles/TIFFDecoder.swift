// The only file that speaks to libtiff, and the only one of the readers that hands out pointers.
internal import PersistentHomology
internal import NeuralNetwork
internal import CTIFF
internal import ComputeRuntime

/// Decodes planes of a TIFF file in memory.
///
/// libtiff is shown the file's bytes with a header and a directory of our own making around them: one
/// plane with the fields that were checked, and nothing else of what the file's directories hold.
struct TIFFDecoder {
  private let file: TIFFBytes
  private let header: TIFFHeader
  private let budget: MemoryBudget
  private var head: ByteSink
  private var tail: ByteSink

  init(_ file: TIFFBytes, _ header: TIFFHeader, budget: MemoryBudget) {
    (self.file, self.header, self.budget) = (file, header, budget)
    head = ByteSink(header.reader.order, budget: budget)
    tail = ByteSink(header.reader.order, budget: budget)
  }

  /// Fills `output`, as many bytes as the plane has, with its values in the machine's byte order.
  mutating func decode(
    _ page: TIFFPage, into output: FencedPointer<UInt8>
  ) throws(FileError) {
    assert(output.count == page.byteCount)
    do throws(ComputeError) {
      try writeDirectory(of: page)
    } catch {
      throw FileError(error, file: file.path)
    }
    var source = unsafe ctiff_source()
    unsafe source.head = UnsafePointer(head.bytes.pointer)
    unsafe source.head_count = UInt64(head.count)
    unsafe source.body = UnsafePointer(file.bytes.pointer)
    unsafe source.body_count = UInt64(file.bytes.count)
    unsafe source.tail = UnsafePointer(tail.bytes.pointer)
    unsafe source.tail_count = UInt64(tail.count)
    // What libtiff may need at once: a piece as it is stored, or a row of it.
    let largest = max(file.bytes.count, page.segmentBytes) + 1 << 20
    let failure: FileError?
    failure = unsafe withUnsafeMutablePointer(to: &source) { source in
      guard let tiff = unsafe ctiff_open(source, tmsize_t(largest)) else {
        return unsafe fault(page, nil, source)
      }
      defer { unsafe TIFFClose(tiff) }
      do throws(FileError) {
        for index in 0..<page.segments.count {
          try unsafe decode(index, of: page, from: tiff, source, into: output)
        }
        return nil
      } catch {
        return error
      }
    }
    withExtendedLifetime((head, tail)) {}
    if let failure { throw failure }
  }

  private func decode(
    _ index: Int, of page: TIFFPage, from tiff: OpaquePointer, _ source: UnsafePointer<ctiff_source>,
    into output: FencedPointer<UInt8>
  ) throws(FileError) {
    let (rows, rowBytes) = (page.rows(ofSegment: index), page.segments.width * page.elementType.byteCount)
    let byteCount = rows * rowBytes
    guard page.segments.isTiled else {
      let start = index * page.segmentBytes
      let place = output.suffix(from: start).prefix(byteCount)
      let count = unsafe TIFFReadEncodedStrip(tiff, UInt32(index), place.pointer, tmsize_t(byteCount))
      guard count == byteCount else { throw unsafe fault(page, index, source) }
      return
    }
    let tile = try namingMemory(of: file.path) { () throws(ComputeError) in
      try Scratch<UInt8>(count: byteCount, budget: budget)
    }
    let count = unsafe TIFFReadEncodedTile(tiff, UInt32(index), tile.cells.pointer, tmsize_t(byteCount))
    guard count == byteCount else { throw unsafe fault(page, index, source) }
    // Tiles at the right and the lower edge reach beyond the image.
    let top = index / page.segments.across * page.segments.height
    let left = index % page.segments.across * rowBytes
    let width = min(rowBytes, page.rowBytes - left)
    for row in 0..<min(rows, page.height - top) {
      output.copy(
        tile.cells.suffix(from: row * rowBytes), count: width, to: (top + row) * page.rowBytes + left)
    }
    withExtendedLifetime(tile) {}
  }

  /// Fills ``head`` and ``tail`` for a plane.
  private mutating func writeDirectory(of page: TIFFPage) throws(ComputeError) {
    let offset = file.bytes.count
    let width = header.offsetWidth
    head.empty()
    try head.put(head.order == .littleEndian ? 0x4949 : 0x4D4D, width: 2)
    try head.put(header.isBig ? 43 : 42, width: 2)
    if header.isBig { try head.put(head.order == .littleEndian ? 8 : 8 << 16, width: 4) }
    try head.put(UInt64(offset), width: width)
    tail.empty()
    let layout = TIFFDirectoryLayout(isBig: header.isBig, fields: fields(of: page))
    try layout.write(to: &tail, at: offset, next: 0)
  }

  private func fields(of page: TIFFPage) -> [TIFFDirectoryLayout.Field] {
    typealias Field = TIFFDirectoryLayout.Field
    let segments = page.segments
    let offsetType: TIFFType = header.isBig ? .long8 : .long
    var fields: [Field] = [
      Field(.imageWidth, .long, UInt64(page.width)),
      Field(.imageLength, .long, UInt64(page.height)),
      Field(.bitsPerSample, .short, UInt64(8 * page.elementType.byteCount)),
      Field(.compression, .short, page.compression.rawValue),
      Field(.photometricInterpretation, .short, 1),
      Field(.fillOrder, .short, page.isBitReversed ? 2 : 1),
      Field(.samplesPerPixel, .short, 1),
      Field(.planarConfiguration, .short, 1),
      Field(.sampleFormat, .short, page.elementType.sampleFormat),
      Field(segments.isTiled ? .tileOffsets : .stripOffsets, offsetType, count: segments.count) {
        page.offsets[$0]
      },
      Field(segments.isTiled ? .tileByteCounts : .stripByteCounts, offsetType, count: segments.count) {
        page.byteCounts[$0]
      },
    ]
    if segments.isTiled {
      fields.append(Field(.tileWidth, .long, UInt64(segments.width)))
      fields.append(Field(.tileLength, .long, UInt64(segments.height)))
    } else {
      fields.append(Field(.rowsPerStrip, .long, UInt64(segments.height)))
    }
    // libtiff knows this field only with these two.
    if page.predictor != .none { fields.append(Field(.predictor, .short, page.predictor.rawValue)) }
    return fields.sorted { $0.tag.rawValue < $1.tag.rawValue }
  }

  private func fault(
    _ page: TIFFPage, _ index: Int?, _ source: UnsafePointer<ctiff_source>
  ) -> FileError {
    let message = unsafe withUnsafeBytes(of: source.pointee.message) { bytes in
      unsafe String(decoding: bytes.prefix { $0 >= 32 && $0 < 127 }, as: UTF8.self)
    }
    let offset = index.flatMap { Int(exactly: page.offsets[$0]) }
    return FileError(
      .format, file: file.path, offset: offset,
      "plane \(page.number)\(index.map { ", piece \($0)" } ?? "") cannot be decoded"
        + (message.isEmpty ? "" : ": \(message)"))
  }
}

extension ScalarType {
  /// The number that TIFF has for this kind of element.
  var sampleFormat: UInt64 {
    switch self {
    case .bool, .uint8, .uint16, .uint32, .uint64: 1
    case .int8, .int16, .int32, .int64: 2
    case .float16, .float32, .float64: 3
    }
  }
}
