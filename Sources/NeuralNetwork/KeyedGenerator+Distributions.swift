extension KeyedGenerator {
  /// A number in 0 ..< 1, a multiple of 2^-24.
  public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// A number in 0 ..< 1, a multiple of 2^-53.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in the range; where rounding would give its upper bound, the number before it.
  public mutating func uniform(in range: Range<Float>) -> Float {
    let unit: Float = uniform()
    return min(range.lowerBound + (range.upperBound - range.lowerBound) * unit, range.upperBound.nextDown)
  }

  /// A number in the range; where rounding would give its upper bound, the number before it.
  public mutating func uniform(in range: Range<Double>) -> Double {
    let unit: Double = uniform()
    return min(range.lowerBound + (range.upperBound - range.lowerBound) * unit, range.upperBound.nextDown)
  }

  /// A number in 0 ..< bound, each as likely as the others.
  ///
  /// The product of 64 random bits and `bound` has the number in its upper half; the few lower halves
  /// that would favour some numbers are drawn again. (Lemire, "Fast random integer generation in an
  /// interval", 2019.)
  /// - Precondition: `bound` is positive.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a bound must be positive")
    let bound = UInt64(bound)
    let favoured = (0 &- bound) % bound
    while true {
      let (high, low) = bound.multipliedFullWidth(by: next())
      if low >= favoured { return Int(high) }
    }
  }

  /// A number of the normal distribution with mean 0 and deviation 1.
  ///
  /// (Marsaglia's polar method, 1964. The logarithm is our own, because those of the platforms differ
  /// in the last bit.)
  public mutating func normal() -> Double {
    while true {
      let x: Double = uniform(in: -1..<1)
      let y: Double = uniform(in: -1..<1)
      let square = x * x + y * y
      if square < 1, square > 0 { return x * (-2 * portableLogarithm(square) / square).squareRoot() }
    }
  }

  /// 0 ..< count in random order.
  public mutating func shuffledIndices(_ count: Int) -> [Int] {
    var indices = Array(0..<max(count, 0))
    shuffle(&indices)
    return indices
  }

  /// Puts the elements in random order, each order as likely as the others (Fisher and Yates, in
  /// Durstenfeld's form, 1964).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, below(last + 1))
    }
  }
}

/// The natural logarithm of a positive normal number, within 2 units in the last place, from operations
/// that IEEE 754 fixes to the last bit.
///
/// x = m 2^e with m in [sqrt(1/2), sqrt 2); ln m = 2 artanh s, s = (m - 1)/(m + 1), |s| < 0.172, so that
/// eleven terms s^(2k+1)/(2k+1) of the series are enough for 53 bits.
func portableLogarithm(_ x: Double) -> Double {
  var (mantissa, exponent) = (x.significand, Double(x.exponent))
  if mantissa > 2.0.squareRoot() { (mantissa, exponent) = (mantissa / 2, exponent + 1) }
  let s = (mantissa - 1) / (mantissa + 1)
  let square = s * s
  var series = 0.0
  for power in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / power }
  let ln2 = 0x1.62e42fefa39efp-1
  return exponent * ln2 + 2 * s * series
}
