package import ComputeRuntime
public import OptimalTransport
public import PersistentHomology

/// Which volume an error is about: one of the two of a loss, or one that is only resampled.
public enum LossOperand: String, Sendable {
  case prediction, target, volume
}

/// Why a topological loss could not be computed.
public enum LossError: Error, Equatable, Sendable, CustomStringConvertible {
  case persistence(PersistenceError)
  case transport(TransportError)
  case notANumber(LossOperand, index: Int)
  case infinite(LossOperand, index: Int)
  case integerTooLarge(LossOperand, index: Int)
  case shapesDiffer
  case noDimensions
  case wrongResolution(axes: Int, got: Int)
  case resolutionTooSmall(Int)
  case invalidWeights
  case invalidMinimumPersistence(Double)
  case invalidGradientScale(Double)
  case gradientNeedsFloatingPoint(LossOperand)
  case lastValuesMissing
  case lastValueNotFinite(volume: Int)

  package init(_ error: ComputeError) {
    self = .persistence(PersistenceError(error))
  }

  public var description: String {
    switch self {
    case .persistence(let error): error.description
    case .transport(let error): error.description
    case .notANumber(let operand, let index):
      "value at flat index \(index) of the \(operand.rawValue) is NaN"
    case .infinite(let operand, let index):
      "value at flat index \(index) of the \(operand.rawValue) is infinite"
    case .integerTooLarge(let operand, let index):
      "integer at flat index \(index) of the \(operand.rawValue) is beyond 2^53"
    case .shapesDiffer: "prediction and target must have the same shape"
    case .noDimensions: "no homology dimension counts"
    case .wrongResolution(let axes, let got):
      "a volume with \(axes) axes needs as many resolutions, got \(got)"
    case .resolutionTooSmall(let extent): "a resolution is at least 1, got \(extent)"
    case .invalidWeights: "there are 3 weights, finite and not negative"
    case .invalidMinimumPersistence(let value):
      "the minimum persistence is finite and not negative, got \(value)"
    case .invalidGradientScale(let value): "the gradient's scale is finite, got \(value)"
    case .gradientNeedsFloatingPoint(let operand):
      "a gradient needs floating-point values, those of the \(operand.rawValue) are not"
    case .lastValueNotFinite(let volume): "the last value of volume \(volume) is not finite"
    case .lastValuesMissing: "essential classes of the target end at its last values: they are missing"
    }
  }
}

extension LossError: ComputeFailure {
  package var isCancellation: Bool {
    self == .persistence(.cancelled)
  }
}

/// Runs `body`, and says in this module's words what went wrong.
func translatingErrors<Value>(
  _ body: () throws(ComputeError) -> Value
) throws(LossError) -> Value {
  do throws(ComputeError) {
    return try body()
  } catch {
    throw LossError(error)
  }
}

func asLossError<Value>(
  _ body: () throws(PersistenceError) -> Value
) throws(LossError) -> Value {
  do throws(PersistenceError) {
    return try body()
  } catch {
    throw LossError.persistence(error)
  }
}

func asLossError<Value>(
  _ body: () throws(TransportError) -> Value
) throws(LossError) -> Value {
  do throws(TransportError) {
    return try body()
  } catch .memoryRefused(let bytes) {
    throw .persistence(.memoryRefused(bytes: bytes))
  } catch .cancelled {
    throw .persistence(.cancelled)
  } catch {
    throw .transport(error)
  }
}
