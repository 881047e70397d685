internal import ArgumentParser
internal import SHAPR
internal import SHAPRFiles

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put the scores of a run's folds and seeds, or of a sweep's runs, together.",
    discussion: "What has not run yet is left out, so this can be done at any time.")

  @Argument(help: "a run directory, or the directory of a sweep") var directory: String

  func run() {
    ending {
      if let sweep = try SweepDirectory(reading: directory) {
        return try sweep.collect(Console())
      }
      guard try Merging(directory).runAndShow(Console()) else {
        throw Failure(66, "IO", "\(directory): no fold in it was scored")
      }
    }
  }
}

/// The scores of all folds and seeds in one table, and their summary.
struct Merging {
  private let layout: RunLayout

  init(_ root: String) { layout = RunLayout(root) }

  /// - Returns: nil if no fold was scored.
  func run() throws -> Scores? {
    let seeds = layout.seeds
    guard !seeds.isEmpty else { return try merge(layout.root) }
    var parts: [(seed: UInt64, scores: Scores)] = []
    for seed in seeds {
      if let scores = try merge("\(layout.root)/seed-\(seed)") { parts.append((seed, scores)) }
    }
    guard let measures = parts.first?.scores.measures else { return nil }
    var merged = Scores(measures: measures)
    for (seed, scores) in parts {
      guard scores.measures == measures else {
        throw Failure(65, "FORMAT", "\(layout.root)/seed-\(seed): has other columns than the seeds before it")
      }
      for var cell in scores.cells {
        cell.seed = seed
        merged.append(cell)
      }
    }
    try write(merged, folds: folds, to: layout.root)
    return merged
  }

  /// The folders, in the run directory, of all folds that were scored.
  var folds: [String] {
    let seeds = layout.seeds.map { "seed-\($0)/" }
    return (seeds.isEmpty ? [""] : seeds).flatMap { seed in
      RunLayout.scoredFolds(in: "\(layout.root)/\(seed)").map { "\(seed)fold-\($0)" }
    }
  }

  /// Merges, and shows the medians and means.
  ///
  /// - Returns: whether any fold was scored.
  @discardableResult
  func runAndShow(_ console: Console) throws -> Bool {
    guard let scores = try run() else { return false }
    try show(scores, console)
    return true
  }

  private func show(_ scores: Scores, _ console: Console) throws {
    let cells = try SeedMeans(scores, title: layout.root).scores
    let seeds = scores.hasSeeds ? ", \(scores.seeds.count) seeds" : ""
    for measure in cells.measures {
      let all = cells.summary(of: measure)
      console.line(
        "\(measure.title): median \(decimals(all.median, 3)), mean \(decimals(all.mean, 3)) +- "
          + "\(decimals(all.standardDeviation, 3)) (\(all.count) cells\(seeds))")
    }
  }

  /// The folds in a folder.
  private func merge(_ folder: String) throws -> Scores? {
    var merged: Scores?
    let folds = RunLayout.scoredFolds(in: folder)
    for fold in folds {
      let path = "\(folder)/fold-\(fold)/scores.csv"
      let scores = try readScores(path)
      guard !scores.hasSeeds, merged == nil || merged?.measures == scores.measures else {
        throw Failure(65, "FORMAT", "\(path): has other columns than the folds before it")
      }
      if merged == nil { merged = Scores(measures: scores.measures) }
      for cell in scores.cells { merged?.append(cell) }
    }
    if let merged { try write(merged, folds: folds.map { "fold-\($0)" }, to: folder) }
    return merged
  }

  private func write(_ scores: Scores, folds: [String], to folder: String) throws {
    let summary = try scores.summaryJSON(folds: folds, title: folder)
    try writeText(scores.csv, to: "\(folder)/scores.csv")
    try writeText(summary, to: "\(folder)/summary.json")
  }
}
