extension Scores {
  /// Median, mean and standard deviation of every measure, over all cells and by class, for readers.
  public var table: String {
    var table = TextTable(header: ["measure", "class", "cells", "median", "mean ± sd"])
    let classes = classNames
    for measure in measures {
      table.rows.append([measure.title, "all"] + cells(summary(of: measure)))
      // One class is all of them.
      for name in classes where classes.count > 1 {
        table.rows.append(["", name] + cells(summary(of: measure, className: name)))
      }
    }
    let excluded = measures.compactMap { measure in
      let count = summary(of: measure).excluded
      return count == 0 ? nil : "\(measure.title): \(count) cells without a value are left out.\n"
    }
    return table.render(.text) + excluded.joined()
  }

  private func cells(_ summary: Summary) -> [String] {
    func text(_ value: Double) -> String { NumberText.fixed(value, digits: 4) }
    return [
      "\(summary.count)", text(summary.median),
      "\(text(summary.mean)) ± \(text(summary.standardDeviation))",
    ]
  }
}
