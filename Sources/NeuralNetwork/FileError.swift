package import ComputeRuntime

/// Why a file could not be read or written: which row of the error table, where, and the reason.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The row of the error table (docs/reliability.md), so that every door translates it alike.
  public enum Row: Equatable, Sendable {
    /// Not what the format calls for.
    case format
    /// Valid, but of a kind that is not read.
    case unsupported
    /// The content is not what was written.
    case checksum
    /// Beyond a documented limit, or beyond 64 bits.
    case limit
    /// The machine or the caller's budget has fewer bytes than these.
    case memory(bytes: UInt64)
    /// Another number of axes, or another size, than what is needed here; or something is missing.
    case shape
    /// Elements of another kind than what is needed here.
    case elementType
    /// A value is NaN,
    case notANumber
    /// or infinite,
    case infinite
    /// or a floating-point value outside [0, 1].
    case range
    /// A name that could leave its folder or its line, or is too long.
    case path
    /// Another process, or another thread, is writing this file.
    case busy
    /// The system's error numbers: of a file that is missing or cannot be read,
    case reading(errno: Int32)
    /// of one that cannot be created,
    case creating(errno: Int32)
    /// and of one that cannot be filled or put in place.
    case writing(errno: Int32)
  }

  public let row: Row
  /// The path as it was given.
  public let file: String
  /// Bytes from the start of the file, where the error has a place.
  public let offset: Int?
  public let reason: String

  package init(_ row: Row, file: String, offset: Int? = nil, _ reason: String) {
    self.row = row
    self.file = file
    self.offset = offset
    self.reason = reason
  }

  package init(_ error: ComputeError, file: String) {
    switch error {
    case .memoryRefused(let bytes):
      self.init(.memory(bytes: bytes), file: file, "needs \(bytes) bytes of memory")
    case .cancelled:
      // No file operation takes a cancellation.
      self.init(.memory(bytes: 0), file: file, "was cancelled")
    }
  }

  /// One line, whatever the names are.
  public var description: String {
    "\(quotedJSON(file))\(offset.map { ", byte \($0)" } ?? ""): \(reason)"
  }
}

/// Runs `body`, and says of which file it was when memory was refused.
package func namingMemory<Value>(
  of file: String, _ body: () throws(ComputeError) -> Value
) throws(FileError) -> Value {
  do throws(ComputeError) {
    return try body()
  } catch {
    throw FileError(error, file: file)
  }
}
