public import NeuralNetwork
internal import SHAPR

/// A folder of cells: `image/`, `mask/` and, where the true shapes are known, `obj/`, with a file of the
/// same name for each cell in each of them. (TIFF, PNG or NPY; the ends of the names may differ.)
///
/// The names are read once; files are read when they are asked for, by as many threads at a time as like.
public struct CellFolder: Sendable {
  /// The folders a cell has a file in.
  public enum Part: String, Sendable, CaseIterable {
    case image, mask
    case object = "obj"

    /// Axes of its files.
    var rank: Int { self == .object ? 3 : 2 }
  }

  /// Which files a cell must have.
  public enum Parts: Sendable {
    case imagesAndObjects
    /// For predictions: `obj/` is not looked at.
    case images

    var all: [Part] { self == .images ? [.image, .mask] : Part.allCases }
  }

  /// The path as it was given.
  public let path: String
  public let parts: Parts
  /// Height and width of images and of the planes of objects, and the planes of objects, once loaded.
  public let height: Int
  public let width: Int
  public let depth: Int
  public let limits: DataFileLimits
  /// The names of the cells that have a file in any of the folders, without their ends, in the order of
  /// their bytes.
  public let names: [String]
  /// What was wrong already with the names.
  let namingFindings: [Finding]
  private let files: [Part: [String: FolderFiles.Entry]]
  /// The folder and its parts with all links followed.
  let root: String
  private let resolvedFolders: [Part: String]

  /// Lists the folder at `path`.
  ///
  /// - Parameters:
  ///   - size: voxels along each axis of what is loaded: (depth, height, width).
  /// - Throws: when a folder cannot be read or has no files; a defect of a file is for ``check(budget:)``.
  public init(
    path: String, parts: Parts = .imagesAndObjects,
    size: (depth: Int, height: Int, width: Int) = (64, 64, 64),
    limits: DataFileLimits = DataFileLimits()
  ) throws(FileError) {
    guard !path.utf8.contains(0) else {
      throw FileError(.path, file: path, "the path holds a zero byte")
    }
    for extent in [size.depth, size.height, size.width] {
      precondition(extent > 0 && extent <= 1024, "a size of \(extent) voxels is not for cells")
    }
    (self.path, self.parts, self.limits) = (path, parts, limits)
    (depth, height, width) = size
    root = try reading(path) { () throws(SystemError) in try resolvedPath(path) }
    var listing = Listing(path: path, root: root)
    for part in parts.all { try listing.add(part) }
    (files, resolvedFolders, namingFindings) = (listing.files, listing.folders, listing.findings)
    names = Set(files.values.flatMap(\.keys)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard !names.isEmpty else {
      throw FileError(
        .reading(errno: noSuchFile.number), file: path, "has no TIFF, PNG or NPY files in image/ and mask/")
    }
  }

  public var count: Int { names.count }

  /// The class of a cell: its name without the digits at its end.
  public func className(of index: Int) -> String { SHAPR.className(of: names[index]) }

  /// Values of a network's input for one cell: two channels.
  public var inputCount: Int { 2 * height * width }

  /// Values of an object.
  public var objectCount: Int { depth * height * width }

  /// How messages call the file of a cell, whether or not it is there.
  func path(of part: Part, _ index: Int) -> String {
    let name = files[part]?[names[index]]?.name ?? names[index] + ".*"
    return "\(path)/\(part.rawValue)/\(name)"
  }

  func entry(_ part: Part, _ index: Int) -> FolderFiles.Entry? { files[part]?[names[index]] }

  /// The file of a cell, opened.
  ///
  /// - Throws: also when it is a link that leads out of the folder.
  func open(_ part: Part, _ index: Int) throws(FileError) -> (file: InputFile, format: ImageFormat) {
    let shown = path(of: part, index)
    guard let entry = entry(part, index), let folder = resolvedFolders[part] else {
      throw FileError(
        .reading(errno: noSuchFile.number), file: shown,
        "is missing: \(names[index]) has no file in \(part.rawValue)/")
    }
    let resolved = try reading(shown) { () throws(SystemError) in
      try resolvedPath("\(folder)/\(entry.name)")
    }
    guard resolved.isInside(root) else {
      throw FileError(.path, file: shown, "is a link that leads out of the folder")
    }
    return (try InputFile(shown, resolved: resolved, limits: limits), entry.format)
  }
}

/// Collects the files of the folders.
private struct Listing {
  let path: String
  let root: String
  var files: [CellFolder.Part: [String: FolderFiles.Entry]] = [:]
  var folders: [CellFolder.Part: String] = [:]
  var findings: [Finding] = []

  mutating func add(_ part: CellFolder.Part) throws(FileError) {
    let folder = "\(path)/\(part.rawValue)"
    let resolved = try reading(folder) { () throws(SystemError) in try resolvedPath(folder) }
    guard resolved.isInside(root) else {
      throw FileError(.path, file: folder, "is a link that leads out of the folder")
    }
    folders[part] = resolved
    let found = try FolderFiles(folder, resolved: resolved) { part != .object || $0 != .png }
    files[part] = found.files
    findings += found.findings
  }
}

extension String {
  /// Whether this path is that of `folder` or of something in it.
  fileprivate func isInside(_ folder: String) -> Bool {
    self == folder || hasPrefix(folder == "/" ? "/" : folder + "/")
  }
}
