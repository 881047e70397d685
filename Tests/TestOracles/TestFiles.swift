import Glibc

/// The bytes of a file; nil when there is none.
public func contents(ofFile path: String) -> [UInt8]? {
  guard let file = unsafe fopen(path, "rb") else { return nil }
  defer { unsafe fclose(file) }
  unsafe fseek(file, 0, SEEK_END)
  let count = unsafe ftell(file)
  unsafe rewind(file)
  return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
    read = unsafe fread(buffer.baseAddress, 1, count, file)
  }
}

/// The bytes of a file; empty when there is none.
public func bytes(ofFile path: String) -> [UInt8] { contents(ofFile: path) ?? [] }

/// The path of a file in Tests/Fixtures.
public func fixture(_ name: String) -> String { folder(above: 2) + "Fixtures/\(name)" }

/// The path of a file in ../shared, which is beside the project on some machines.
public func sharedFile(_ name: String) -> String { folder(above: 4) + "shared/\(name)" }

/// `up` folders above this file, <project>/Tests/TestOracles/<this file>, with a slash.
private func folder(above up: Int) -> String {
  "/" + #filePath.split(separator: "/").dropLast(up).map { $0 + "/" }.joined()
}

/// The seconds of processor time that `body` takes on this thread, however busy the machine is.
public func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
  func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
  let start = now()
  try body()
  return now() - start
}
