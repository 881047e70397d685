import NeuralNetwork
import TestOracles
import Testing

@testable import SHAPR

@Suite("Evaluation: statistics")
struct EvaluationStatisticsTests {
  @Test("the signed-rank test is SciPy's") func wilcoxon() throws {
    let cases = try #require(EvaluationFixtures.record("wilcoxon")["cases"]?.elements)
    var tally = Tally("evaluation-wilcoxon", seed: 0)
    var (exact, normal) = (0, 0)
    for one in cases {
      let fields = try #require(one.elements)
      let seed = Int(try #require(fields[0].number))
      let test = SignedRankTest(differences: EvaluationFixtures.samples(seed: seed))
      tally.check(
        test.statistic == fields[1].number,
        "seed \(seed): \(test.statistic), not \(String(describing: fields[1].number))")
      if test.distribution == .exact { exact += 1 } else { normal += 1 }
      if let p = fields[2].number {
        // The two error functions differ by a few units in the last place.
        tally.check(error: abs(test.pValue - p) / p, atMost: 1e-12, "seed \(seed), p \(p)")
      } else {
        tally.check(test.pValue.isNaN, "seed \(seed): \(test.pValue), not NaN")
      }
    }
    tally.report()
    #expect(cases.count >= 450 && exact > 100 && normal > 100)
    #expect(tally.passed == tally.run, "\(tally.firstFailure ?? "")")
  }

  @Test("exact probabilities count the signs, one by one") func signs() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<100 {
      let differences = (0..<1 + Int(generator.next() % 9)).map { _ in
        (generator.unit() * 8 - 4).rounded(.towardZero)
      }
      let test = SignedRankTest(differences: differences)
      let sizes = differences.filter { $0 != 0 }.map(\.magnitude)
      let ranks = sizes.map { size in
        Double(sizes.count { $0 < size }) + Double(sizes.count { $0 == size } + 1) / 2
      }
      var asSmall = 0
      for signs in 0..<1 << sizes.count {
        let sum = ranks.indices.reduce(0) { $0 + (signs >> $1 & 1 == 1 ? ranks[$1] : 0) }
        asSmall += sum <= test.statistic ? 1 : 0
      }
      #expect(test.distribution == .exact)
      #expect(test.pValue == min(1, 2 * Double(asSmall) / Double(1 << sizes.count)), "\(differences)")
    }
  }

  @Test("where the distribution changes") func limits() {
    func distribution(_ differences: [Double]) -> SignedRankTest.Distribution {
      SignedRankTest(differences: differences).distribution
    }
    let distinct = (1...51).map { Double($0) }
    #expect(distribution(Array(distinct.prefix(50))) == .exact && distribution(distinct) == .normal)
    // Pairs without difference count for the limit, and a shared rank lowers it.
    #expect(distribution([0] + distinct.prefix(12)) == .exact)
    #expect(distribution([0] + distinct.prefix(13)) == .normal)
    #expect(distribution([-1] + distinct.prefix(12)) == .exact)
    #expect(distribution([-1] + distinct.prefix(13)) == .normal)
    #expect(SignedRankTest(differences: []).pValue.isNaN)
    #expect(SignedRankTest(differences: [0]).pValue == 1)
  }

  @Test("exchanged runs have the same p and the opposite effect") func exchanged() {
    for seed in 0..<50 {
      let differences = EvaluationFixtures.samples(seed: seed)
      let (one, other) = (
        SignedRankTest(differences: differences), SignedRankTest(differences: differences.map { -$0 })
      )
      #expect(one.pValue == other.pValue || one.pValue.isNaN)
      #expect(one.rankBiserial == -other.rankBiserial || one.rankBiserial.isNaN)
      let (d, e) = (cohensD(differences: differences), cohensD(differences: differences.map { -$0 }))
      #expect(d == -e || d.isNaN)
    }
  }

  @Test("effect sizes by hand") func effects() {
    // Ranks 1, 2, 3, 4: 1 + 3 + 4 positive, 2 negative.
    #expect(SignedRankTest(differences: [0.1, -0.2, 0.3, 0.4]).rankBiserial == 0.6)
    #expect(SignedRankTest(differences: [-1, -2]).rankBiserial == -1)
    // Mean 2, variance (1 + 0 + 1) / 2.
    #expect(cohensD(differences: [1, 2, 3]) == 2)
    #expect(cohensD(differences: [1]).isNaN && cohensD(differences: [2, 2]).isNaN)
  }

  @Test("median, mean, deviation, and what was left out") func summary() {
    let summary = Summary(of: [4, .nan, 1, 3, 2])
    #expect(summary.count == 4 && summary.excluded == 1)
    #expect(summary.median == 2.5 && summary.mean == 2.5)
    // Divided by 4, not by 3: numpy.std([1, 2, 3, 4]).
    #expect(summary.standardDeviation == 1.25.squareRoot())
    #expect(Summary(of: [3, 1, 2]).median == 2)
    let nothing = Summary(of: [.nan])
    #expect(nothing.count == 0 && nothing.excluded == 1)
    #expect(nothing.median.isNaN && nothing.mean.isNaN && nothing.standardDeviation.isNaN)
  }

  /// The median of n drawn values is at most the k-th when more than n/2 of n draws are among the first k:
  /// a binomial probability, so the true quantiles are known.
  @Test("the bootstrap interval has the true quantiles", arguments: [5, 21, 101])
  func bootstrap(count: Int) throws {
    let values = (0..<count).map { Double($0) * Double($0) }
    var generator = KeyedGenerator(seed: 11, purpose: .bootstrap)
    let interval = try #require(medianInterval(of: values, using: &generator))
    func probability(ofRankAtMost place: Int) -> Double {
      let share = Double(place + 1) / Double(count)
      var (term, sum) = (1.0, 0.0)
      for _ in 0..<count { term *= share }
      for misses in 0...count / 2 {
        sum += term
        term *= Double(count - misses) / Double(misses + 1) * (1 - share) / share
      }
      return sum
    }
    // 10,000 draws: the share below a quantile of 2.5 % is known to 4 sqrt(0.025 * 0.975 / 10000) = 0.006.
    for (bound, share) in [(interval.lowerBound, 0.025), (interval.upperBound, 0.975)] {
      let place = Int(bound.squareRoot().rounded())
      #expect(probability(ofRankAtMost: place) > share - 0.007)
      #expect(place == 0 || probability(ofRankAtMost: place - 1) < share + 0.007)
    }
    var again = KeyedGenerator(seed: 11, purpose: .bootstrap)
    #expect(medianInterval(of: values.reversed(), using: &again) == interval)
  }

  @Test("intervals of values that say little") func degenerate() {
    var generator = KeyedGenerator(seed: 1, purpose: .bootstrap)
    #expect(medianInterval(of: [], using: &generator) == nil)
    #expect(medianInterval(of: [1, .nan], using: &generator) == nil)
    #expect(medianInterval(of: [3], using: &generator) == 3...3)
    #expect(medianInterval(of: [1, 2], resamples: 100, using: &generator) == 1...2)
  }
}
