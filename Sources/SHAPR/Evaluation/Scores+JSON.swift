internal import NeuralNetwork

/// The content of `summary.json`.
extension Scores {
  /// Median, mean and standard deviation over all cells and per class, as JSON.
  ///
  /// Of a table with seeds these are of the cells' means over the seeds, and `over_seeds` tells how the median of one
  /// seed's cells changes with the seed.
  /// - Parameters:
  ///   - folds: the folders that the rows came from.
  ///   - title: how the error calls the table.
  /// - Throws: when a cell stands twice with one seed.
  public func summaryJSON(folds: [String], title: String) throws(ComparisonError) -> String {
    let cells = hasSeeds ? try SeedMeans(self, title: title).scores : self
    let bySeed = seeds.map(cells(ofSeed:))
    func object(_ className: String?) -> String {
      let members = measures.map { measure in
        let found = cells.summary(of: measure, className: className)
        var text =
          "      \"\(measure.rawValue)\": {\"median\": \(number(found.median)), "
          + "\"mean\": \(number(found.mean)), \"sd\": \(number(found.standardDeviation)), "
          + "\"cells\": \(found.count), \"excluded\": \(found.excluded)"
        if hasSeeds {
          let medians = bySeed.map { $0.summary(of: measure, className: className).median }
          text += ", \"over_seeds\": \(spread(SeedSpread(medians)))"
        }
        return text + "}"
      }
      return "{\n" + members.joined(separator: ",\n") + "\n    }"
    }
    let classes = classNames.map { "    \(quotedJSON($0)): \(object($0))" }
    let seedLine = hasSeeds ? "  \"seeds\": [\(seeds.map { "\($0)" }.joined(separator: ", "))],\n" : ""
    return """
      {
      \(seedLine)  "folds": [\(folds.map(quotedJSON).joined(separator: ", "))],
        "cells": \(cells.cells.count),
        "all": \(object(nil)),
        "classes": {
      \(classes.joined(separator: ",\n"))
        }
      }

      """
  }
}

private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

private func spread(_ spread: SeedSpread) -> String {
  let interval = spread.interval.map { "[\(number($0.lowerBound)), \(number($0.upperBound))]" } ?? "null"
  return "{\"medians\": [\(spread.values.map(number).joined(separator: ", "))], "
    + "\"mean\": \(number(spread.mean)), \"sd\": \(number(spread.standardDeviation)), "
    + "\"interval\": \(interval)}"
}
