// The only file of this module that asks the system about folders and links.
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import NeuralNetwork

/// The entries of a folder, without hidden ones, in the order of their bytes.
func entries(ofFolder path: String) throws(SystemError) -> [String] {
  guard let folder = unsafe opendir(path) else { throw SystemError(errno) }
  defer { unsafe closedir(folder) }
  var names: [String] = []
  errno = 0
  while let entry = unsafe readdir(folder) {
    let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if !name.hasPrefix(".") { names.append(name) }
    errno = 0
  }
  guard errno == 0 else { throw SystemError(errno) }
  // Not the language's order: the same on every machine.
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Where a path leads when all links are followed.
func resolvedPath(_ path: String) throws(SystemError) -> String {
  guard let resolved = unsafe realpath(path, nil) else { throw SystemError(errno) }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}

/// Whether a path, with links followed, is a folder.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The number that the system has for a file that is not there.
let noSuchFile = SystemError(ENOENT)
