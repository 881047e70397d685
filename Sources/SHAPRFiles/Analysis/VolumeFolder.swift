public import NeuralNetwork

/// A folder of volumes, one file for each: `obj/` of a folder of cells, or what some program predicted.
public struct VolumeFolder: Sendable {
  /// The folder that the files are in.
  public let path: String
  /// The names of the files without their ends, in the order of their bytes.
  public let names: [String]
  private let entries: [String: FolderFiles.Entry]

  /// Lists the TIFF and NumPy files at `path`; of a folder of cells, those in its `obj/`.
  ///
  /// - Throws: when the folder cannot be read, has no such file, or two of the same name.
  public init(_ path: String) throws(FileError) {
    guard !path.utf8.contains(0) else {
      throw FileError(.path, file: path, "the path holds a zero byte")
    }
    let objects = "\(path)/\(CellFolder.Part.object.rawValue)"
    self.path = isFolder(objects) ? objects : path
    let resolved = try reading(path) { () throws(SystemError) in try resolvedPath(path) }
    let found = try FolderFiles(
      self.path, resolved: isFolder(objects) ? "\(resolved)/\(CellFolder.Part.object.rawValue)" : resolved
    ) { $0 != .png }
    for finding in found.findings { if case .defect(let error) = finding.kind { throw error } }
    entries = found.files
    names = entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard !names.isEmpty else {
      throw FileError(
        .reading(errno: noSuchFile.number), file: self.path, "has no volumes: no TIFF or NPY files")
    }
  }

  /// The path of a volume, or nil if there is none of this name.
  public func file(_ name: String) -> String? { entries[name].map { "\(path)/\($0.name)" } }

  /// All files that the paths name: files as they are, folders by the volumes in them.
  public static func files(_ paths: [String]) throws(FileError) -> [String] {
    var files: [String] = []
    for path in paths {
      guard isFolder(path) else {
        files.append(path)
        continue
      }
      let folder = try VolumeFolder(path)
      files += folder.names.compactMap(folder.file)
    }
    return files
  }
}
