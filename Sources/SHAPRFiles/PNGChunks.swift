internal import NeuralNetwork
internal import ComputeRuntime

/// The chunks of a PNG file that hold its image, checked as far as their frames go.
///
/// Only these are given to libpng: others, such as text, colour profiles and gamma, must not change a
/// measurement, and their packed contents are a way to ask for much memory.
struct PNGChunks {
  let width: Int
  let height: Int
  let bitDepth: Int
  /// 0 grey, 2 colour, 3 palette, 4 grey and 6 colour with alpha.
  let colourType: Int
  /// The file without other chunks.
  let image: ByteSink

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  init(
    _ bytes: FencedPointer<UInt8>, file: String, budget: MemoryBudget
  ) throws(FileError) {
    let reader = ByteReader(bytes: bytes, order: .bigEndian)
    func fault(_ row: FileError.Row, _ offset: Int, _ reason: String) -> FileError {
      FileError(row, file: file, offset: offset, reason)
    }
    guard bytes.count >= 8, (0..<8).allSatisfy({ bytes[$0] == Self.signature[$0] }) else {
      throw fault(.format, 0, "is not a PNG file")
    }
    guard reader.unsigned(at: 8, width: 4) == 13, reader.holds("IHDR", at: 12),
      let width = reader.unsigned(at: 16, width: 4), let height = reader.unsigned(at: 20, width: 4),
      let bitDepth = reader.unsigned(at: 24, width: 1), let colourType = reader.unsigned(at: 25, width: 1)
    else { throw fault(.format, 8, "does not begin with its header") }
    (self.width, self.height) = (Int(width), Int(height))
    (self.bitDepth, self.colourType) = (Int(bitDepth), Int(colourType))
    var image = ByteSink(.bigEndian, budget: budget)
    func keep(_ range: Range<Int>) throws(FileError) {
      let piece = bytes.suffix(from: range.lowerBound).prefix(range.count)
      try namingMemory(of: file) { () throws(ComputeError) in try image.put(piece) }
    }
    try keep(0..<8)
    var (place, isComplete) = (8, false)
    while !isComplete {
      guard let length = reader.unsigned(at: place, width: 4), length <= UInt64(Int32.max),
        reader.contains(place, 12 + Int(length))
      else { throw fault(.format, place, "ends within a chunk") }
      let end = place + 12 + Int(length)
      let kind = reader.text(at: place + 4, count: 4)
      switch kind {
      case "IHDR" where place != 8: throw fault(.format, place, "has a second header")
      case "IHDR", "PLTE", "IDAT", "IEND": try keep(place..<end)
      case "tRNS": throw fault(.unsupported, place, "has transparent pixels; only grey images are read")
      case "acTL": throw fault(.unsupported, place, "is an animation")
      default:
        // An upper-case letter: not to be understood without this chunk.
        guard bytes[place + 4] & 0x20 != 0 else {
          throw fault(.unsupported, place, "has a chunk of an unknown kind")
        }
      }
      isComplete = kind == "IEND"
      place = end
    }
    self.image = image
  }
}
