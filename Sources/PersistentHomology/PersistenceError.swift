package import ComputeRuntime

/// Why diagrams could not be computed.
public enum PersistenceError: Error, Equatable, Sendable, CustomStringConvertible {
  case unsupportedRank(Int)
  case emptyAxis(axis: Int)
  case negativeExtent(axis: Int)
  case wrongValueCount(expected: Int, got: Int)
  case extentTooLarge(axis: Int, limit: Int)
  case tooManyVoxels(limit: Int)
  case tooManyVolumes(limit: Int)
  case dimensionNotInVolume(dimension: Int, rank: Int)
  case invalidThreadCount(Int)
  case notANumber(index: Int)
  case integerTooLarge(index: Int)
  case memoryRefused(bytes: UInt64)
  case cancelled
  /// A defect of this library.
  case inconsistentResult

  package init(_ error: ComputeError) {
    switch error {
    case .memoryRefused(let bytes): self = .memoryRefused(bytes: bytes)
    case .cancelled: self = .cancelled
    }
  }

  public var description: String {
    switch self {
    case .unsupportedRank(let rank): "a volume has 1 to 3 axes, got \(rank)"
    case .emptyAxis(let axis): "axis \(axis) has size 0"
    case .negativeExtent(let axis): "axis \(axis) has a negative size"
    case .wrongValueCount(let expected, let got): "shape calls for \(expected) values, got \(got)"
    case .extentTooLarge(let axis, let limit): "axis \(axis) is longer than the limit of \(limit)"
    case .tooManyVoxels(let limit): "more than the limit of \(limit) voxels"
    case .tooManyVolumes(let limit): "more than the limit of \(limit) volumes in one call"
    case .dimensionNotInVolume(let dimension, let rank):
      "homology dimension \(dimension) does not exist in a volume with \(rank) axes"
    case .invalidThreadCount(let count): "the number of threads is at least 1, got \(count)"
    case .notANumber(let index): "value at flat index \(index) is NaN"
    case .integerTooLarge(let index): "integer at flat index \(index) is beyond 2^53"
    case .memoryRefused(let bytes): "memory refused: \(bytes) bytes needed"
    case .cancelled: "cancelled"
    case .inconsistentResult: "internal error: a cycle without an end; please report it"
    }
  }
}

extension PersistenceError: ComputeFailure {
  package var isCancellation: Bool { self == .cancelled }
}

/// Runs `body`, and says in this module's words what went wrong.
func translatingErrors<Value>(
  _ body: () throws(ComputeError) -> Value
) throws(PersistenceError) -> Value {
  do throws(ComputeError) {
    return try body()
  } catch {
    throw PersistenceError(error)
  }
}
