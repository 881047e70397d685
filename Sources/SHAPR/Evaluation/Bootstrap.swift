public import NeuralNetwork

/// The percentile bootstrap interval of a median.
///
/// Draws as many of the values as there are, with replacement, again and again; the interval holds the middle
/// part of the medians of these draws. Between two medians it interpolates linearly, as NumPy's `percentile`.
/// (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, section 13.3.)
///
/// - Returns: nil without values, or with one that is NaN.
/// - Complexity: O(n) for each resample.
public func medianInterval(
  of values: [Double], confidence: Double = 0.95, resamples: Int = 10_000,
  using generator: inout KeyedGenerator
) -> ClosedRange<Double>? {
  precondition(resamples > 0 && confidence > 0 && confidence < 1, "an interval needs resamples")
  guard !values.isEmpty, !values.contains(where: \.isNaN) else { return nil }
  let sorted = values.sorted()
  var medians: [Double] = []
  medians.reserveCapacity(resamples)
  // How often each value is drawn: with that, the median needs no sorting.
  var draws = [Int](repeating: 0, count: sorted.count)
  for _ in 0..<resamples {
    for place in draws.indices { draws[place] = 0 }
    for _ in sorted { draws[generator.below(sorted.count)] += 1 }
    let low = valueOfRank((sorted.count - 1) / 2, sorted, draws)
    let high = valueOfRank(sorted.count / 2, sorted, draws)
    medians.append(low == high ? low : (low + high) / 2)
  }
  medians.sort()
  let tail = (1 - confidence) / 2
  return quantile(tail, medians)...quantile(1 - tail, medians)
}

/// The value that stands at `rank`, from 0, among the drawn ones in ascending order.
private func valueOfRank(_ rank: Int, _ sorted: [Double], _ draws: [Int]) -> Double {
  var seen = 0
  for place in draws.indices {
    seen += draws[place]
    if seen > rank { return sorted[place] }
  }
  preconditionFailure("as many draws as values")
}

/// The value below which a share of sorted values lies, interpolated linearly; NaN without values.
func quantile(_ share: Double, _ sorted: [Double]) -> Double {
  guard !sorted.isEmpty else { return .nan }
  let place = share * Double(sorted.count - 1)
  let low = Int(place)
  let high = min(low + 1, sorted.count - 1)
  // Never outside the two, whatever rounding does.
  let value = sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
  return min(max(value, sorted[low]), sorted[high])
}
