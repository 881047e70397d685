internal import ArgumentParser
internal import SHAPR
internal import SHAPRFiles

struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train with all combinations of some settings; one table of results.",
    discussion: """
      Any setting can be an axis of the grid; what is no axis is a setting of all points. Values are separated by commas, \
      or by semicolons where they are lists:

        shapr sweep --data cells --output sweep --jobs 2 --seeds 0,1,2 \\
          --grid topological_weight=0,0.01,0.1 \\
          --grid topological_resolution=16,null \\
          --grid 'topological_dimensions=2;0,1,2'

      Each point is a run directory of its own, such as sweep/topological_weight=0.1,..., for compare, merge and \
      predict. The same command with --resume goes on; folds that are complete are left as they are, and the grid may \
      have grown. sweep/results.csv has one line for each point.
      """)

  @OptionGroup(title: "GRID") var axes: GridOptions
  @OptionGroup(title: "HOW IT RUNS") var options: RunOptions
  @OptionGroup var flags: SettingsFlags

  func run() {
    ending {
      guard !axes.grid.isEmpty else { throw Failure(64, "USAGE", "--grid is missing") }
      let base = try options.settings(flags)
      guard let output = base.output else { throw Failure(64, "USAGE", "--output is missing") }
      let sweep: SweepDirectory
      do throws(SettingsError) { sweep = try SweepDirectory(output, grid: axes.grid, base: base) } catch {
        throw Failure(78, "CONFIG", "--grid: \(error.reason)")
      }
      StopSignal.watch()
      let experiments = try sweep.experiments()
      let lock = try RunFolder(output)
      defer { withExtendedLifetime(lock) {} }
      try sweep.prepare(experiments, resuming: options.resume)
      let console = Console()
      if options.slurm {
        try SlurmArray(experiments, in: output, limit: options.arrayLimit).write(console)
      } else {
        try CellRunner(jobs: options.jobs).run(experiments, console)
        try sweep.collect(console)
      }
    }
  }
}

struct GridOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "an axis: a setting and its values, such as topological_weight=0,0.1; may be given several times",
      valueName: "name=values"))
  var grid: [String] = []
}
