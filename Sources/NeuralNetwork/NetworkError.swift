package import ComputeRuntime

/// Why a network could not be made or run.
public enum NetworkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The machine did not give this many bytes, or the caller's limit is below them.
  case memoryRefused(bytes: UInt64)
  /// A shape that a layer cannot take; the sentence says what was expected and what came.
  case wrongShape(String)
  /// A setting outside its range.
  case invalidSetting(String)
  /// The caller asked to stop.
  case cancelled

  public var description: String {
    switch self {
    case .memoryRefused(let bytes): "\(bytes) bytes of memory were refused"
    case .wrongShape(let sentence), .invalidSetting(let sentence): sentence
    case .cancelled: "was cancelled"
    }
  }

  package init(_ error: ComputeError) {
    switch error {
    case .memoryRefused(let bytes): self = .memoryRefused(bytes: bytes)
    case .cancelled: self = .cancelled
    }
  }

  static func orRefused<Value>(
    _ body: () throws(ComputeError) -> Value
  ) throws(NetworkError) -> Value {
    do { return try body() } catch { throw NetworkError(error) }
  }
}
