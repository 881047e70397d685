internal import ArgumentParser
internal import SHAPR
internal import SHAPRFiles

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two runs on the same cells: the paper's table.",
    discussion: """
      Cells are paired by name. The p-value is that of the Wilcoxon signed-rank test; the interval is a bootstrap
      interval of the median difference.
      """)

  @Argument(help: "run directory (or scores.csv) without what is tested") var baseline: String
  @Argument(help: "run directory (or scores.csv) with it") var candidate: String
  @Option(help: "title of the table") var title = "cells"
  @Option(help: "text, csv or markdown") var format = "text"

  func run() {
    ending {
      let comparison = try Comparison([
        Comparison.DataSet(
          title: title, baseline: try readScores(path(baseline)),
          candidate: try readScores(path(candidate)))
      ])
      switch format {
      case "text": print(comparison.text, terminator: "")
      case "csv": print(comparison.csv, terminator: "")
      case "markdown": print(comparison.markdown, terminator: "")
      default: throw Failure(64, "USAGE", "--format must be one of text, csv, markdown")
      }
    }
  }

  private func path(_ run: String) -> String { run.hasSuffix(".csv") ? run : "\(run)/scores.csv" }
}
