/// Why a computation stopped before its result.
public enum ComputeError: Error, Equatable, Sendable {
  /// The machine, or the caller's limit, did not give this many bytes.
  case memoryRefused(bytes: UInt64)
  /// The caller asked the computation to stop.
  case cancelled
}
