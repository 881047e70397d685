internal import PersistentHomology

/// Numbers that a field holds, one for each strip or tile.
enum TIFFNumbers {
  case stored(TIFFField, ByteReader)
  case one(UInt64)

  var count: Int {
    switch self {
    case .stored(let field, _): field.count
    case .one: 1
    }
  }

  /// - Precondition: `index` is below ``count``.
  subscript(index: Int) -> UInt64 {
    switch self {
    case .one(let number): number
    case .stored(let field, let reader):
      // The field was seen to lie in the file.
      reader.unsigned(
        at: field.valueOffset + index * field.type.byteCount, width: field.type.byteCount) ?? 0
    }
  }
}

/// How an image of a TIFF file lies there; all of it was checked.
struct TIFFPage {
  enum Compression: UInt64 {
    case none = 1
    case lzw = 5
    case deflate = 8
    case packBits = 32773
    /// The number that deflate had first.
    case oldDeflate = 32946
  }

  enum Predictor: UInt64 {
    case none = 1
    case horizontal = 2
    case floatingPoint = 3
  }

  /// Rectangles that are stored one by one, row-major; strips are as wide as the image.
  struct Segments {
    let isTiled: Bool
    let height: Int
    let width: Int
    /// In one row of them, and rows of them.
    let across: Int
    let down: Int
    var count: Int { across * down }
  }

  let number: Int
  let height: Int
  let width: Int
  let elementType: ScalarType
  let compression: Compression
  let predictor: Predictor
  /// Whether the lowest bit of every byte comes first.
  let isBitReversed: Bool
  var segments: Segments
  var offsets: TIFFNumbers
  var byteCounts: TIFFNumbers

  var rowBytes: Int { width * elementType.byteCount }
  var byteCount: Int { height * rowBytes }
  /// Bytes of a segment in memory; the last strip may have fewer.
  var segmentBytes: Int { segments.height * segments.width * elementType.byteCount }

  /// Rows of a strip, or of a tile whether or not the image has them all.
  func rows(ofSegment index: Int) -> Int {
    segments.isTiled ? segments.height : min(segments.height, height - index * segments.height)
  }
}
