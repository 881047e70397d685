public import ComputeRuntime

/// Why a distance between diagrams could not be computed.
///
/// An `index` counts coordinates of its diagram: birth and death of point i are 2 i and 2 i + 1.
public enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
  case notANumber(index: Int)
  case infiniteBirth(index: Int)
  case essentialCountsDiffer(first: Int, second: Int)
  case essentialExtremeUnknown
  case tooManyPoints(limit: Int)
  case invalidOrder(Double)
  case invalidDirections(Int)
  case invalidThreadCount(Int)
  case memoryRefused(bytes: UInt64)
  case cancelled

  public init(_ error: ComputeError) {
    switch error {
    case .memoryRefused(let bytes): self = .memoryRefused(bytes: bytes)
    case .cancelled: self = .cancelled
    }
  }

  public var description: String {
    switch self {
    case .notANumber(let index): "coordinate \(index) of a diagram is NaN"
    case .infiniteBirth(let index):
      "coordinate \(index) of a diagram is infinite; only a death may be"
    case .essentialCountsDiffer(let first, let second):
      "the diagrams have \(first) and \(second) essential classes, which cannot be matched; "
        + "ignore them, or let them end at the extreme value"
    case .essentialExtremeUnknown:
      "bare diagrams do not tell where their filtration ends: match or ignore essential classes"
    case .tooManyPoints(let limit): "more than the limit of \(limit) points in a diagram"
    case .invalidOrder(let order): "the order is finite and at least 1, got \(order)"
    case .invalidDirections(let count): "the number of directions is 1 to 65536, got \(count)"
    case .invalidThreadCount(let count): "the number of threads is at least 1, got \(count)"
    case .memoryRefused(let bytes): "memory refused: \(bytes) bytes needed"
    case .cancelled: "cancelled"
    }
  }
}

extension TransportError: ComputeFailure {
  package var isCancellation: Bool { self == .cancelled }
}

/// Runs `body`, and says in this module's words what went wrong.
func translatingErrors<Value>(
  _ body: () throws(ComputeError) -> Value
) throws(TransportError) -> Value {
  do throws(ComputeError) {
    return try body()
  } catch {
    throw TransportError(error)
  }
}
