#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import NeuralNetwork

/// Whether a run's files will find room, as far as that can be known before they are there.
extension RunFolder {
  /// Writes a small file into each of the folders inside, in the way of all files of a run, and removes it.
  func probe(_ folders: [String]) throws(FileError) {
    for folder in folders {
      let name = "\(folder)/probe.tmp"
      do throws(FileError) { try write("probe\n", to: name) } catch {
        // It may be there all the same, when only its last step failed.
        try? remove(name)
        throw error
      }
      try remove(name)
    }
  }

  /// Refuses a disk that has less left than this. One that does not say what it has passes.
  func checkRoom(bytes: Int, files: Int) throws(FileError) {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { return }
    let (free, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    // A disk without blocks, or without a number of files, has no notion of them.
    if status.f_blocks > 0, !overflow, free < UInt64(bytes) {
      throw full("at least \(bytes) bytes are needed, \(free) are free")
    }
    if status.f_files > 0, UInt64(status.f_favail) < UInt64(files) {
      throw full("at least \(files) new files are needed, \(status.f_favail) are free")
    }
  }

  private func full(_ reason: String) -> FileError {
    FileError(.writing(errno: ENOSPC), file: path, "\(SystemError(ENOSPC).text): \(reason)")
  }
}
