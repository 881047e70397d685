internal import ArgumentParser
internal import ComputeRuntime
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put the scores of a run's folds together, after they ran one by one.")

  @Argument(help: "the run directory") var run_directory: String

  func run() { ending { try Merging(run_directory).run(Console()) } }
}

/// The scores of all folds in one table, and their summary.
struct Merging {
  private let root: String

  init(_ root: String) { self.root = root }

  func run(_ console: Console) throws {
    var merged: Scores?
    var folds: [String] = []
    for fold in 0..<100 {
      let path = "\(root)/fold-\(fold)/scores.csv"
      guard let scores = try? readScores(path) else { continue }
      folds.append("fold-\(fold)")
      if merged == nil { merged = Scores(measures: scores.measures) }
      for cell in scores.cells { merged?.append(cell) }
    }
    guard let merged else { return }
    try writeText(merged.csv, to: "\(root)/scores.csv")
    try writeText(summary(of: merged, folds: folds), to: "\(root)/summary.json")
    for measure in merged.measures {
      let all = merged.summary(of: measure)
      console.line(
        "\(measure.title): median \(decimals(all.median, 3)), mean \(decimals(all.mean, 3)) +- "
          + "\(decimals(all.standardDeviation, 3)) (\(all.count) cells)")
    }
  }

  private func summary(of scores: Scores, folds: [String]) -> String {
    func object(_ className: String?) -> String {
      let members = scores.measures.map { measure in
        let found = scores.summary(of: measure, className: className)
        func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
        return "      \"\(measure.rawValue)\": {\"median\": \(number(found.median)), "
          + "\"mean\": \(number(found.mean)), \"sd\": \(number(found.standardDeviation)), "
          + "\"cells\": \(found.count), \"excluded\": \(found.excluded)}"
      }
      return "{\n" + members.joined(separator: ",\n") + "\n    }"
    }
    let classes = scores.classNames.map { "    \(quotedJSON($0)): \(object($0))" }
    return """
      {
        "folds": [\(folds.map(quotedJSON).joined(separator: ", "))],
        "cells": \(scores.cells.count),
        "all": \(object(nil)),
        "classes": {
      \(classes.joined(separator: ",\n"))
        }
      }

      """
  }
}

/// The scores in a file.
func readScores(_ path: String) throws -> Scores {
  let bytes = try Scratch(utf8Of: readText(path))
  defer { withExtendedLifetime(bytes) {} }
  return try Scores(csv: bytes.cells, file: path)
}
