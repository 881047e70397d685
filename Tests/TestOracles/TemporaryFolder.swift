import Glibc

/// A folder of its own for one test, removed with all that is in it by its last reference.
public final class TemporaryFolder {
  public let path: String

  public init() {
    let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? P_tmpdir
    var template = Array("\(parent)/topoloss-test-XXXXXX".utf8CString)
    _ = unsafe mkdtemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.empty(path) }

  private static func empty(_ path: String) {
    for name in rawEntries(path) {
      let entry = Array(path.utf8) + [UInt8(ascii: "/")] + name + [0]
      let isRemoved = unsafe entry.withUnsafeBytes { bytes in
        unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe remove($0.baseAddress!) == 0 }
      }
      if !isRemoved { empty("\(path)/\(String(decoding: name, as: UTF8.self))") }
    }
    unsafe rmdir(path)
  }

  /// Names need not be UTF-8.
  private static func rawEntries(_ path: String) -> [[UInt8]] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [[UInt8]] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    return names
  }

  /// The path of an entry.
  public subscript(name: String) -> String { "\(path)/\(name)" }

  /// The names in the folder, in order.
  public var entries: [String] {
    Self.rawEntries(path).map { String(decoding: $0, as: UTF8.self) }.sorted()
  }

  public func makeFolder(_ name: String) { unsafe mkdir(self[name], 0o755) }

  /// Writes a file and gives its path.
  @discardableResult
  public func write(_ bytes: [UInt8], as name: String) -> String {
    // Some file systems wait for the disk when a file is emptied and filled again.
    unsafe unlink(self[name])
    guard let file = unsafe fopen(self[name], "wb") else { return self[name] }
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
    return self[name]
  }
}
