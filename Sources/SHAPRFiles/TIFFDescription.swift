internal import NeuralNetwork
internal import ComputeRuntime

/// What programs write into the description of an image: planes that have no directory of their own.
struct TIFFDescription {
  private let text: String

  init(_ directory: TIFFDirectory, _ reader: ByteReader) {
    guard let field = directory[.imageDescription], field.type == .ascii || field.type == .byte else {
      text = ""
      return
    }
    // What is meant here stands at the beginning; OME descriptions can be very long.
    text = reader.text(at: field.valueOffset, count: min(field.count, 4096))
  }

  /// A number of ImageJ's description, as in `images=64`.
  private func number(_ name: String) -> Int? {
    guard text.hasPrefix("ImageJ=") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name + "=") {
      return Int(line.dropFirst(name.count + 1))
    }
    return nil
  }

  /// The planes of a file with one directory: that one, and those that follow its values, one right
  /// after the other, if the description says so (ImageJ, for large stacks).
  func planes(behind page: TIFFPage, file: TIFFBytes, limits: DataFileLimits) throws(FileError)
    -> [TIFFPage]
  {
    func fault(_ row: FileError.Row, _ reason: String) -> FileError {
      FileError(row, file: file.path, reason)
    }
    if text.hasPrefix("{\"shape\":"), text.contains("\"truncated\": true") {
      throw fault(.unsupported, "a volume with one directory by tifffile; save it without truncate")
    }
    guard let images = number("images"), images > 1 else { return [page] }
    guard images <= limits.tiffDirectories else {
      throw fault(.limit, "its description promises \(images) images, the limit is \(limits.tiffDirectories)")
    }
    let axes = ["channels", "slices", "frames"].filter { (number($0) ?? 1) > 1 }
    guard axes.count <= 1 else {
      throw fault(
        .unsupported, "a hyperstack with \(axes.joined(separator: " and ")); only one stack is read")
    }
    guard page.compression == .none, !page.segments.isTiled, let start = Int(exactly: page.offsets[0]) else {
      throw fault(.format, "its description promises \(images) images, but there is one")
    }
    for index in 1..<max(page.segments.count, 1)
    where page.offsets[index] != UInt64(start + index * page.segmentBytes) {
      throw fault(.format, "its description promises \(images) images in a row, but its strips have gaps")
    }
    let (bytes, overflow) = page.byteCount.multipliedReportingOverflow(by: images)
    guard !overflow, bytes <= file.bytes.count - start else {
      throw fault(.format, "its description promises \(images) images, more than the file holds")
    }
    return (0..<images).map { page.asOneStrip(at: start + $0 * page.byteCount) }
  }
}

extension TIFFPage {
  /// A plane like this one whose values begin at `offset` and have no gaps.
  fileprivate func asOneStrip(at offset: Int) -> TIFFPage {
    var page = self
    page.segments = Segments(isTiled: false, height: height, width: width, across: 1, down: 1)
    page.offsets = .one(UInt64(offset))
    page.byteCounts = .one(UInt64(byteCount))
    return page
  }
}
