internal import ArgumentParser
internal import ComputeRuntime
internal import SHAPR
internal import SHAPRFiles

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Score predicted volumes of any program against the true ones.",
    discussion: """
      Files are paired by their names without ends. Volumes are 8 or 16 bits, where the largest number counts as \
      1, or floating point from 0 to 1; they are scored as they are. The class of a cell is its name without the \
      digits at its end.

        shapr evaluate --predictions theirs --truth cells --output theirs.csv
        shapr evaluate --predictions ours --truth cells --output ours.csv
        shapr compare theirs.csv ours.csv

      The diagrams are those of the loss with its defaults; --settings takes those of a run.
      """)

  @Option(help: ArgumentHelp("folder of predicted volumes, TIFF or NumPy", valueName: "folder"))
  var predictions: String
  @Option(
    help: ArgumentHelp("folder of true volumes, or of cells: then those in its obj/", valueName: "folder"))
  var truth: String
  @Option(
    help: ArgumentHelp(
      "file to write the scores to, one line per cell: shapr compare takes it", valueName: "file"))
  var output: String?
  @Option(
    help: ArgumentHelp(
      "what is object: above otsu, Otsu's threshold of each volume, or above a number from 0 to 1",
      valueName: "t"))
  var threshold = "otsu"
  @Flag(inversion: .prefixedNo, help: "whether Betti numbers and persistence diagrams are compared, too")
  var topology = true
  @Option(help: ArgumentHelp("settings.json of a run, for how its diagrams are made", valueName: "file"))
  var settings: String?
  @Option(
    help: ArgumentHelp(
      "M: voxels per axis that volumes are resampled to for their diagrams; null for full size",
      valueName: "M"))
  var topologicalResolution: String?
  @Option(
    help: ArgumentHelp("superlevel: from bright to dark; sublevel: from dark to bright", valueName: "order"))
  var filtration: String?
  @Option(help: ArgumentHelp("T: voxels touch through corners; V: through faces", valueName: "T|V"))
  var construction: String?
  @Option(
    help: ArgumentHelp(
      "what becomes of features that never end: extreme, matched or ignored", valueName: "choice"))
  var essentialClasses: String?
  @Option(help: ArgumentHelp("p of the Wasserstein distance", valueName: "p"))
  var order: String?
  @Flag(help: "a file without a partner is an error; otherwise it is left out with a notice") var strict =
    false
  @Option(help: ArgumentHelp("threads; 0 for as many as there are processors", valueName: "n"))
  var threads = 0

  func run() {
    ending {
      let evaluation = try evaluation()
      let pairs = try VolumePairs(predictions: predictions, truth: truth)
      if strict, let first = pairs.unpaired.first { throw first.error }
      for files in pairs.unpaired { print("notice: \(files.description); left out") }
      let budget = MemoryBudget()
      let scores = try WorkTeam.run(threads: threadCount(threads)) { team in
        try pairs.scores(evaluation, team: team, budget: budget)
      }
      if let output { try writeText(scores.csv, to: output) }
      print(scores.table, terminator: "")
    }
  }

  private func evaluation() throws -> Evaluation {
    var evaluation = Evaluation()
    evaluation.topology = topology ? try diagramSettings().lossOptions(threads: 1) : nil
    if threshold != "otsu" {
      guard let number = Float(threshold), number >= 0, number < 1 else {
        throw Failure(64, "USAGE", "--threshold must be otsu or a number from 0 to 1")
      }
      evaluation.binarisation.threshold = .fixed(number)
    }
    return evaluation
  }

  private func diagramSettings() throws -> Settings {
    var found = try settings.map { try readSettings($0) } ?? Settings()
    let flags = [
      ("topological_resolution", topologicalResolution), ("filtration", filtration),
      ("construction", construction), ("essential_classes", essentialClasses), ("order", order),
    ]
    let given = flags.compactMap { name, value in value.map { (name: name, value: $0) } }
    try found.apply(given, orFailWith: 64, "USAGE")
    return found
  }
}
