internal import NeuralNetwork

/// The image files of one folder, by their names without ends.
struct FolderFiles: Sendable {
  /// A file that was found.
  struct Entry: Sendable {
    let name: String
    let format: ImageFormat
  }

  private(set) var files: [String: Entry] = [:]
  /// What was wrong with names, and what was passed over.
  private(set) var findings: [Finding] = []

  /// - Parameters:
  ///   - folder: how messages call it.
  ///   - resolved: where it is, links followed.
  ///   - accepts: which formats count; other files are passed over.
  init(
    _ folder: String, resolved: String, accepts: (ImageFormat) -> Bool
  ) throws(FileError) {
    for name in try reading(folder, { () throws(SystemError) in try entries(ofFolder: resolved) }) {
      let file = "\(folder)/\(name)"
      if let fault = faultOfFileName(name) {
        findings.append(Finding(nil, .defect(FileError(.path, file: file, fault))))
        continue
      }
      guard let format = ImageFormat(path: name), accepts(format), !isFolder("\(resolved)/\(name)")
      else {
        findings.append(Finding(nil, .ignored(file: file)))
        continue
      }
      let stem = withoutEnd(name)
      if let other = files[stem] {
        let error = FileError(
          .path, file: file, "is a second file for \(stem), beside \(quotedJSON(other.name))")
        findings.append(Finding(stem, .defect(error)))
        continue
      }
      files[stem] = Entry(name: name, format: format)
    }
  }
}

/// A file's name without its folder and its end.
public func nameWithoutEnd(_ path: String) -> String {
  withoutEnd(String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]))
}

private func withoutEnd(_ name: String) -> String {
  String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)])
}

/// Runs `body`, and says what could not be read.
func reading<Value>(
  _ file: String, _ body: () throws(SystemError) -> Value
) throws(FileError) -> Value {
  do throws(SystemError) {
    return try body()
  } catch {
    throw FileError(.reading(errno: error.number), file: file, "cannot be read: \(error.text)")
  }
}
