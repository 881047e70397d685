#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A number that training gives once for each seed: how much it depends on the seed.
public struct SeedSpread: Equatable, Sendable {
  /// One for each seed, in the order they came.
  public let values: [Double]
  public let mean: Double
  /// Of the population that the seeds are a sample of (divided by n - 1); NaN for one seed.
  public let standardDeviation: Double
  /// Where the mean over all seeds is, with 95 % confidence, if medians of seeds are normally distributed:
  /// mean ± t s / sqrt(n), t being the 0.975 quantile of Student's distribution with n - 1 degrees of freedom. nil for
  /// one seed.
  public let interval: ClosedRange<Double>?

  /// - Parameter values: those that are NaN count as not there.
  public init(_ values: [Double]) {
    self.values = values
    let valid = values.filter { !$0.isNaN }
    let count = Double(valid.count)
    let mean = valid.reduce(0, +) / count
    self.mean = mean
    let squares = valid.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = (squares / (count - 1)).squareRoot()
    let half =
      StudentT.quantile975(degreesOfFreedom: valid.count - 1) * standardDeviation / count.squareRoot()
    interval = half.isFinite ? mean - half...mean + half : nil
  }
}

/// Student's distribution with a whole number of degrees of freedom.
enum StudentT {
  /// Below it lies 97.5 % of the distribution; NaN without degrees of freedom.
  static func quantile975(degreesOfFreedom: Int) -> Double {
    guard degreesOfFreedom > 0 else { return .nan }
    // In the angle theta = atan(t / sqrt(n)) the probability rises from 0 to 1 over a bounded interval.
    var (low, high) = (0.0, Double.pi / 2)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if centralProbability(angle: middle, degreesOfFreedom) < 0.95 { low = middle } else { high = middle }
    }
    return tan(low) * Double(degreesOfFreedom).squareRoot()
  }

  /// The probability of [-t, t], t = sqrt(n) tan(angle). (Abramowitz & Stegun, 26.7.3 and 26.7.4.)
  private static func centralProbability(angle: Double, _ degreesOfFreedom: Int) -> Double {
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = degreesOfFreedom % 2 == 1
    // Odd: cos + 2/3 cos^3 + 2/3 4/5 cos^5 + ...; even: 1 + 1/2 cos^2 + 1/2 3/4 cos^4 + ...; powers to n - 2.
    var term = isOdd ? cosine : 1
    var sum = 0.0
    for power in stride(from: isOdd ? 1 : 0, through: degreesOfFreedom - 2, by: 2) {
      sum += term
      term *= Double(power + 1) / Double(power + 2) * cosine * cosine
    }
    return isOdd ? (angle + sine * sum) * 2 / .pi : sine * sum
  }
}
