/// One measure of cells that both runs have, in the order of the baseline.
struct PairedValues {
  private(set) var baseline: [Double] = []
  private(set) var candidate: [Double] = []
  /// Pairs that were left out, because one of the values is NaN.
  private(set) var excluded = 0

  mutating func append(_ baseline: Double, _ candidate: Double) {
    if baseline.isNaN || candidate.isNaN {
      excluded += 1
    } else {
      self.baseline.append(baseline)
      self.candidate.append(candidate)
    }
  }

  /// Candidate - baseline.
  var differences: [Double] { zip(candidate, baseline).map { $0 - $1 } }
}

/// The cells that both runs have, matched by name.
///
/// Of a run with several seeds a cell counts once, by its means over the seeds: cells are the sample, seeds are
/// repeats (docs/decisions/0015-seeds.md).
struct Pairs {
  private(set) var cells: [(baseline: CellScore, candidate: CellScore)] = []
  private(set) var onlyInBaseline = 0
  let onlyInCandidate: Int
  let seeds: ComparisonSeeds

  init(_ dataSet: Comparison.DataSet) throws(ComparisonError) {
    let baseline = try SeedMeans(dataSet.baseline, title: dataSet.title)
    let candidate = try SeedMeans(dataSet.candidate, title: dataSet.title)
    seeds = ComparisonSeeds(baseline, candidate)
    var candidates: [String: CellScore] = [:]
    for cell in candidate.scores.cells { candidates[cell.name] = cell }
    for cell in baseline.scores.cells {
      if let candidate = candidates[cell.name] {
        cells.append((cell, candidate))
      } else {
        onlyInBaseline += 1
      }
    }
    onlyInCandidate = candidates.count - cells.count
    guard !cells.isEmpty else { throw .nothingInCommon(dataSet: dataSet.title, "cell") }
  }

  var classNames: [String] { Set(cells.map(\.baseline.className)).sorted() }

  func values(of measure: ErrorMeasure, className: String? = nil) -> PairedValues {
    var values = PairedValues()
    for (baseline, candidate) in cells
    where className == nil || baseline.className == className {
      values.append(baseline.values[measure] ?? .nan, candidate.values[measure] ?? .nan)
    }
    return values
  }
}
