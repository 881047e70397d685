/// The derivative of `function` at `place` along `direction`, by one central difference.
///
/// Its error is about `step`^2 times the third derivative plus 1e-16 |function| / `step`.
public func directionalDerivative(
  at place: [Double], along direction: [Double], step: Double, of function: ([Double]) throws -> Double
) rethrows -> Double {
  func moved(by step: Double) -> [Double] { zip(place, direction).map { $0 + step * $1 } }
  return (try function(moved(by: step)) - function(moved(by: -step))) / (2 * step)
}
