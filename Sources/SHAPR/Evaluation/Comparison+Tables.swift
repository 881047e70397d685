internal import NeuralNetwork

extension Comparison {
  /// The tables as aligned columns.
  public var text: String { tables(.text) }

  /// The tables as Markdown.
  public var markdown: String { tables(.markdown) }

  private func tables(_ style: TextTable.Style) -> String {
    var parts = [errorTable.render(style), notes]
    parts += [heading("Paired differences, \(labels.candidate) - \(labels.baseline)", style)]
    parts += [differenceTable.render(style), explanation]
    for block in blocks where !block.classes.isEmpty {
      parts.append(heading("Change per class: \(block.title)", style))
      parts.append(classTable(block).render(style))
    }
    return parts.joined(separator: "\n")
  }

  private func heading(_ title: String, _ style: TextTable.Style) -> String {
    style == .markdown ? "### \(onOneLine(title))\n" : "\(onOneLine(title))\n"
  }

  /// The paper's Table 1: two lines for each error, three columns for each data set.
  private var errorTable: TextTable {
    var table = TextTable(header: ["relative error", labels.heading])
    for block in blocks {
      table.header += ["\(block.title) (n = \(size(of: block))): median", "mean ± sd", "p"]
    }
    for measure in measures {
      var (first, second) = ([measure.title, labels.baseline], ["", labels.candidate])
      for block in blocks {
        guard let row = block.rows.first(where: { $0.measure == measure }) else {
          (first, second) = (first + ["-", "-", "-"], second + ["-", "-", ""])
          continue
        }
        first += cells(row.baseline) + [NumberText.probability(row.test.pValue)]
        second += cells(row.candidate) + [""]
      }
      table.rows += [first, second]
    }
    return table
  }

  /// How many cells, and seeds where a run has several.
  private func size(of block: ComparisonBlock) -> String {
    let (baseline, candidate) = (block.seeds.baseline, block.seeds.candidate)
    guard baseline != nil || candidate != nil else { return "\(block.cells)" }
    let (first, second) = (baseline ?? 1, candidate ?? 1)
    return "\(block.cells) cells, "
      + (first == second ? "\(first) seeds" : "\(first) and \(second) seeds")
  }

  private func cells(_ summary: Summary) -> [String] {
    [
      NumberText.fixed(summary.median),
      "\(NumberText.fixed(summary.mean)) ± \(NumberText.fixed(summary.standardDeviation))",
    ]
  }

  /// What was left out, a sentence for each.
  private var notes: String {
    var sentences: [String] = []
    for block in blocks {
      for row in block.rows where row.excluded > 0 {
        sentences.append(
          "\(block.title), \(row.measure.title): \(row.excluded) cells without a value are left out.")
      }
      if block.onlyInBaseline + block.onlyInCandidate > 0 {
        sentences.append(
          "\(block.title): \(block.onlyInBaseline) cells are only in the run \(labels.baseline), "
            + "\(block.onlyInCandidate) only in the run \(labels.candidate); they are left out.")
      }
      if block.seeds.cellsWithFewer > 0 {
        sentences.append(
          "\(block.title): \(block.seeds.cellsWithFewer) cells were not tested with every seed; theirs is the mean "
            + "over those that there are.")
      }
    }
    if blocks.contains(where: { $0.seeds.baseline != nil || $0.seeds.candidate != nil }) {
      sentences.append("A cell's value is its mean over the seeds.")
    }
    sentences.append("sd: standard deviation of the cells; p: Wilcoxon signed-rank test, paired, two-sided.")
    return sentences.map { onOneLine($0) + "\n" }.joined(separator: "\n")
  }

  private var differenceTable: TextTable {
    var table = TextTable(
      header: ["data set", "error", "pairs", "median difference", "95 % interval", "r", "d_z", "p"])
    for block in blocks {
      for row in block.rows {
        let interval = row.interval.map {
          "\(NumberText.fixed($0.lowerBound, digits: 4)) to \(NumberText.fixed($0.upperBound, digits: 4))"
        }
        table.rows.append([
          block.title, row.measure.title, "\(row.baseline.count)",
          NumberText.fixed(row.medianDifference, digits: 4), interval ?? "-",
          NumberText.fixed(row.test.rankBiserial), NumberText.fixed(row.cohensD),
          NumberText.probability(row.test.pValue),
        ])
      }
    }
    return table
  }

  private var explanation: String {
    "Interval of the median difference: percentile bootstrap, 10,000 resamples; r: matched-pairs "
      + "rank-biserial correlation; d_z: Cohen's, mean over standard deviation of the differences.\n"
  }

  private func classTable(_ block: ComparisonBlock) -> TextTable {
    var table = TextTable(
      header: [
        "class", "error", "cells", "median \(labels.baseline)", "median \(labels.candidate)", "change",
        "mean \(labels.baseline)", "mean \(labels.candidate)", "change of mean",
      ])
    for row in block.classes {
      table.rows.append([
        row.className, row.measure.title, "\(row.baseline.count)",
        NumberText.fixed(row.baseline.median), NumberText.fixed(row.candidate.median),
        NumberText.change(row.changeOfMedian), NumberText.fixed(row.baseline.mean),
        NumberText.fixed(row.candidate.mean), NumberText.change(row.changeOfMean),
      ])
    }
    return table
  }
}
