#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The paired, two-sided signed-rank test: whether differences lie around 0 as if by chance.
///
/// (Wilcoxon, "Individual comparisons by ranking methods", 1945.) Choices are those that scipy 1.17 makes
/// when it is told nothing: pairs without difference are dropped; equal differences share the mean of their
/// ranks; the distribution is exact for at most 50 pairs when no pair was dropped and no ranks are shared,
/// and for at most 13 pairs in any case, counted before pairs are dropped; otherwise it is a normal one, its
/// variance corrected for shared ranks, without correction for continuity. (Of a single pair without
/// difference, which scipy refuses, p is 1.)
public struct SignedRankTest: Equatable, Sendable {
  public enum Distribution: Equatable, Sendable {
    case exact
    case normal
  }

  /// The sums of the ranks of positive and of negative differences.
  public let positiveRanks: Double
  public let negativeRanks: Double
  /// Pairs that differ, and pairs that do not.
  public let count: Int
  public let zeros: Int
  public let distribution: Distribution
  /// NaN without pairs, and for more than 13 pairs of which none differs.
  public let pValue: Double

  /// The smaller sum of ranks.
  public var statistic: Double { min(positiveRanks, negativeRanks) }

  /// The matched-pairs rank-biserial correlation: the share of the ranks that is positive, less that which is
  /// negative; -1 when all differences are negative, NaN without any.
  /// (Kerby, "The simple difference formula", 2014.)
  public var rankBiserial: Double {
    (positiveRanks - negativeRanks) / (positiveRanks + negativeRanks)
  }

  /// - Precondition: no difference is NaN.
  /// - Complexity: O(n log n).
  public init(differences: [Double]) {
    precondition(!differences.contains { $0.isNaN }, "differences must be numbers")
    let sorted = differences.filter { $0 != 0 }.sorted { $0.magnitude < $1.magnitude }
    (count, zeros) = (sorted.count, differences.count - sorted.count)
    var ranks = Ranks()
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, sorted[end].magnitude == sorted[start].magnitude { end += 1 }
      ranks.add(start..<end, positive: sorted[start..<end].count { $0 > 0 })
      start = end
    }
    positiveRanks = Double(ranks.positive) / 2
    negativeRanks = Double(ranks.negative) / 2
    let isPlain = zeros == 0 && !ranks.areShared
    distribution = differences.count <= (isPlain ? 50 : 13) ? .exact : .normal
    if differences.isEmpty {
      pValue = .nan
    } else {
      pValue = distribution == .exact ? ranks.exactPValue : ranks.normalPValue
    }
  }
}

/// Ranks of differences by magnitude, times 2, so that shared ranks are whole numbers.
private struct Ranks {
  private(set) var positive = 0
  private(set) var negative = 0
  private(set) var areShared = false
  private var doubled: [Int] = []
  /// The sum of t^3 - t over groups of t equal magnitudes.
  private var ties = 0.0

  /// A group of equal magnitudes, at these places of the order.
  mutating func add(_ group: Range<Int>, positive count: Int) {
    let rank = group.lowerBound + 1 + group.upperBound
    positive += rank * count
    negative += rank * (group.count - count)
    doubled += Array(repeating: rank, count: group.count)
    areShared = areShared || group.count > 1
    let size = Double(group.count)
    ties += size * size * size - size
  }

  /// Twice the share of the 2^n signs whose positive ranks have a sum as small as the smaller one here.
  var exactPValue: Double {
    // At most 50 ranks: their sum is small, and 2^50 is exact in a Double.
    let total = positive + negative
    var ways = [Double](repeating: 0, count: total + 1)
    ways[0] = 1
    for rank in doubled {
      for sum in stride(from: total, through: rank, by: -1) { ways[sum] += ways[sum - rank] }
    }
    let asSmall = ways[...min(positive, negative)].reduce(0, +)
    return min(1, 2 * asSmall / pow(2, Double(doubled.count)))
  }

  var normalPValue: Double {
    let n = Double(doubled.count)
    let variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48
    let smaller = Double(min(positive, negative)) / 2
    // Without differences 0 / 0: NaN.
    let z = (smaller - n * (n + 1) / 4) / variance.squareRoot()
    return erfc(z.magnitude / 2.0.squareRoot())
  }
}

/// Cohen's d_z: the mean of paired differences over their standard deviation (divided by n - 1, since it
/// estimates that of all cells); NaN for fewer than two, or when they are all the same.
/// (Cohen, *Statistical Power Analysis for the Behavioral Sciences*, 1988, section 2.3.5.)
public func cohensD(differences: [Double]) -> Double {
  let count = Double(differences.count)
  let mean = differences.reduce(0, +) / count
  let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  guard count > 1, squares > 0 else { return .nan }
  return mean / (squares / (count - 1)).squareRoot()
}
