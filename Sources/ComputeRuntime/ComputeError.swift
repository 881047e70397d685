/// Why a computation stopped before its result.
public enum ComputeError: Error, Equatable, Sendable {
  /// The machine did not give this many bytes, or the caller's limit is below them.
  case memoryRefused(bytes: UInt64)
  /// The caller asked the computation to stop.
  case cancelled
}
