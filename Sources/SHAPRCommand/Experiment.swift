internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

/// A run directory: its settings, and its cells, which are seeds times folds, or the one of a split file.
struct Experiment {
  /// One fold of one seed, which depends on no other.
  struct Cell {
    let seed: UInt64
    let fold: Int
    let split: Split
    let folder: String
    /// How messages call it, such as `seed 1 fold 2`.
    let title: String
  }

  let settings: Settings
  let output: String
  let cells: [Cell]
  private let splits: [(seed: UInt64, splits: Splits)]
  private let source: FolderSource
  private let layout: RunLayout

  /// - Parameters:
  ///   - name: how messages call the run, if there are several.
  ///   - source: the cells in the data folder; opened if not given.
  init(
    _ settings: Settings, output: String, name: String? = nil, source: FolderSource? = nil
  ) throws {
    guard let data = settings.data else { throw Failure(64, "USAGE", "--data is missing") }
    (self.settings, self.output, layout) = (settings, output, RunLayout(output))
    let source = try source ?? FolderSource(CellFolder(path: data), budget: MemoryBudget())
    self.source = source
    var cells: [Cell] = []
    var splits: [(seed: UInt64, splits: Splits)] = []
    for seed in settings.seeds {
      let folder = layout.folder(ofSeed: seed, among: settings.seeds.count)
      let seedTitle = settings.seeds.count == 1 ? nil : "seed \(seed)"
      let dealt = try Splits(of: source, file: settings.split, folds: settings.folds, seed: seed)
      splits.append((seed, dealt))
      for (fold, split) in dealt.all {
        cells.append(
          Cell(
            seed: seed, fold: fold, split: split, folder: "\(folder)/fold-\(fold)",
            title: [name, seedTitle, "fold \(fold)"].compactMap(\.self).joined(separator: " ")))
      }
    }
    self.splits = splits
    self.cells = cells.filter { settings.fold == nil || settings.fold == $0.fold }
    guard !self.cells.isEmpty else {
      throw Failure(78, "CONFIG", "there is no fold \(settings.fold ?? 0)")
    }
  }

  /// Refuses a run directory that holds another run, or this one if it may not be gone on with.
  func check(resuming: Bool) throws {
    for cell in cells where !resuming && CellRun.hasBegun(in: cell.folder) {
      throw RunError.alreadyThere(cell.folder)
    }
    let hasSeeds = settings.seeds.count > 1
    guard hasSeeds ? !fileExists("\(output)/fold-0") : layout.seeds.isEmpty else {
      throw Failure(
        73, "EXISTS",
        "\(output) holds a run of \(hasSeeds ? "one seed" : "several seeds"): choose another --output")
    }
  }

  /// Makes the run directory ready for processes that run its cells.
  func prepare(resuming: Bool) throws {
    try check(resuming: resuming)
    if cells.contains(where: { CellRun.hasBegun(in: $0.folder) }) {
      let difference = settings.withoutPlaces.difference(from: try? readText("\(output)/settings.json"))
      guard difference.isEmpty else {
        throw Failure(78, "CONFIG", "\(output) was begun with other settings\(difference)")
      }
    }
    try describe()
  }

  /// Writes what is known before anything has run.
  private func describe() throws {
    try makeFolders(output)
    try writeText(settings.json, to: "\(output)/settings.json")
    for (seed, splits) in splits {
      let folder = layout.folder(ofSeed: seed, among: settings.seeds.count)
      try makeFolders(folder)
      try writeText(splits.json, to: "\(folder)/split.json")
    }
  }

  /// Puts the scores of what has run together, and shows them.
  func merge(_ console: Console) throws { try Merging(output).runAndShow(console) }
}

// MARK: - One cell, in this process

extension Experiment {
  /// How a cell runs; none of it changes a result.
  struct Manner {
    var resuming = false
    /// Whether the run directory is described by whoever runs the cell, and not before.
    var describes = false
    var threads = 0
    /// Seconds to wait for another process to leave the cell's folder.
    var patience = 0.0
    /// Asked after each step.
    var shouldStop: () -> Bool = { StopSignal.number != 0 }

    var workspace: KernelWorkspace {
      KernelWorkspace(threads: SHAPRCommand.threads(threads), budget: MemoryBudget())
    }
  }

  func run(
    _ cell: Cell, _ manner: Manner, _ workspace: KernelWorkspace, title: String, _ console: inout Console
  ) throws {
    let folder = try enter(cell, patience: manner.patience)
    let started = Console.now()
    var evaluation = Evaluation()
    evaluation.topology = settings.lossOptions(threads: 1)
    let run = try CellRun(
      settings, seed: cell.seed, split: cell.split, source: source, folder: folder,
      evaluation: evaluation, workspace: workspace, budget: MemoryBudget())
    if cell.split.test.isEmpty {
      console.line("\(title): no test cells, so the validation cells are scored")
    }
    var shown = console
    try run.goOn(resuming: manner.resuming) { event in
      // Nothing of a run that began anew for lack of a checkpoint is strange to whoever prepared it.
      if case .begun = event, !(manner.describes && manner.resuming) { return }
      shown.show(event, title: title)
    }
    // Not before the fold is known to be ours: a run that is refused leaves another's files alone.
    if manner.describes { try RunFolder.holding(output) { try describe() } }
    shown.begin()
    var isComplete = false
    defer { console = shown }
    do {
      _ = try WorkTeam.run(threads: workspace.threads) { team in
        try run.run(
          team: team, shouldStop: manner.shouldStop,
          show: { event in
            if case .complete = event { isComplete = true }
            shown.show(event, title: title)
          })
      }
    } catch RunError.training(.stopped) {
      try addSeconds(since: started, to: folder)
      throw Failure(StopSignal.exitCode, "CANCELLED", "stopped; a checkpoint is written, go on with --resume")
    }
    if !isComplete { try addSeconds(since: started, to: folder) }
  }

  /// The cell's folder, once no other process works there.
  private func enter(_ cell: Cell, patience: Double) throws -> RunFolder {
    let started = Console.now()
    while true {
      do throws(FileError) { return try RunFolder(cell.folder) } catch {
        guard error.row == .busy, Console.now() - started < patience, StopSignal.number == 0 else {
          throw error
        }
      }
      Console.pause(0.1)
    }
  }

  /// How long the cell has been worked on, over all restarts; the one file that depends on the clock.
  private func addSeconds(since started: Double, to folder: RunFolder) throws {
    let before = Self.seconds(in: folder.path)
    try folder.write("\(decimals(before + Console.now() - started, 1))\n", to: "seconds.txt")
  }

  /// What ``addSeconds(since:to:)`` wrote; 0 if it is not there.
  static func seconds(in folder: String) -> Double {
    let text = try? readText("\(folder)/seconds.txt")
    return text.flatMap { Double($0.filter { !$0.isNewline }) } ?? 0
  }
}
