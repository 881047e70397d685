internal import NeuralNetwork
internal import ComputeRuntime

/// The fields of a TIFF directory that say how an image lies in the file.
enum TIFFTag: UInt16 {
  case newSubfileType = 254
  case imageWidth = 256
  case imageLength = 257
  case bitsPerSample = 258
  case compression = 259
  case photometricInterpretation = 262
  case fillOrder = 266
  case imageDescription = 270
  case stripOffsets = 273
  case samplesPerPixel = 277
  case rowsPerStrip = 278
  case stripByteCounts = 279
  case xResolution = 282
  case yResolution = 283
  case planarConfiguration = 284
  case resolutionUnit = 296
  case predictor = 317
  case tileWidth = 322
  case tileLength = 323
  case tileOffsets = 324
  case tileByteCounts = 325
  case extraSamples = 338
  case sampleFormat = 339
  case imageDepth = 32997
  /// Of MetaMorph stacks, whose planes have no directories.
  case metaMorphPlanes = 33629
}

/// How the numbers of a field are stored (TIFF 6.0, section 2; BigTIFF).
enum TIFFType: UInt16 {
  case byte = 1
  case ascii = 2
  case short = 3
  case long = 4
  case rational = 5
  case long8 = 16

  var byteCount: Int {
    switch self {
    case .byte, .ascii: 1
    case .short: 2
    case .long: 4
    case .rational, .long8: 8
    }
  }
}

/// The first bytes of a TIFF file: its byte order, its kind, and where its first directory is.
struct TIFFHeader {
  let reader: ByteReader
  /// BigTIFF, with 64-bit offsets.
  let isBig: Bool
  let firstDirectory: UInt64

  var byteCount: Int { isBig ? 16 : 8 }
  /// The bytes of an offset.
  var offsetWidth: Int { isBig ? 8 : 4 }

  init(_ file: TIFFBytes) throws(FileError) {
    let bytes = file.bytes
    func fault(_ offset: Int, _ reason: String) -> FileError {
      FileError(.format, file: file.path, offset: offset, reason)
    }
    let little = ByteReader(bytes: bytes, order: .littleEndian)
    switch little.unsigned(at: 0, width: 2) {
    case 0x4949: reader = little
    case 0x4D4D: reader = ByteReader(bytes: bytes, order: .bigEndian)
    default: throw fault(0, "is not a TIFF file: it does not begin with II or MM")
    }
    switch reader.unsigned(at: 2, width: 2) {
    case 42:
      isBig = false
      guard let first = reader.unsigned(at: 4, width: 4) else { throw fault(4, "ends in its header") }
      firstDirectory = first
    case 43:
      isBig = true
      guard let first = reader.unsigned(at: 8, width: 8) else { throw fault(4, "ends in its header") }
      guard reader.unsigned(at: 4, width: 4) == (reader.order == .littleEndian ? 8 : 8 << 16) else {
        throw fault(4, "is a BigTIFF file with offsets that do not have 8 bytes")
      }
      firstDirectory = first
    default: throw fault(2, "is not a TIFF file: its version is not 42 or 43")
    }
    guard firstDirectory != 0 else { throw fault(isBig ? 8 : 4, "has no image") }
  }
}

/// A field of a directory, and where its numbers are.
struct TIFFField {
  let type: TIFFType
  let count: Int
  /// Where the field itself stands.
  let offset: Int
  /// Where its first number stands; all of them lie in the file.
  let valueOffset: Int
}

/// One directory: the fields that are used here, and where the next one is.
struct TIFFDirectory {
  let offset: Int
  let next: UInt64
  /// The bytes it takes.
  let byteCount: Int
  private var fields: [TIFFTag: TIFFField] = [:]

  subscript(tag: TIFFTag) -> TIFFField? { fields[tag] }

  /// Reads the directory at `offset`; fields of other tags are passed over unseen.
  init(
    at start: UInt64, _ header: TIFFHeader, file: TIFFBytes, limits: DataFileLimits
  ) throws(FileError) {
    let reader = header.reader
    guard let offset = Int(exactly: start), offset >= header.byteCount,
      let fieldCount = reader.unsigned(at: offset, width: header.isBig ? 8 : 2)
    else {
      throw FileError(
        .format, file: file.path, offset: file.bytes.count, "a directory would be at byte \(start), outside")
    }
    self.offset = offset
    func fault(_ place: Int, _ row: FileError.Row, _ reason: String) -> FileError {
      FileError(row, file: file.path, offset: place, reason)
    }
    guard fieldCount > 0 else { throw fault(offset, .format, "a directory is empty") }
    guard fieldCount <= UInt64(limits.tiffFields) else {
      throw fault(
        offset, .limit, "a directory has \(fieldCount) fields, more than the limit of \(limits.tiffFields)")
    }
    let (countWidth, fieldWidth) = header.isBig ? (8, 20) : (2, 12)
    let end = offset + countWidth + Int(fieldCount) * fieldWidth
    guard let next = reader.unsigned(at: end, width: header.offsetWidth) else {
      throw fault(offset, .format, "the file ends within this directory")
    }
    self.next = next
    byteCount = end + header.offsetWidth - offset
    for place in stride(from: offset + countWidth, to: end, by: fieldWidth) {
      guard let number = reader.unsigned(at: place, width: 2),
        let tag = TIFFTag(rawValue: UInt16(number))
      else { continue }
      guard fields[tag] == nil else { throw fault(place, .format, "the field \(tag) stands twice") }
      guard let field = Self.field(at: place, header) else {
        // A file can be read without these.
        if [.imageDescription, .xResolution, .yResolution, .resolutionUnit].contains(tag) { continue }
        throw fault(place, .format, "the field \(tag) has no values in the file")
      }
      fields[tag] = field
    }
  }

  /// The field at `place`, or `nil` when its type is not known or its values are outside the file.
  private static func field(at place: Int, _ header: TIFFHeader) -> TIFFField? {
    let reader = header.reader
    guard let number = reader.unsigned(at: place + 2, width: 2),
      let type = TIFFType(rawValue: UInt16(number)),
      let stored = reader.unsigned(at: place + 4, width: header.offsetWidth), stored > 0,
      let count = Int(exactly: stored)
    else { return nil }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else { return nil }
    // Values that fit into the place of their offset stand there themselves.
    let inline = place + 4 + header.offsetWidth
    let isInline = byteCount <= header.offsetWidth
    guard let value = isInline ? UInt64(inline) : reader.unsigned(at: inline, width: header.offsetWidth),
      let valueOffset = Int(exactly: value), reader.contains(valueOffset, byteCount)
    else { return nil }
    return TIFFField(type: type, count: count, offset: place, valueOffset: valueOffset)
  }
}
