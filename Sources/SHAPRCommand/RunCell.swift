#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import ArgumentParser
internal import SHAPR
internal import SHAPRFiles

struct RunCell: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cell",
    abstract: "Run one fold of one seed in a run directory that is prepared.",
    discussion: """
      This is what --jobs starts, and what each line of cells.txt does (--slurm). It goes on where it stopped; if everything \
      is there already it ends at once. `shapr merge` puts the results together.
      """)

  @Argument(help: "a run directory with settings.json") var directory: String
  @Option(help: ArgumentHelp("one of the run's seeds", valueName: "n")) var seed: UInt64
  @Option(help: ArgumentHelp("one of its folds", valueName: "n")) var fold: Int
  @Option(help: ArgumentHelp("threads; 0 for as many as there are processors", valueName: "n"))
  var threads = 0
  @Option(help: .hidden) var parent: Int32?
  @Option(help: .hidden) var title: String?
  @Flag(help: .hidden) var plain = false

  /// A killed process's lock lives until its children have noticed; that is after one step and a checkpoint.
  private static let patience = 60.0

  func run() {
    ending {
      StopSignal.watch()
      let settings = try readSettings("\(directory)/settings.json")
      let experiment = try Experiment(settings, output: directory)
      guard let cell = experiment.cells.first(where: { $0.seed == seed && $0.fold == fold }) else {
        throw Failure(78, "CONFIG", "\(directory)/settings.json has no fold \(fold) of seed \(seed)")
      }
      let parent = parent
      let manner = Experiment.Manner(
        resuming: true, threads: threads, patience: Self.patience,
        // Without the one who started us, nobody would merge, and who starts again finds the folder taken.
        shouldStop: { StopSignal.number != 0 || (parent != nil && parent != getppid()) })
      var console = Console(isPlain: plain)
      try experiment.run(cell, manner, manner.workspace, title: title ?? cell.title, &console)
    }
  }
}
