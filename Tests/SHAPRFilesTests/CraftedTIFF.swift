import NeuralNetwork

@testable import SHAPRFiles

/// A TIFF file that is put together field by field, right or wrong.
struct CraftedTIFF {
  struct Field {
    var type: UInt16 = 4
    var values: [UInt64]
    /// What the field says instead of the number of its values.
    var count: UInt64?
    /// Where it says that its values are.
    var offset: UInt64?
  }

  var isBig = false
  var isBigEndian = false
  var version: UInt16?
  /// Of each directory.
  var pages: [[UInt16: Field]] = [Self.image]
  var data = [UInt8](repeating: 7, count: 256)
  /// Replaces the offset of the directory after the last one, or after each.
  var next: [Int: UInt64] = [:]
  /// Replaces the number of fields of the first directory.
  var fieldCount: UInt64?
  var firstDirectory: UInt64?

  /// 16 x 16 bytes, grey.
  static let image: [UInt16: Field] = [
    256: Field(values: [16]), 257: Field(values: [16]), 258: Field(type: 3, values: [8]),
    259: Field(type: 3, values: [1]), 262: Field(type: 3, values: [1]), 273: Field(values: [16]),
    277: Field(type: 3, values: [1]), 278: Field(values: [16]), 279: Field(values: [256]),
  ]

  init() {}

  /// The standard image with some fields replaced; `nil` takes one out.
  init(_ changes: [UInt16: Field?]) {
    for (tag, field) in changes { pages[0][tag] = field }
  }

  /// Numbers of type LONG.
  static func long(_ values: UInt64...) -> Field { Field(values: values) }
  static func short(_ values: UInt64...) -> Field { Field(type: 3, values: values) }
  static func text(_ text: String) -> Field {
    Field(type: 2, values: Array(text.utf8).map(UInt64.init) + [0])
  }

  private func number(_ value: UInt64, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBigEndian ? width - 1 - $0 : $0))) }
  }

  private func byteCount(_ type: UInt16) -> Int {
    [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 4, 4, 8][Int(type)]
  }

  /// Header, 16 bytes whatever the kind; data; then directory by directory, each with its values behind.
  var bytes: [UInt8] {
    let width = isBig ? 8 : 4
    var bytes = number(isBigEndian ? 0x4D4D : 0x4949, 2) + number(UInt64(version ?? (isBig ? 43 : 42)), 2)
    if isBig { bytes += number(8, 2) + number(0, 2) }
    bytes += number(firstDirectory ?? UInt64(16 + data.count), width)
    bytes += [UInt8](repeating: 0, count: 16 - bytes.count) + data
    for (index, page) in pages.enumerated() {
      let start = bytes.count
      let table = (isBig ? 16 : 6) + page.count * (isBig ? 20 : 12)
      var (fields, outside): ([UInt8], [UInt8]) = ([], [])
      for (tag, field) in page.sorted(by: { $0.key < $1.key }) {
        let values = field.values.flatMap { number($0, byteCount(field.type)) }
        fields += number(UInt64(tag), 2) + number(UInt64(field.type), 2)
        fields += number(field.count ?? UInt64(field.values.count), width)
        if let offset = field.offset {
          fields += number(offset, width)
        } else if values.count <= width {
          fields += values + [UInt8](repeating: 0, count: width - values.count)
        } else {
          fields += number(UInt64(start + table + outside.count), width)
          outside += values
        }
      }
      let end = UInt64(start + table + outside.count)
      bytes += number(index == 0 ? fieldCount ?? UInt64(page.count) : UInt64(page.count), isBig ? 8 : 2)
      bytes += fields + number(next[index] ?? (index + 1 < pages.count ? end : 0), width) + outside
    }
    return bytes
  }
}

/// A file of the crafted set and what reading it must give; no row: an array.
struct CraftedFile {
  let name: String
  let bytes: [UInt8]
  let row: FileError.Row?
  /// Part of the reason.
  let reason: String
}

