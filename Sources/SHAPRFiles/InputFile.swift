internal import ComputeRuntime
internal import NeuralNetwork

/// A file that was opened for reading, and its size.
struct InputFile {
  let path: String
  let size: Int
  private let file: OpenFile

  /// Opens a regular file. Nothing else is read, and nothing waits for the other end of a pipe.
  ///
  /// - Parameters:
  ///   - path: what messages call the file.
  ///   - resolved: where it is, when links were resolved before; then it may not be a link.
  init(_ path: String, resolved: String? = nil, limits: DataFileLimits) throws(FileError) {
    self.path = path
    guard !path.utf8.contains(0) else {
      throw FileError(.path, file: path, "the path holds a zero byte")
    }
    do throws(SystemError) {
      file = try OpenFile(reading: resolved ?? path, followingLink: resolved == nil)
      size = try file.size()
    } catch {
      let what = error == .notARegularFile ? "not a regular file" : error.text
      throw FileError(.reading(errno: error.number), file: path, "cannot be read: \(what)")
    }
    guard size > 0 else { throw FileError(.format, file: path, offset: 0, "is empty") }
    guard size <= limits.fileBytes else {
      throw FileError(
        .limit, file: path, "has \(size) bytes, more than the limit of \(limits.fileBytes)")
    }
  }

  /// The bytes in `range`, which lies within the file.
  func bytes(_ range: Range<Int>, budget: MemoryBudget) throws(FileError) -> Scratch<UInt8> {
    let bytes = try namingMemory(of: path) { () throws(ComputeError) in
      try Scratch<UInt8>(count: range.count, budget: budget)
    }
    let isWhole: Bool
    do throws(SystemError) {
      isWhole = try file.read(into: bytes.cells.prefix(range.count), from: range.lowerBound)
    } catch {
      throw FileError(.reading(errno: error.number), file: path, "cannot be read: \(error.text)")
    }
    guard isWhole else {
      throw FileError(
        .format, file: path, offset: range.lowerBound, "became shorter while it was read")
    }
    return bytes
  }

  func allBytes(budget: MemoryBudget) throws(FileError) -> Scratch<UInt8> {
    try bytes(0..<size, budget: budget)
  }
}
