/// The middle and the spread of one measure over cells.
public struct Summary: Equatable, Sendable {
  /// How many numbers were taken.
  public let count: Int
  /// How many were NaN and left out.
  public let excluded: Int
  /// Of an even number of values, the mean of the two in the middle; NaN without values, like the others.
  public let median: Double
  public let mean: Double
  /// Of the values themselves, not an estimate for a larger population: the sum of squares is divided by
  /// `count`, as NumPy's `std` does unless told otherwise.
  public let standardDeviation: Double

  public init(of values: [Double]) {
    let valid = values.filter { !$0.isNaN }.sorted()
    (count, excluded) = (valid.count, values.count - valid.count)
    median = medianOfSorted(valid)
    let mean = valid.reduce(0, +) / Double(count)
    self.mean = mean
    let squares = valid.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = (squares / Double(count)).squareRoot()
  }
}

/// NaN without values.
func medianOfSorted(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return .nan }
  let (low, high) = (values[(values.count - 1) / 2], values[values.count / 2])
  return low == high ? low : (low + high) / 2
}