extension CraftedFile {
  private static func tiff(
    _ name: String, _ row: FileError.Row?, _ reason: String,
    _ changes: [UInt16: CraftedTIFF.Field?] = [:],
    _ change: (inout CraftedTIFF) -> Void = { _ in }
  ) -> CraftedFile {
    var tiff = CraftedTIFF(changes)
    change(&tiff)
    return CraftedFile(name: name + ".tif", bytes: tiff.bytes, row: row, reason: reason)
  }

  /// Zlib's stream of 4 MiB zeros takes 4 KiB; made here of stored blocks that are cut short instead.
  private static let brokenDeflate: [UInt8] = [0x78, 0x9C, 0x07] + [UInt8](repeating: 0xFF, count: 253)

  static let tiffs: [CraftedFile] = {
    typealias T = CraftedTIFF
    var files = [
      tiff("plain", nil, ""),
      tiff("plain big-endian", nil, "") { $0.isBigEndian = true },
      tiff("plain BigTIFF", nil, "") { $0.isBig = true },
      tiff("plain BigTIFF big-endian", nil, "") { ($0.isBig, $0.isBigEndian) = (true, true) },
      tiff("version 41", .format, "version is not 42 or 43") { $0.version = 41 },
      tiff("BigTIFF with short offsets", .format, "do not have 8 bytes") { $0.version = 43 },
      tiff("no directory", .format, "has no image") { $0.firstDirectory = 0 },
      tiff("directory in the header", .format, "a directory would be at byte 4") { $0.firstDirectory = 4 },
      tiff("directory behind the end", .format, "outside") { $0.firstDirectory = 1 << 31 },
      tiff("directory at 2^63", .format, "outside") { ($0.isBig, $0.firstDirectory) = (true, 1 << 63) },
      tiff("next directory behind the end", .format, "outside") { $0.next[0] = 0xFFFF_FFF0 },
      tiff("itself again", .format, "an earlier one again") { $0.next[0] = 272 },
      tiff("two in a circle", .format, "an earlier one again") {
        $0.pages = [T.image, T.image]
        $0.next[1] = 272
      },
      tiff("second leads to itself", .format, "an earlier one again") {
        $0.pages = [T.image, T.image, T.image]
        $0.next[2] = 272 + 114
      },
      tiff("no fields", .format, "a directory is empty") { $0.fieldCount = 0 },
      tiff("65535 fields", .limit, "65535 fields") { $0.fieldCount = 65535 },
      tiff("2^32 - 1 fields", .limit, "4294967295 fields") {
        ($0.isBig, $0.fieldCount) = (true, 0xFFFF_FFFF)
      },
      tiff("2^64 - 1 fields", .limit, "fields") { ($0.isBig, $0.fieldCount) = (true, .max) },
      tiff("4096 fields in a small file", .format, "ends within this directory") { $0.fieldCount = 4096 },
      tiff("width 0", .format, "imageWidth: 0", [256: T.long(0)]),
      tiff("height 0", .format, "imageLength: 0", [257: T.long(0)]),
      tiff("width 2^32 - 1", .limit, "more than the limit of 2097152", [256: T.long(0xFFFF_FFFF)]),
      tiff(
        "2^21 squared", .limit, "more voxels than the limit", [256: T.long(1 << 21), 257: T.long(1 << 21)]),
      tiff("width of 2^63", .limit, "imageWidth", [256: T.Field(type: 16, values: [1 << 63])]) {
        $0.isBig = true
      },
      tiff("no width", .format, "has no imageWidth", [256: nil]),
      tiff("no height", .format, "has no imageLength", [257: nil]),
      tiff("no photometric", .format, "has no photometricInterpretation", [262: nil]),
      tiff("no offsets", .format, "has no stripOffsets", [273: nil]),
      tiff("no byte counts", .format, "has no stripByteCounts", [279: nil]),
      tiff("width is a text", .format, "imageWidth: not of an integer type", [256: T.text("16")]),
      tiff(
        "width of an unknown type", .format, "no values in the file", [256: T.Field(type: 13, values: [16])]),
      tiff("width with no values", .format, "no values in the file", [256: T.Field(values: [16], count: 0)]),
      tiff(
        "width with 2^32 - 1 values", .format, "no values in the file",
        [256: T.Field(values: [16], count: 0xFFFF_FFFF)]),
      tiff("0 bits", .format, "bitsPerSample: 0", [258: T.short(0)]),
      tiff("1 bit", .unsupported, "integers of 1 bits", [258: T.short(1)]),
      tiff("7 bits", .unsupported, "integers of 7 bits", [258: T.short(7)]),
      tiff("65535 bits", .unsupported, "65535 bits", [258: T.short(65535)]),
      tiff("no bits", .unsupported, "integers of 1 bits", [258: nil]),
      tiff("half floats", .unsupported, "floating point of 16 bits", [258: T.short(16), 339: T.short(3)]),
      tiff("complex", .unsupported, "sampleFormat: 6", [258: T.short(64), 339: T.short(6)]),
      tiff("JPEG", .unsupported, "compression: 7", [259: T.short(7)]),
      tiff("compression 65535", .unsupported, "compression: 65535", [259: T.short(65535)]),
      tiff("predictor 9", .unsupported, "predictor: 9", [259: T.short(8), 317: T.short(9)]),
      tiff("predictor of floats for integers", .format, "with integers", [259: T.short(8), 317: T.short(3)]),
      tiff("predictor without packing", .unsupported, "without LZW or deflate", [317: T.short(2)]),
      tiff("0 is white", .unsupported, "0 is white", [262: T.short(0)]),
      tiff(
        "colour", .unsupported, "3 values per pixel",
        [262: T.short(2), 277: T.short(3), 258: T.short(8, 8, 8)]),
      tiff("different bits", .unsupported, "different for each colour", [258: T.short(8, 8, 16)]),
      tiff("palette", .unsupported, "a palette", [262: T.short(3)]),
      tiff("no samples", .format, "samplesPerPixel: 0", [277: T.short(0)]),
      tiff("reduced copy", .unsupported, "a reduced copy", [254: T.long(1)]),
      tiff("32 planes deep", .unsupported, "one plane per directory", [32997: T.long(32)]),
      tiff("MetaMorph", .unsupported, "MetaMorph", [33629: T.long(32)]),
      tiff("rows per strip 0", .format, "rowsPerStrip: 0", [278: T.long(0)]),
      tiff("rows per strip 2^32 - 1", nil, "", [278: T.long(0xFFFF_FFFF)]),
      tiff("two strips promised, one there", .format, "1 values for 2 pieces", [278: T.long(8)]),
      tiff("one strip promised, two there", .format, "2 values for 1 pieces", [273: T.long(16, 16)]),
      tiff("strip at 0", .format, "piece 0 is not there", [273: T.long(0)]),
      tiff("strip of no bytes", .format, "piece 0 is not there", [279: T.long(0)]),
      tiff("strip in the header", .format, "begins in the header, at byte 1", [273: T.long(1)]),
      tiff("strip behind the end", .format, "ends after the file", [273: T.long(0xFFFF_FFF0)]),
      tiff("strip across the end", .format, "ends after the file", [279: T.long(100_000)]),
      tiff("strip at 2^64 - 1", .format, "ends after the file", [273: T.Field(type: 16, values: [.max])]) {
        $0.isBig = true
      },
      tiff("strip too short", .format, "has 255 bytes and needs 256", [279: T.long(255)]),
      tiff(
        "offsets behind the end", .format, "no values in the file",
        [273: T.Field(values: [16, 16], offset: 0x7FFF_0000)]),
      tiff("2^30 strips", .format, "no values in the file", [273: T.Field(values: [16], count: 1 << 30)]),
      tiff(
        "tile larger than image", nil, "",
        [
          273: nil, 278: nil, 279: nil, 256: T.long(5), 257: T.long(3), 322: T.long(16),
          323: T.long(16), 324: T.long(16), 325: T.long(256),
        ]),
      tiff(
        "tile of 17", .format, "not multiples of 16",
        [322: T.long(17), 323: T.long(16), 324: T.long(16), 325: T.long(256)]),
      tiff(
        "tile of 0", .format, "tileWidth: 0",
        [322: T.long(0), 323: T.long(16), 324: T.long(16), 325: T.long(256)]),
      tiff(
        "tile of 2^20", .limit, "would grow",
        [259: T.short(8), 322: T.long(1 << 20), 323: T.long(1 << 20), 324: T.long(16), 325: T.long(256)]),
      tiff(
        "tile without length", .format, "has no tileLength",
        [322: T.long(16), 324: T.long(16), 325: T.long(256)]),
      tiff(
        "deflate that promises 4 GiB", .limit, "would grow to more than",
        [256: T.long(1 << 15), 257: T.long(1 << 15), 278: T.long(1 << 15), 259: T.short(8)]),
      tiff(
        "PackBits that promises too much", .format, "cannot be decoded",
        [256: T.long(1024), 257: T.long(512), 278: T.long(512), 259: T.short(32773)]),
      tiff("broken deflate", .format, "cannot be decoded", [259: T.short(8)]) { $0.data = brokenDeflate },
      tiff("not deflate", .format, "cannot be decoded", [259: T.short(32946)]),
      tiff("bad LZW code", .format, "cannot be decoded", [259: T.short(5)]) {
        $0.data = [UInt8](repeating: 0xFE, count: 256)
      },
      tiff("LZW that ends at once", .format, "cannot be decoded", [259: T.short(5)]) {
        $0.data = [0x80, 0x40] + [UInt8](repeating: 0, count: 254)
      },
      tiff("fill order 3", .format, "fillOrder: 3", [266: T.short(3)]),
      tiff("planes 3", .format, "planarConfiguration: 3", [284: T.short(3)]),
      tiff(
        "ImageJ promises 2^31", .limit, "promises 2147483648 images",
        [270: T.text("ImageJ=1\nimages=2147483648\n")]),
      tiff("ImageJ promises 10", .format, "more than the file holds", [270: T.text("ImageJ=1\nimages=10\n")]),
      tiff(
        "ImageJ promises 2 packed", .format, "there is one",
        [259: T.short(32773), 270: T.text("ImageJ=1\nimages=2\n")]),
      tiff("ImageJ's number is no number", nil, "", [270: T.text("ImageJ=1\nimages=x\n")]),
      tiff(
        "description behind the end", nil, "",
        [270: T.Field(type: 2, values: [65], count: 1 << 31, offset: 300)]),
      tiff("planes of different sizes", .shape, "plane 1 is 8 x 16 uint8, plane 0 is 16 x 16 uint8") {
        var other = T.image
        (other[257], other[278], other[279]) = (T.long(8), T.long(8), T.long(128))
        $0.pages.append(other)
      },
      tiff("planes of different types", .shape, "plane 1 is 16 x 16 int8") {
        var other = T.image
        other[339] = T.short(2)
        $0.pages.append(other)
      },
      CraftedFile(name: "empty.tif", bytes: [], row: .format, reason: "is empty"),
      CraftedFile(name: "one byte.tif", bytes: [0x49], row: .format, reason: "not a TIFF file"),
      CraftedFile(
        name: "eight bytes.tif", bytes: [0x49, 0x49, 42, 0, 8, 0, 0, 0], row: .format, reason: "outside"),
      CraftedFile(
        name: "JPEG.tif", bytes: [0xFF, 0xD8, 0xFF, 0xE0], row: .format, reason: "not a TIFF file"),
    ]
    // 70,000 planes: a chain of directories one after the other.
    var many = CraftedTIFF()
    many.pages = Array(repeating: T.image, count: 65_537)
    files.append(
      CraftedFile(
        name: "65,537 directories.tif", bytes: many.bytes, row: .limit, reason: "more than 65536 directories")
    )
    // Every row is a strip, and all strips are the same byte: much work for few bytes.
    var shared = CraftedTIFF()
    let strips = 4096
    shared.pages = Array(
      repeating: [
        256: T.long(16), 257: T.long(4096), 258: T.short(8), 259: T.short(8), 262: T.short(1),
        273: T.Field(values: [], count: UInt64(strips), offset: 1024), 277: T.short(1), 278: T.long(1),
        279: T.Field(values: [], count: UInt64(strips), offset: 1024),
      ], count: 400)
    shared.data = [UInt8](repeating: 1, count: 32768)
    files.append(
      CraftedFile(name: "pieces that overlap.tif", bytes: shared.bytes, row: .format, reason: "ends after"))
    return files
  }()
}
