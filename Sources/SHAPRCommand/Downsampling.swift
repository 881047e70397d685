internal import ArgumentParser
internal import ComputeRuntime
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

struct Downsampling: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure what the diagrams of volumes lose at each resolution M: for choosing M.",
    discussion: """
      Computes the diagrams of every volume at full size and resampled to M voxels per axis, as the loss does it, \
      and the Wasserstein distance W_2 between the two. A small W_2 and most features kept mean that the loss at \
      this M sees what there is; the milliseconds say what it costs.

        shapr downsampling --data cells --resolutions 8,16,32

      With --output, downsampling.csv has one line for each volume, M and dimension.
      """)

  @Option(help: ArgumentHelp("folder of volumes, or of cells: then those in its obj/", valueName: "folder"))
  var data: String
  @Option(help: ArgumentHelp("values of M, as in 8,16,32", valueName: "M,M,..."))
  var resolutions = "8,16,24,32,48"
  @Option(help: ArgumentHelp("folder to write downsampling.csv to", valueName: "folder"))
  var output: String?
  @OptionGroup var flags: DiagramFlags
  @Option(help: ArgumentHelp("threads; 0 for as many as there are processors", valueName: "n"))
  var threads = 0

  func run() {
    ending {
      let options = try flags.options()
      let resolutions = try wholeNumbers(resolutions, "--resolutions", 1...4096)
      let folder = try VolumeFolder(data)
      let files = folder.names.compactMap(folder.file)
      if let output { try makeFolders(output) }
      let table = try WorkTeam.run(threads: threadCount(threads)) { team in
        try FileDiagrams(options, budget: MemoryBudget()).downsampling(
          files, resolutions: resolutions, team: team, clock: Console.processorSeconds)
      }
      if let output { try writeText(table.csv, to: "\(output)/downsampling.csv") }
      print("\(files.count) volumes in \(onOneLine(folder.path))\n\n" + table.text, terminator: "")
    }
  }
}
