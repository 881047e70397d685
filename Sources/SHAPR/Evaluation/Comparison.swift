internal import NeuralNetwork

/// Two runs over the same cells, set against each other: the paper's Table 1.
///
/// (Waibel et al. 2022, Table 1: without and with the topological loss, one block per data set.)
public struct Comparison: Sendable {
  /// One data set, scored in both runs.
  public struct DataSet: Sendable {
    public var title: String
    public var baseline: Scores
    public var candidate: Scores

    public init(title: String, baseline: Scores, candidate: Scores) {
      (self.title, self.baseline, self.candidate) = (title, baseline, candidate)
    }
  }

  /// How tables call what differs between the runs, and each run.
  public struct Labels: Equatable, Sendable {
    public var heading = "L_T"
    public var baseline = "no"
    public var candidate = "yes"

    public init() {}
  }

  public let blocks: [ComparisonBlock]
  public let labels: Labels

  /// - Parameter seed: of the bootstrap.
  /// - Throws: when a name stands twice in a run, or the runs have no cell or no measure in common.
  public init(
    _ dataSets: [DataSet], labels: Labels = Labels(), seed: UInt64 = 0
  ) throws(ComparisonError) {
    self.labels = labels
    var blocks: [ComparisonBlock] = []
    for dataSet in dataSets { blocks.append(try ComparisonBlock(dataSet, seed: seed)) }
    self.blocks = blocks
  }

  /// The measures of any block, in the order of the columns of `scores.csv`.
  var measures: [ErrorMeasure] {
    ErrorMeasure.allCases.filter { measure in
      blocks.contains { $0.rows.contains { $0.measure == measure } }
    }
  }
}

/// The comparison of two runs on one data set.
public struct ComparisonBlock: Sendable {
  public let title: String
  /// Cells that both runs have.
  public let cells: Int
  /// Cells that only one of the runs has; they are left out.
  public let onlyInBaseline: Int
  public let onlyInCandidate: Int
  public let seeds: ComparisonSeeds
  public let rows: [MeasureComparison]
  public let classes: [ClassComparison]

  init(_ dataSet: Comparison.DataSet, seed: UInt64) throws(ComparisonError) {
    title = dataSet.title
    let pairs = try Pairs(dataSet)
    (cells, seeds) = (pairs.cells.count, pairs.seeds)
    (onlyInBaseline, onlyInCandidate) = (pairs.onlyInBaseline, pairs.onlyInCandidate)
    let measures = ErrorMeasure.allCases.filter {
      dataSet.baseline.measures.contains($0) && dataSet.candidate.measures.contains($0)
    }
    guard !measures.isEmpty else { throw .nothingInCommon(dataSet: title, "measure") }
    rows = measures.map { measure in
      // A sequence for each measure, so that a further column changes no interval.
      let place = ErrorMeasure.allCases.firstIndex(of: measure) ?? 0
      var generator = KeyedGenerator(seed: seed, sample: place, purpose: .bootstrap)
      return MeasureComparison(measure, pairs.values(of: measure), using: &generator)
    }
    classes = pairs.classNames.flatMap { className in
      measures.map { ClassComparison(className, $0, pairs.values(of: $0, className: className)) }
    }
  }
}

/// How many seeds the cells of two runs are means over.
public struct ComparisonSeeds: Equatable, Sendable {
  /// nil for a run of one seed, whose table has no column for it.
  public let baseline: Int?
  public let candidate: Int?
  /// Cells that have not been tested with each seed of their run.
  public let cellsWithFewer: Int

  init(_ baseline: SeedMeans, _ candidate: SeedMeans) {
    (self.baseline, self.candidate) = (baseline.seeds, candidate.seeds)
    cellsWithFewer = baseline.cellsWithFewerSeeds + candidate.cellsWithFewerSeeds
  }
}

/// One measure of the cells of both runs, with the test whether they differ.
public struct MeasureComparison: Sendable {
  public let measure: ErrorMeasure
  /// Over the pairs of which both values are numbers, so that both runs are judged on the same cells.
  public let baseline: Summary
  public let candidate: Summary
  /// Pairs that were left out, because one of the values is NaN.
  public let excluded: Int
  /// Of the differences candidate - baseline.
  public let test: SignedRankTest
  public let medianDifference: Double
  /// 95 % bootstrap interval of the median difference; nil without pairs.
  public let interval: ClosedRange<Double>?
  public let cohensD: Double

  init(_ measure: ErrorMeasure, _ pairs: PairedValues, using generator: inout KeyedGenerator) {
    self.measure = measure
    baseline = Summary(of: pairs.baseline)
    candidate = Summary(of: pairs.candidate)
    excluded = pairs.excluded
    let differences = pairs.differences
    test = SignedRankTest(differences: differences)
    medianDifference = Summary(of: differences).median
    interval = medianInterval(of: differences, using: &generator)
    cohensD = SHAPR.cohensD(differences: differences)
  }
}

/// One measure of the cells of one class in both runs.
public struct ClassComparison: Sendable {
  public let className: String
  public let measure: ErrorMeasure
  public let baseline: Summary
  public let candidate: Summary
  public let excluded: Int

  init(_ className: String, _ measure: ErrorMeasure, _ pairs: PairedValues) {
    (self.className, self.measure) = (className, measure)
    baseline = Summary(of: pairs.baseline)
    candidate = Summary(of: pairs.candidate)
    excluded = pairs.excluded
  }

  /// How much the median and the mean change, relative to the baseline's; -0.27 is 27 % less.
  public var changeOfMedian: Double { candidate.median / baseline.median - 1 }
  public var changeOfMean: Double { candidate.mean / baseline.mean - 1 }
}

/// Why two runs cannot be compared. All are data errors (docs/reliability.md, row "malformed").
public enum ComparisonError: Error, Equatable, Sendable, CustomStringConvertible {
  case nameTwice(dataSet: String, String)
  /// The runs have no cell, or no measure, in common.
  case nothingInCommon(dataSet: String, String)

  public var description: String {
    switch self {
    case .nameTwice(let dataSet, let name):
      "\(quotedJSON(dataSet)): the cell \(quotedJSON(name)) stands twice in one run"
    case .nothingInCommon(let dataSet, let what):
      "\(quotedJSON(dataSet)): the runs have no \(what) in common"
    }
  }
}
