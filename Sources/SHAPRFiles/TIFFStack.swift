internal import PersistentHomology
internal import NeuralNetwork
internal import ComputeRuntime

/// The bytes of a TIFF file, and what messages call it.
struct TIFFBytes {
  let path: String
  let bytes: FencedPointer<UInt8>
}

/// The planes of a TIFF file, equal in size and type, checked before anything is decoded.
struct TIFFStack {
  let header: TIFFHeader
  let pages: [TIFFPage]

  /// One plane is an image, several are a volume.
  var extents: [Int] {
    let plane = [pages[0].height, pages[0].width]
    return pages.count == 1 ? plane : [pages.count] + plane
  }

  /// - Throws: ``FileError``; ``pages`` is never empty.
  init(_ file: TIFFBytes, limits: DataFileLimits) throws(FileError) {
    header = try TIFFHeader(file)
    let directories = try Self.directories(header, file: file, limits: limits)
    var pages: [TIFFPage] = []
    for (number, directory) in directories.enumerated() {
      let reader = TIFFPageReader(
        number: number, directory: directory, header: header, file: file, limits: limits)
      let page = try reader.page()
      if let first = pages.first, !page.isLike(first) {
        throw FileError(
          .shape, file: file.path, offset: directory.offset,
          "plane \(number) is \(page.kindText), plane 0 is \(first.kindText)")
      }
      pages.append(page)
    }
    if pages.count == 1 {
      let description = TIFFDescription(directories[0], header.reader)
      pages = try description.planes(behind: pages[0], file: file, limits: limits)
    }
    self.pages = pages
    try checkSize(file, limits)
  }

  /// All directories, in the order of the file.
  private static func directories(
    _ header: TIFFHeader, file: TIFFBytes, limits: DataFileLimits
  ) throws(FileError) -> [TIFFDirectory] {
    var directories: [TIFFDirectory] = []
    var visited: Set<UInt64> = []
    var bytes = 0
    var place = header.firstDirectory
    while place != 0 {
      func fault(_ row: FileError.Row, _ reason: String) -> FileError {
        FileError(row, file: file.path, offset: directories.last?.offset ?? 0, reason)
      }
      guard visited.insert(place).inserted else {
        throw fault(.format, "the directory after this one is an earlier one again")
      }
      guard directories.count < limits.tiffDirectories else {
        throw fault(.limit, "has more than \(limits.tiffDirectories) directories")
      }
      let directory = try TIFFDirectory(at: place, header, file: file, limits: limits)
      directories.append(directory)
      bytes += directory.byteCount
      guard bytes <= file.bytes.count else { throw fault(.format, "its directories overlap") }
      place = directory.next
    }
    return directories
  }

  /// The volume as a whole, and what decoding it takes.
  private func checkSize(_ file: TIFFBytes, _ limits: DataFileLimits) throws(FileError) {
    _ = try checkedCount(extents, pages[0].elementType, file: file.path, limits: limits)
    var (decoded, pieces) = (0, 0)
    let largest = limits.largestExpansion(ofFile: file.bytes.count)
    for page in pages {
      // Both factors are below 2^31 times 8: two axes that were checked.
      let (bytes, overflow) = page.segmentBytes.multipliedReportingOverflow(by: page.segments.count)
      guard !overflow, bytes <= largest, decoded <= largest - bytes else {
        throw FileError(
          .limit, file: file.path, "a file of \(file.bytes.count) bytes would grow to more than \(largest)")
      }
      decoded += bytes
      pieces += page.segments.count
    }
    guard pieces <= file.bytes.count else {
      throw FileError(.format, file: file.path, "its \(pieces) pieces overlap")
    }
  }
}

extension TIFFPage {
  fileprivate func isLike(_ other: TIFFPage) -> Bool {
    height == other.height && width == other.width && elementType == other.elementType
  }

  fileprivate var kindText: String { "\(height) x \(width) \(elementType.rawValue)" }
}
