internal import ArgumentParser
internal import SHAPR
internal import SHAPRFiles

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare two runs on the same cells: the paper's table.",
    discussion: """
      Cells are paired by name. The p-value is that of the Wilcoxon signed-rank test; the interval is a bootstrap
      interval of the median difference. Several data sets stand side by side in one table:

        shapr compare rbc-without rbc-with nuclei-without nuclei-with \\
          --title "red blood cells" --title nuclei
      """)

  @Argument(
    help: """
      run directory (or scores.csv) without what is tested, then the one with it; further pairs for further data \
      sets
      """)
  var runs: [String]
  @Option(name: .customLong("title"), help: "what the cells are, once for each pair")
  var titles: [String] = []
  @Option(help: "what differs between the runs of a pair") var heading = "L_T"
  @Option(help: "how the table calls the first and the second run of a pair") var names = "no,yes"
  @Option(help: "text, csv or markdown") var format = "text"

  func run() {
    ending {
      guard runs.count >= 2, runs.count % 2 == 0 else {
        throw Failure(64, "USAGE", "runs are compared in pairs, got \(runs.count)")
      }
      guard titles.isEmpty || titles.count == runs.count / 2 else {
        throw Failure(64, "USAGE", "\(titles.count) times --title for \(runs.count / 2) pairs")
      }
      let comparison = try Comparison(try dataSets, labels: try labels)
      switch format {
      case "text": print(comparison.text, terminator: "")
      case "csv": print(comparison.csv, terminator: "")
      case "markdown": print(comparison.markdown, terminator: "")
      default: throw Failure(64, "USAGE", "--format must be one of text, csv, markdown")
      }
    }
  }

  private var dataSets: [Comparison.DataSet] {
    get throws {
      try stride(from: 0, to: runs.count, by: 2).map { first in
        Comparison.DataSet(
          title: titles.isEmpty ? "cells" : titles[first / 2],
          baseline: try readScores(path(runs[first])),
          candidate: try readScores(path(runs[first + 1])))
      }
    }
  }

  private var labels: Comparison.Labels {
    get throws {
      let parts = names.split(separator: ",").map(String.init)
      guard parts.count == 2 else {
        throw Failure(64, "USAGE", "--names must be two names with a comma between them")
      }
      var labels = Comparison.Labels()
      (labels.heading, labels.baseline, labels.candidate) = (heading, parts[0], parts[1])
      return labels
    }
  }

  private func path(_ run: String) -> String { run.hasSuffix(".csv") ? run : "\(run)/scores.csv" }
}
