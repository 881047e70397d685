/// How far `gradient` is from the central differences of `function` at `place`, as a part of the largest
/// slope in `gradient`.
///
/// - Parameters:
///   - coordinates: which entries are moved, one at a time; every other one is kept.
///   - step: 1e-5 costs about 1e-10 |third derivative| + 1e-11 |function|: far below 1e-6 of the slope, where
///     function and slope have about one size.
/// - Returns: the largest difference; infinity where a number is NaN.
public func gradientError(
  of gradient: [Double], at place: [Double], coordinates: some Sequence<Int>, step: Double = 1e-5,
  function: ([Double]) throws -> Double
) rethrows -> Double {
  let scale = gradient.reduce(1e-300) { max($0, abs($1)) }
  var worst = 0.0
  for coordinate in coordinates {
    var direction = [Double](repeating: 0, count: place.count)
    direction[coordinate] = 1
    let slope = try directionalDerivative(at: place, along: direction, step: step, of: function)
    let error = abs(slope - gradient[coordinate]) / scale
    worst = max(worst, error.isNaN ? .infinity : error)
  }
  return worst
}
