#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a move costs: the ground norm to the power of the order.
///
/// One type per case that deserves code of its own; the solver is compiled once for each.
protocol GroundCost: BitwiseCopyable, Sendable {
  /// The cost of moving a point by (x, y).
  func ofMove(_ x: Double, _ y: Double) -> Double
  /// The cost of moving a point to the diagonal.
  func ofExit(persistence: Double) -> Double
}

/// The maximum norm, order 1.
struct MaximumNorm: GroundCost {
  @inline(__always)
  func ofMove(_ x: Double, _ y: Double) -> Double { larger(x.magnitude, y.magnitude) }
  func ofExit(persistence: Double) -> Double { persistence / 2 }
}

/// The maximum norm, order 2.
struct SquaredMaximumNorm: GroundCost {
  @inline(__always)
  func ofMove(_ x: Double, _ y: Double) -> Double {
    let length = larger(x.magnitude, y.magnitude)
    return length * length
  }
  func ofExit(persistence: Double) -> Double { persistence / 2 * (persistence / 2) }
}

/// The maximum norm, any order.
struct PowerOfMaximumNorm: GroundCost {
  let order: Double
  @inline(__always)
  func ofMove(_ x: Double, _ y: Double) -> Double { pow(larger(x.magnitude, y.magnitude), order) }
  func ofExit(persistence: Double) -> Double { pow(persistence / 2, order) }
}

/// The Euclidean norm, order 2.
struct SquaredEuclideanNorm: GroundCost {
  @inline(__always)
  func ofMove(_ x: Double, _ y: Double) -> Double { x * x + y * y }
  func ofExit(persistence: Double) -> Double { persistence * persistence / 2 }
}

/// The Euclidean norm, any order.
struct PowerOfEuclideanNorm: GroundCost {
  let order: Double
  @inline(__always)
  func ofMove(_ x: Double, _ y: Double) -> Double { pow(x * x + y * y, order / 2) }
  func ofExit(persistence: Double) -> Double { pow(persistence * persistence / 2, order / 2) }
}

/// The larger of two numbers that are not NaN; unlike `Swift.max`, one instruction.
@inline(__always)
func larger(_ a: Double, _ b: Double) -> Double { a > b ? a : b }

@inline(__always)
func smaller(_ a: Double, _ b: Double) -> Double { a < b ? a : b }
