extension Comparison {
  /// All numbers, one line for each data set, class and measure; the class of all cells together is empty.
  ///
  /// The form is that of ``Scores/csv``.
  public var csv: String {
    var text = csvLine([
      "data_set", "class", "error", "pairs", "excluded", "baseline_median", "baseline_mean", "baseline_sd",
      "candidate_median", "candidate_mean", "candidate_sd", "change_of_median", "change_of_mean",
      "median_difference", "interval_low", "interval_high", "p", "rank_biserial", "cohens_d_z",
    ])
    for block in blocks {
      for row in block.rows {
        let numbers = [
          row.candidate.median / row.baseline.median - 1, row.candidate.mean / row.baseline.mean - 1,
          row.medianDifference, row.interval?.lowerBound ?? .nan, row.interval?.upperBound ?? .nan,
          row.test.pValue, row.test.rankBiserial, row.cohensD,
        ]
        text += line(
          block, "", row.measure, row.excluded, row.baseline, row.candidate, numbers.map(csvNumber))
      }
      for row in block.classes {
        // Classes are small: they are described, not tested.
        let numbers = [row.changeOfMedian, row.changeOfMean].map(csvNumber)
        text += line(
          block, row.className, row.measure, row.excluded, row.baseline, row.candidate,
          numbers + Array(repeating: "", count: 6))
      }
    }
    return text
  }

  private func line(
    _ block: ComparisonBlock, _ className: String, _ measure: ErrorMeasure, _ excluded: Int,
    _ baseline: Summary, _ candidate: Summary, _ rest: [String]
  ) -> String {
    let numbers = [baseline, candidate].flatMap { [$0.median, $0.mean, $0.standardDeviation] }
    return csvLine(
      [block.title, className, measure.rawValue, "\(baseline.count)", "\(excluded)"]
        + numbers.map(csvNumber) + rest)
  }
}
