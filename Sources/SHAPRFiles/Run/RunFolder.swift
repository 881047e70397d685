#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import ComputeRuntime
public import NeuralNetwork

/// A folder that a run writes into: made if it is not there, and held by one process at a time.
///
/// Holds its lock as long as it lives; a killed process's lock dies with it. (docs/run-directory.md)
public final class RunFolder {
  public let path: String
  private let lock: Int32

  deinit { _ = close(lock) }

  /// - Throws: ``FileError/Row/busy`` while another process holds it.
  public init(_ path: String) throws(FileError) {
    self.path = path
    try makeFolders(path)
    lock = try Self.lock(path, LOCK_EX | LOCK_NB)
  }

  /// Runs `body` when no other process does so with the folder `path`, for which it waits.
  public static func holding<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    let lock = try lock(path, LOCK_EX)
    defer { _ = close(lock) }
    return try body()
  }

  /// The open file that holds the lock.
  private static func lock(_ path: String, _ operation: Int32) throws(FileError) -> Int32 {
    let file = path + "/.lock"
    let lock: Int32
    do throws(SystemError) {
      lock = try retrying { unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666) }
    } catch { throw failure(.creating(errno: error.number), file, error.number) }
    while flock(lock, operation) != 0 {
      let number = errno
      if number == EINTR { continue }
      _ = close(lock)
      if number == EWOULDBLOCK {
        throw FileError(.busy, file: path, "another process is working in this run directory")
      }
      throw failure(.creating(errno: number), file, number)
    }
    return lock
  }

  /// The path of a file or folder inside.
  public func file(_ name: String) -> String { path + "/" + name }

  public func makeFolder(_ name: String) throws(FileError) { try makeFolders(file(name)) }

  /// Writes a text in place of what may be there.
  public func write(_ text: String, to name: String) throws(FileError) {
    try writeText(text, to: file(name))
  }

  func has(_ name: String) -> Bool { fileExists(file(name)) }

  /// Names inside a folder of this one, sorted; none if it is not there.
  func names(in folder: String) throws(FileError) -> [String] {
    let path = file(folder)
    guard isFolder(path) else { return [] }
    do { return try entries(ofFolder: path) } catch {
      throw FileError(.reading(errno: error.number), file: path, error.text)
    }
  }

  /// Removes a file, if it is there.
  func remove(_ name: String) throws(FileError) {
    let path = file(name)
    do throws(SystemError) { try retrying { unsafe unlink(path) } } catch {
      guard error != noSuchFile else { return }
      throw FileError(.writing(errno: error.number), file: path, "cannot be removed: \(error.text)")
    }
  }

  private static func failure(
    _ row: FileError.Row, _ path: String, _ number: Int32
  ) -> FileError {
    FileError(row, file: path, SystemError(number).text)
  }
}

/// Whether there is a file or folder.
public func fileExists(_ path: String) -> Bool {
  // The system would see the path cut off at a zero byte.
  unsafe !path.utf8.contains(0) && access(path, F_OK) == 0
}

/// Makes a folder and those above it, where they are missing, and makes their names last: a file that is put
/// into them through ``writeText(_:to:)`` is there after a power failure. So is the name of the last one, which a
/// run that was broken off may have made without seeing to that.
public func makeFolders(_ path: String) throws(FileError) {
  guard !path.utf8.contains(0) else {
    throw FileError(.path, file: path, "the path holds a zero byte")
  }
  var end = path.startIndex
  while end < path.endIndex {
    let next = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
    let part = String(path[..<next])
    do throws(SystemError) {
      if try makeFolder(part) {
        try OpenFile(folder: folder(of: part)).synchronise()
      } else if next == path.endIndex {
        try readableFolder(folder(of: part))?.synchronise()
      }
    } catch {
      throw FileError(
        .creating(errno: error.number), file: part, "the folder cannot be made: \(error.text)")
    }
    end = next
  }
  guard isFolder(path) else {
    throw FileError(.creating(errno: ENOTDIR), file: path, "is not a folder")
  }
}

/// A folder; nil if it may not be read: whoever may use one need not be allowed to read the one above it.
private func readableFolder(_ path: String) throws(SystemError) -> OpenFile? {
  do throws(SystemError) { return try OpenFile(folder: path) } catch {
    guard error.number == EACCES else { throw error }
    return nil
  }
}

/// Makes one folder.
/// - Returns: false if there is something of this name already.
private func makeFolder(_ path: String) throws(SystemError) -> Bool {
  do throws(SystemError) { try retrying { unsafe mkdir(path, 0o777) } } catch {
    guard error.number == EEXIST else { throw error }
    return false
  }
  return true
}

/// Writes a text atomically.
public func writeText(_ text: String, to path: String) throws(FileError) {
  let buffer = try namingMemory(of: path) { () throws(ComputeError) in try Scratch(utf8Of: text) }
  try withTemporaryFile(for: path, bytes: text.utf8.count) { (file) throws(SystemError) in
    if !text.isEmpty { try file.write(buffer.cells) }
  }
}

/// Reads a text of at most 64 MiB.
public func readText(_ path: String) throws(FileError) -> String {
  let buffer = Scratch<UInt8>(budget: MemoryBudget())
  let file: OpenFile
  let size: Int
  do throws(SystemError) {
    file = try OpenFile(reading: path)
    size = try file.size()
    guard size <= 64 << 20 else { throw SystemError(EFBIG) }
  } catch { throw FileError(.reading(errno: error.number), file: path, error.text) }
  try namingMemory(of: path) { () throws(ComputeError) in try buffer.replace(size) }
  do throws(SystemError) {
    guard try file.read(into: buffer.cells, from: 0) else { throw SystemError(EIO) }
  } catch { throw FileError(.reading(errno: error.number), file: path, error.text) }
  defer { withExtendedLifetime(buffer) {} }
  return unsafe String(
    decoding: UnsafeBufferPointer(start: buffer.cells.pointer, count: buffer.capacity), as: UTF8.self)
}
