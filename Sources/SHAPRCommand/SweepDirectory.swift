internal import ComputeRuntime
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

/// A directory with a run for each point of a grid: `sweep.json`, the runs, and `results.csv`.
struct SweepDirectory {
  private let root: String
  private let texts: [String]
  private let grid: SettingsGrid
  private let points: [SettingsGrid.Point]

  /// - Parameter grid: the axes, as `--grid` takes them.
  init(_ root: String, grid texts: [String], base: Settings) throws(SettingsError) {
    (self.root, self.texts) = (root, texts)
    grid = try SettingsGrid(texts)
    points = try grid.points(of: base)
  }

  /// The sweep that is in a directory; nil if there is none.
  init?(reading root: String) throws {
    let path = Self.file(root)
    guard fileExists(path) else { return nil }
    guard case .object(let object)? = (try? JSONValue(parsing: readText(path)))?.content,
      case .array(let elements)? = object["grid"]?.content
    else { throw Failure(65, "FORMAT", "\(path): does not say what the grid is") }
    let texts = elements.compactMap { element in
      if case .string(let text) = element.content { text } else { nil }
    }
    do throws(SettingsError) { try self.init(root, grid: texts, base: Settings()) } catch {
      throw Failure(65, "FORMAT", "\(path): \(error.reason)")
    }
  }

  private static func file(_ root: String) -> String { "\(root)/sweep.json" }

  /// The runs, in the order of the grid. Points with the same data share the list of their cells.
  func experiments() throws -> [Experiment] {
    var sources: [String: FolderSource] = [:]
    return try points.map { point in
      var settings = point.settings
      let output = "\(root)/\(point.name)"
      settings.output = output
      let data = settings.data ?? ""
      if sources[data] == nil, settings.data != nil {
        sources[data] = FolderSource(try CellFolder(path: data), budget: MemoryBudget())
      }
      return try Experiment(settings, output: output, name: point.name, source: sources[data])
    }
  }

  /// Makes all run directories.
  func prepare(_ experiments: [Experiment], resuming: Bool) throws {
    guard resuming || !fileExists(Self.file(root)) else { throw RunError.alreadyThere(root) }
    for experiment in experiments { try experiment.prepare(resuming: resuming) }
    let texts = texts.map(quotedJSON).joined(separator: ", ")
    try writeText("{\n  \"grid\": [\(texts)]\n}\n", to: Self.file(root))
  }

  /// Merges each run, writes `results.csv` and shows the table.
  func collect(_ console: Console) throws {
    var rows: [SweepTable.Row] = []
    for point in points { rows.append(try row(point)) }
    let table = try SweepTable(axes: grid.axes.map(\.name), rows: rows)
    try writeText(table.csv, to: "\(root)/results.csv")
    console.lines(
      table.text.split(separator: "\n").map(String.init) + ["All measures are in \(root)/results.csv."])
  }

  private func row(_ point: SettingsGrid.Point) throws -> SweepTable.Row {
    let output = "\(root)/\(point.name)"
    let merging = Merging(output)
    let scores = try merging.run()
    let folds = merging.folds.map { "\(output)/\($0)" }
    let settings = try readSettings("\(output)/settings.json")
    let isOne = settings.fold != nil || settings.split != nil
    return SweepTable.Row(
      values: point.values, scores: scores, foldsDone: folds.count,
      foldsPlanned: settings.seeds.count * (isOne ? 1 : settings.folds),
      validationLosses: folds.compactMap { fold in
        (try? readText("\(fold)/log.csv")).flatMap(TrainingLog.lowestValidationLoss)
      },
      seconds: folds.reduce(0) { $0 + Experiment.seconds(in: $1) })
  }
}
