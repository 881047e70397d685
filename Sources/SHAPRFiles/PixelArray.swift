public import PersistentHomology
public import NeuralNetwork
public import ComputeRuntime

/// A decoded image or volume, row-major: `height x width` or `depth x height x width`.
public struct PixelArray: Sendable {
  /// The path as it was given.
  public let path: String
  /// Two or three axes: (z,) y, x.
  public let extents: [Int]
  public let elementType: ScalarType
  /// The elements in the machine's byte order.
  let memory: Scratch<UInt8>

  public var count: Int { extents.reduce(1, *) }

  /// Reads a file of the kind that the end of its name says: `.tif`, `.tiff`, `.npy` or `.png`.
  public static func read(
    _ path: String, limits: DataFileLimits = DataFileLimits(), budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    guard let format = ImageFormat(path: path) else {
      throw FileError(.unsupported, file: path, "is not named .tif, .tiff, .npy or .png")
    }
    return try read(InputFile(path, limits: limits), as: format, limits: limits, budget: budget)
  }

  static func read(
    _ file: InputFile, as format: ImageFormat, limits: DataFileLimits, budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    switch format {
    case .tiff: try readTIFF(file, limits: limits, budget: budget)
    case .npy: try readNPY(file, limits: limits, budget: budget)
    case .png: try readPNG(file, limits: limits, budget: budget)
    }
  }
}

/// The kinds of files that images and volumes are read from.
enum ImageFormat: Sendable {
  case tiff, npy, png

  /// By the end of the name, in any case of letters.
  init?(path: String) {
    guard let dot = path.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    switch path[path.utf8.index(after: dot)...].lowercased() {
    case "tif", "tiff": self = .tiff
    case "npy": self = .npy
    case "png": self = .png
    default: return nil
    }
  }
}

/// Elements of extents that a file declares, or why there cannot be so many.
func checkedCount(
  _ extents: [Int], _ type: ScalarType, file: String, offset: Int? = nil, limits: DataFileLimits
) throws(FileError) -> Int {
  func fault(_ row: FileError.Row, _ reason: String) -> FileError {
    FileError(row, file: file, offset: offset, reason)
  }
  guard extents.count == 2 || extents.count == 3 else {
    throw fault(.shape, "has \(extents.count) axes; an image has 2 and a volume 3")
  }
  var count = 1
  for extent in extents {
    guard extent > 0 else { throw fault(.shape, "an axis has no voxels: \(shapeText(extents))") }
    guard extent <= limits.axis else {
      throw fault(.limit, "an axis has \(extent) voxels, more than the limit of \(limits.axis)")
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: extent)
    guard !overflow, product <= limits.voxels else {
      throw fault(.limit, "\(shapeText(extents)) has more voxels than the limit of \(limits.voxels)")
    }
    count = product
  }
  guard count <= limits.decodedBytes / type.byteCount else {
    throw fault(.limit, "needs more than the limit of \(limits.decodedBytes) bytes")
  }
  return count
}

/// As in `64 x 64`.
func shapeText(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: " x ") }
