internal import ArgumentParser
internal import ComputeRuntime
internal import NeuralNetwork
internal import SHAPRFiles

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write volumes and images in another format: NRRD, TIFF or NumPy.",
    discussion: """
      8-bit values stay 8 bits; 16-bit values become fractions of 65535 in 32-bit floating point; floating-point \
      values stay as they are.

        shapr convert cells --output slicer --format nrrd --spacing 0.3,0.1,0.1
      """)

  @Argument(help: "TIFF, NumPy or PNG files, or folders of volumes") var files: [String]
  @Option(help: ArgumentHelp("folder to write the files to", valueName: "folder"))
  var output: String
  @Option(help: ArgumentHelp("nrrd (3D Slicer), tiff (ImageJ) or npy (NumPy)", valueName: "format"))
  var format: String
  @Option(
    help: ArgumentHelp(
      "distance of slices, rows and columns in micrometres, as z,y,x; not in NumPy files", valueName: "z,y,x")
  )
  var spacing: String?
  @Flag(help: "0 and 255 by Otsu's threshold, in 8 bits") var binary = false

  func run() {
    ending {
      let format = try choice(
        format, "--format",
        Dictionary(uniqueKeysWithValues: VolumeConversion.Format.allCases.map { ($0.rawValue, $0) }))
      let conversion = VolumeConversion(
        to: format, spacing: try spacing.map(voxelSpacing), isBinary: binary, budget: MemoryBudget())
      let files = try filesOfDifferentNames(files)
      try makeFolders(output)
      for file in files { try conversion.convert(file, to: output) }
      print("\(files.count) files in \(onOneLine(output))")
    }
  }
}
