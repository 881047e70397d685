internal import ComputeRuntime
internal import NeuralNetwork
public import SHAPR

/// Where things are in a run directory (docs/run-directory.md).
///
/// A run of one seed has its folds in `fold-K`, a run of several has them in `seed-S/fold-K`.
public struct RunLayout: Sendable {
  public let root: String

  public init(_ root: String) { self.root = root }

  /// The folder of a seed's folds, in a run of so many seeds.
  public func folder(ofSeed seed: UInt64, among count: Int) -> String {
    count == 1 ? root : "\(root)/seed-\(seed)"
  }

  /// The seeds that have a folder of their own, ascending; none in a run of one seed.
  public var seeds: [UInt64] { Self.numbers(in: root, "seed-") }

  /// The folds in a folder that were scored, ascending.
  public static func scoredFolds(in folder: String) -> [Int] {
    numbers(in: folder, "fold-").compactMap { Int(exactly: $0) }
      .filter { fileExists("\(folder)/fold-\($0)/scores.csv") }
  }

  private static func numbers(in folder: String, _ prefix: String) -> [UInt64] {
    ((try? entries(ofFolder: folder)) ?? []).compactMap { name in
      guard name.hasPrefix(prefix), let number = UInt64(name.dropFirst(prefix.count)) else { return nil }
      // Not "fold-007": nobody here writes that.
      return name == "\(prefix)\(number)" ? number : nil
    }.sorted()
  }
}

/// The scores in a file.
public func readScores(_ path: String) throws -> Scores {
  let bytes = try Scratch(utf8Of: readText(path))
  defer { withExtendedLifetime(bytes) {} }
  return try Scores(csv: bytes.cells, file: path)
}
