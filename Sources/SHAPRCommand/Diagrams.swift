internal import ArgumentParser
internal import ComputeRuntime
internal import SHAPR
internal import SHAPRFiles

struct Diagrams: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute the persistence diagrams of volumes and images, and how far they are apart.",
    discussion: """
      Prints what there is in each file: how many features each dimension has, their total persistence (the sum of \
      the squared persistences) and the most persistent one. Of several files, also the Wasserstein distance W_2 \
      from each to the next.

        shapr diagrams cells/obj/echinocyte000003.tif
        shapr diagrams cells --resolution 16 --output diagrams

      With --output, every feature is a line of NAME.csv (birth, death, and the voxels where they happen), and the \
      distances are in distances.csv.
      """)

  @Argument(help: "TIFF, NumPy or PNG files, or folders of volumes") var files: [String]
  @Option(
    help: ArgumentHelp("folder to write NAME.csv for each file, and distances.csv, to", valueName: "folder"))
  var output: String?
  @Option(
    help: ArgumentHelp(
      "resample volumes to so many voxels per axis first, as the loss does; full size if left out",
      valueName: "M"))
  var resolution: Int?
  @Option(help: ArgumentHelp("leave out features with a smaller |death - birth|", valueName: "x"))
  var minimumPersistence = 0.0
  @Flag(
    inversion: .prefixedNo,
    help: "whether W_2 is computed; between noisy volumes of full size that can take minutes")
  var distances = true
  @OptionGroup var flags: DiagramFlags
  @Option(help: ArgumentHelp("threads; 0 for as many as there are processors", valueName: "n"))
  var threads = 0

  func run() {
    ending {
      var options = try flags.options()
      guard resolution.map({ 1...4096 ~= $0 }) ?? true else {
        throw Failure(64, "USAGE", "--resolution must be a whole number from 1 to 4096")
      }
      guard minimumPersistence >= 0, minimumPersistence.isFinite else {
        throw Failure(64, "USAGE", "--minimum-persistence must be a number that is not negative")
      }
      (options.resolution, options.minimumPersistence) = (resolution, minimumPersistence)
      let files = try filesOfDifferentNames(files)
      // The name of the table of distances.
      guard output == nil || !files.map(nameWithoutEnd).contains("distances") else {
        throw Failure(64, "USAGE", "a file named distances has no room beside distances.csv")
      }
      let series = try WorkTeam.run(threads: threadCount(threads)) { team in
        try FileDiagrams(options, budget: MemoryBudget()).series(
          files, hasDistances: distances, team: team)
      }
      if let output { try write(series, to: output) }
      print(series.summary, terminator: "")
      if !series.steps.isEmpty { print("\n" + series.distances, terminator: "") }
    }
  }

  private func write(_ series: DiagramSeries, to output: String) throws {
    try makeFolders(output)
    for (name, diagrams) in series.files { try writeText(diagrams.csv, to: "\(output)/\(name).csv") }
    if !series.steps.isEmpty { try writeText(series.distancesCSV, to: "\(output)/distances.csv") }
  }
}
