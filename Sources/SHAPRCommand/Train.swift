internal import ArgumentParser
internal import SHAPR
internal import SHAPRFiles

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train on a folder of cells; score the test cells.",
    discussion: """
      Without --split the cells are dealt into folds, and every cell is tested on once:

        shapr train --data cells --output run --jobs 2
        shapr train --data cells --output run --jobs 2 --resume

      With one split, or one fold, of your own:

        shapr train --data cells --split split.json --output run
        shapr train --data cells --output run --fold 3

      Every setting is a flag here and a key of settings.json, which the run directory gets and --settings takes back. \
      Defaults are those of the paper, in brackets.
      """)

  @OptionGroup(title: "HOW IT RUNS") var options: RunOptions
  @OptionGroup var flags: SettingsFlags

  func run() {
    ending {
      let settings = try options.settings(flags)
      guard let output = settings.output else { throw Failure(64, "USAGE", "--output is missing") }
      StopSignal.watch()
      let experiment = try Experiment(settings, output: output)
      var console = Console()
      if options.slurm {
        try experiment.prepare(resuming: options.resume)
        try SlurmArray([experiment], in: output, limit: options.arrayLimit).write(console)
      } else if options.jobs > 1 {
        let lock = try RunFolder(output)
        defer { withExtendedLifetime(lock) {} }
        try experiment.prepare(resuming: options.resume)
        try CellRunner(jobs: options.jobs).run([experiment], console)
        try experiment.merge(console)
      } else {
        try experiment.check(resuming: options.resume)
        let manner = Experiment.Manner(
          resuming: options.resume, describes: true, threads: settings.threads)
        let workspace = manner.workspace
        for cell in experiment.cells {
          try experiment.run(cell, manner, workspace, title: cell.title, &console)
        }
        // Folds may run side by side, each in a process of its own: the last one that merges has all scores.
        try RunFolder.holding(output) { try experiment.merge(console) }
      }
    }
  }
}
