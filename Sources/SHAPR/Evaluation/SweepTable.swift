/// What came of a grid of settings, one row for each of its points.
public struct SweepTable: Sendable {
  public struct Row: Sendable {
    /// The settings of the point, in the order of the axes.
    public var values: [String]
    /// Of all folds and seeds that are done; nil if none is.
    public var scores: Scores?
    public var foldsDone: Int
    public var foldsPlanned: Int
    /// The lowest validation loss of each fold and seed that is done.
    public var validationLosses: [Double]
    /// What the folds took, together.
    public var seconds: Double

    public init(
      values: [String], scores: Scores?, foldsDone: Int, foldsPlanned: Int, validationLosses: [Double],
      seconds: Double
    ) {
      (self.values, self.scores, self.validationLosses) = (values, scores, validationLosses)
      (self.foldsDone, self.foldsPlanned, self.seconds) = (foldsDone, foldsPlanned, seconds)
    }
  }

  private struct Line {
    let row: Row
    /// Each cell once, by its means over the seeds.
    let cells: Scores?
    let seeds: Int
    let validationLoss: Double

    func summary(of measure: ErrorMeasure) -> Summary { cells?.summary(of: measure) ?? Summary(of: []) }
  }

  private let axes: [String]
  private let lines: [Line]
  private let measures: [ErrorMeasure]

  /// - Parameter axes: the names of the settings that differ.
  /// - Throws: when a cell stands twice in a row's scores, or twice with one seed.
  public init(axes: [String], rows: [Row]) throws(ComparisonError) {
    self.axes = axes
    var lines: [Line] = []
    for row in rows {
      var cells: Scores?
      if let scores = row.scores {
        cells = try SeedMeans(scores, title: row.values.joined(separator: ",")).scores
      }
      lines.append(
        Line(
          row: row, cells: cells, seeds: max(row.scores?.seeds.count ?? 0, cells == nil ? 0 : 1),
          validationLoss: Summary(of: row.validationLosses).mean))
    }
    self.lines = lines
    measures = ErrorMeasure.allCases.filter { measure in
      lines.contains { $0.cells?.measures.contains(measure) ?? false }
    }
  }

  /// All numbers, in the form of ``Scores/csv``: `results.csv`. Only the last column depends on clock and machine.
  public var csv: String {
    var text = csvLine(
      axes + ["cells", "seeds", "folds_done", "folds_planned"]
        + measures.flatMap { ["\($0.rawValue)_median", "\($0.rawValue)_mean", "\($0.rawValue)_sd"] }
        + ["validation_loss", "seconds"])
    for line in lines {
      let numbers = measures.map(line.summary).flatMap { [$0.median, $0.mean, $0.standardDeviation] }
      let counts = [line.cells?.cells.count ?? 0, line.seeds, line.row.foldsDone, line.row.foldsPlanned]
      text += csvLine(
        line.row.values + counts.map { "\($0)" }
          + (numbers + [line.validationLoss, line.row.seconds]).map(csvNumber))
    }
    return text
  }

  /// The errors of the paper, Dice and the validation loss, as aligned columns; `*` marks the best of each column.
  public var text: String {
    let shown = [ErrorMeasure.iou, .volume, .surface, .roughness, .dice].filter(measures.contains)
    let lowest = best(lines.map(\.validationLoss), isHigherBetter: false)
    let losses = lines.map {
      NumberText.fixed($0.validationLoss, digits: 4) + ($0.validationLoss == lowest ? "*" : "")
    }
    var columns = [lines.map { "\($0.row.foldsDone) of \($0.row.foldsPlanned)" }]
    columns.append(lines.map { "\($0.cells?.cells.count ?? 0)" })
    columns += shown.map(column) + [losses]
    columns.append(lines.map { NumberText.fixed($0.row.seconds, digits: 1) })
    var table = TextTable(
      header: axes + ["folds", "cells"] + shown.map(\.heading) + ["validation loss", "seconds"])
    for (index, line) in lines.enumerated() {
      table.rows.append(line.row.values + columns.map { $0[index] })
    }
    return table.render(.text)
      + "\nmedian (mean ± sd) over cells; *: the best median, or loss, of the points that are done.\n"
  }

  private func column(_ measure: ErrorMeasure) -> [String] {
    let summaries = lines.map { $0.summary(of: measure) }
    let best = best(summaries.map(\.median), isHigherBetter: measure == .dice)
    return summaries.map {
      "\(NumberText.fixed($0.median))\($0.median == best ? "*" : " ") "
        + "(\(NumberText.fixed($0.mean)) ± \(NumberText.fixed($0.standardDeviation)))"
    }
  }

  /// Of the points that have all their folds.
  private func best(_ values: [Double], isHigherBetter: Bool) -> Double? {
    let done = zip(values, lines).filter { $1.row.foldsDone >= $1.row.foldsPlanned && !$0.isNaN }.map(\.0)
    return isHigherBetter ? done.max() : done.min()
  }
}

extension ErrorMeasure {
  fileprivate var heading: String { self == .dice ? "Dice" : title }
}
