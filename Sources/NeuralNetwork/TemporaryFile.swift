/// Fills a new file for `path` by `fill` and puts it in place when it has reached the disk.
///
/// On any failure the temporary file is removed and a file that was at `path` is untouched, unless the
/// failure came after the new file had taken its place.
///
/// - Parameter bytes: how many `fill` writes, for messages.
package func withTemporaryFile(
  for path: String, bytes: Int, _ fill: (OpenFile) throws(SystemError) -> Void
) throws(FileError) {
  let (folder, file) = try open(for: path)
  do throws(SystemError) {
    try file.empty()
    try fill(file)
    try file.synchronise()
    try file.move(to: path)
  } catch {
    file.remove()
    let need = error.isOfRoom ? "; \(bytes) bytes are needed" : ""
    throw FileError(
      .writing(errno: error.number), file: path, "cannot be written: \(error.text)\(need)")
  }
  do throws(SystemError) {
    try folder.synchronise()
  } catch {
    throw FileError(
      .writing(errno: error.number), file: path,
      "is written, but may not last through a power failure: \(error.text)")
  }
}

/// The folder of `path`, and the temporary file in it.
private func open(
  for path: String
) throws(FileError) -> (folder: OpenFile, file: OpenFile) {
  do throws(SystemError) {
    let folder = try OpenFile(folder: folder(of: path))
    return (folder, try OpenFile(writingAlone: path + ".tmp"))
  } catch {
    if error == .held {
      throw FileError(.busy, file: path, "is being written by another writer")
    }
    throw FileError(
      .creating(errno: error.number), file: path, "cannot be created: \(error.text)")
  }
}

/// The folder that an entry at `path` is in.
package func folder(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
