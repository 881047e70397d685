// The only file of this module that speaks to the system: opening, reading, writing, putting in place.
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
package import ComputeRuntime

/// An error number of the system.
package struct SystemError: Error, Equatable {
  package let number: Int32
  package init(_ number: Int32) { self.number = number }
  package static var last: SystemError { SystemError(errno) }

  package static let isDirectory = SystemError(EISDIR)
  package static let notARegularFile = SystemError(EINVAL)
  package static let held = SystemError(EWOULDBLOCK)

  /// Whether there is no room on the disk, or for this user.
  var isOfRoom: Bool { number == ENOSPC || number == EDQUOT }

  /// What the system says of the number, as in "No space left on device".
  package var text: String { unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)" }
}

/// Repeats a call that a signal interrupted. Negative results are errors.
@discardableResult
package func retrying<Result: SignedInteger>(
  _ call: () -> Result
) throws(SystemError) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    guard errno == EINTR else { throw .last }
  }
}

/// The system's `write`, under a name that ``OpenFile/write(_:)`` does not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}

/// An open file; closed with its last reference.
package final class OpenFile {
  private let descriptor: Int32
  private let isFolder: Bool
  package let path: String

  deinit { _ = close(descriptor) }

  /// Opens a regular file; anything else is an error, and nothing waits for a pipe's other end.
  ///
  /// - Parameter followingLink: whether `path` itself may be a symbolic link.
  package init(reading path: String, followingLink: Bool = true) throws(SystemError) {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (followingLink ? 0 : O_NOFOLLOW)
    descriptor = try retrying { unsafe open(path, flags) }
    (isFolder, self.path) = (false, path)
    try checkRegular()
  }

  /// Opens a regular file for writing, made if there is none, and holds it alone.
  ///
  /// The file may be one that a killed process left behind, with its content; its lock died with that
  /// process.
  /// - Throws: ``SystemError/held`` when another open file holds it.
  init(writingAlone path: String) throws(SystemError) {
    descriptor = try retrying {
      unsafe open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o666)
    }
    (isFolder, self.path) = (false, path)
    try checkRegular()
    // Some network file systems have no locks: they are written without.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { throw .held }
    // Its former holder may have renamed it since it was opened: then it is not ours to empty.
    var (named, opened) = (stat(), stat())
    guard unsafe lstat(path, &named) == 0, unsafe fstat(descriptor, &opened) == 0,
      named.st_ino == opened.st_ino, named.st_dev == opened.st_dev
    else { throw .held }
  }

  /// Opens a folder, to make its entries last.
  package init(folder path: String) throws(SystemError) {
    descriptor = try retrying { unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    (isFolder, self.path) = (true, path)
  }

  private func checkRegular() throws(SystemError) {
    let kind = try status().st_mode & S_IFMT
    if kind == S_IFDIR { throw .isDirectory }
    if kind != S_IFREG { throw .notARegularFile }
  }

  private func status() throws(SystemError) -> stat {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last }
    return status
  }

  /// Bytes in the file now.
  package func size() throws(SystemError) -> Int { Int(try status().st_size) }

  /// Fills `bytes` from `offset` of the file on. False when the file ends before.
  package func read(into bytes: FencedPointer<UInt8>, from offset: Int) throws(SystemError) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = try retrying {
        unsafe pread(descriptor, bytes.pointer + done, min(bytes.count - done, 1 << 30), off_t(offset + done))
      }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Drops what is in the file.
  func empty() throws(SystemError) { try retrying { ftruncate(descriptor, 0) } }

  /// Writes all of `bytes` at the end of what was written.
  package func write(_ bytes: FencedPointer<UInt8>) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let count = try retrying {
        unsafe systemWrite(descriptor, bytes.pointer + done, min(bytes.count - done, 1 << 30))
      }
      guard count > 0 else { throw SystemError(EIO) }
      done += count
    }
  }

  /// Waits until what was written is on the disk. Not tried again after a failure: the system may have
  /// dropped the data, and a second call would not say so.
  package func synchronise() throws(SystemError) {
    do throws(SystemError) {
      try retrying { fsync(descriptor) }
    } catch {
      // Some file systems cannot do it for folders, and say so; there is nothing more to wait for.
      guard isFolder, error.number == EINVAL else { throw error }
    }
  }

  func move(to newPath: String) throws(SystemError) {
    try retrying { unsafe rename(path, newPath) }
  }

  func remove() { _ = try? retrying { unsafe unlink(path) } }
}
