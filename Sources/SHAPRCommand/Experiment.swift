internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

/// All cells of a run directory: seeds times folds, or the one of a split file.
struct Experiment {
  private let settings: Settings
  private let output: String
  private let source: FolderSource
  private let budget = MemoryBudget()

  init(_ settings: Settings, data: String, output: String) throws {
    (self.settings, self.output) = (settings, output)
    source = FolderSource(try CellFolder(path: data), budget: budget)
  }

  func run(resuming: Bool) throws {
    try makeFolders(output)
    let threads = settings.threads > 0 ? settings.threads : processorCount()
    let workspace = KernelWorkspace(threads: threads, budget: budget)
    var console = Console()
    for seed in settings.seeds {
      let root = settings.seeds.count == 1 ? output : "\(output)/seed-\(seed)"
      try makeFolders(root)
      let splits = try splits(seed: seed)
      for (fold, split) in splits where settings.fold == nil || settings.fold == fold {
        try run(
          seed, fold, split, in: "\(root)/fold-\(fold)", resuming: resuming, workspace, &console
        ) {
          // Not before the fold is known to be ours: a run that is refused leaves another's files alone.
          try RunFolder.holding(output) {
            try writeText(settings.json, to: "\(output)/settings.json")
            try writeText(text(of: splits), to: "\(root)/split.json")
          }
        }
      }
      // Folds may run side by side, each in a process of its own: the last one that merges has all scores.
      try RunFolder.holding(root) { try Merging(root).run(console) }
    }
  }

  private func run(
    _ seed: UInt64, _ fold: Int, _ split: Split, in path: String, resuming: Bool,
    _ workspace: KernelWorkspace, _ console: inout Console, onBegin: () throws -> Void
  ) throws {
    let title = "fold \(fold)"
    var evaluation = Evaluation()
    evaluation.topology = settings.lossOptions(threads: 1)
    let cell = try CellRun(
      settings, seed: seed, split: split, source: source, folder: RunFolder(path),
      evaluation: evaluation, workspace: workspace, budget: budget)
    if split.test.isEmpty { console.line("\(title): no test cells, so the validation cells are scored") }
    var shown = console
    let show = { (event: CellRun.Event) in
      switch event {
      case .begun: if resuming { shown.line("\(title): there is no checkpoint yet, begins anew") }
      case .resumed(let file, let epoch, let step):
        shown.line("\(title): goes on from \(file) (epoch \(epoch + 1), step \(step))")
      case .skipped(let reason): shown.line("\(title): passed over a checkpoint: \(reason)")
      case .step(let step): shown.step(step, title: title)
      case .epoch(let record): shown.epoch(record, title: title)
      case .scored(let done, let count):
        if done == count { shown.line("\(title): predicted and scored \(count) cells") }
      }
    }
    try cell.goOn(resuming: resuming, show: show)
    try onBegin()
    shown.begin()
    do {
      _ = try WorkTeam.run(threads: workspace.threads) { team in
        try cell.run(team: team, shouldStop: { StopSignal.number != 0 }, show: show)
      }
    } catch RunError.training(.stopped) {
      throw Failure(StopSignal.exitCode, "CANCELLED", "stopped; a checkpoint is written, go on with --resume")
    }
    console = shown
  }

  // MARK: - Splits

  private func splits(seed: UInt64) throws -> [(fold: Int, split: Split)] {
    let names = source.folder.names
    if let path = settings.split {
      return [(0, try SplitFile(readText(path), path: path).split(of: names))]
    }
    guard names.count >= settings.folds else {
      throw Failure(
        65, "SHAPE", "\(names.count) cells cannot be dealt into \(settings.folds) folds")
    }
    let folds = Folds(names: names, count: settings.folds, seed: seed)
    return (0..<settings.folds).map { ($0, folds.split($0)) }
  }

  private func text(of splits: [(fold: Int, split: Split)]) -> String {
    let cells = splits.map { "\"fold-\($0.fold)\": " + $0.split.json { source.name(of: $0) } }
    return "{\n" + cells.joined(separator: ",\n") + "}\n"
  }
}
