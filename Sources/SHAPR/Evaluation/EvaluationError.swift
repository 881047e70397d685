internal import ComputeRuntime
internal import OptimalTransport
internal import PersistentHomology
internal import TopologicalLoss

/// Why a cell could not be scored, or its diagrams not be computed: which row of the error table, and the reason.
public struct EvaluationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The row of the error table (docs/reliability.md), so that every door translates it alike.
  public enum Row: Equatable, Sendable {
    /// A volume without voxels, or with more than 2^31 - 1.
    case shape
    /// A value that is NaN, or outside [0, 1].
    case value
    /// The machine or the caller's budget has fewer bytes than these.
    case memory(bytes: UInt64)
    /// The topology wing refused; the reason is its own.
    case topology
  }

  public let row: Row
  public let reason: String

  init(_ row: Row, _ reason: String) { (self.row, self.reason) = (row, reason) }

  init(_ error: ComputeError) {
    switch error {
    case .memoryRefused(let bytes):
      self.init(.memory(bytes: bytes), "\(bytes) bytes of memory were refused")
    case .cancelled:
      self.init(.topology, "was cancelled")
    }
  }

  init(_ error: PersistenceError) {
    if case .memoryRefused(let bytes) = error {
      self.init(.memory(bytes: bytes), error.description)
    } else {
      self.init(.topology, error.description)
    }
  }

  init(_ error: TransportError) {
    if case .memoryRefused(let bytes) = error {
      self.init(.memory(bytes: bytes), error.description)
    } else {
      self.init(.topology, error.description)
    }
  }

  init(_ error: LossError) {
    if case .persistence(let inner) = error {
      self.init(inner)
    } else {
      self.init(.topology, error.description)
    }
  }

  public var description: String { reason }
}
