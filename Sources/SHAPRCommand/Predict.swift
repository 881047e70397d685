internal import ArgumentParser
internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict the shapes of new cells from their images and masks.")

  @Option(help: "weights: best.safetensors of a run, or the published network's as safetensors")
  var model: String
  @Option(help: "folder with image/ and mask/") var input: String
  @Option(help: "folder to write the volumes to") var output: String
  @Flag(help: "0 and 1 by Otsu's threshold instead of probabilities") var binary = false
  @Flag(help: "NRRD instead of TIFF") var nrrd = false
  @Option(help: "distance of slices, rows and columns in micrometres, as z,y,x") var spacing: String?
  @Option(help: "threads; 0 for as many as there are processors") var threads = 0

  func run() {
    ending {
      let budget = MemoryBudget()
      let folder = try CellFolder(path: input, parts: .images)
      let workspace = KernelWorkspace(
        threads: SHAPRCommand.threads(threads), budget: budget)
      let predictor = try Predictor(model: model, workspace: workspace, budget: budget)
      let spacing = try self.spacing.map(voxelSpacing)
      try makeFolders(output)
      try WorkTeam.run(threads: workspace.threads) { team in
        for index in 0..<folder.count {
          try predictor.predict(folder, index, team: team) { volume, extent in
            if binary { Binarisation().apply(to: volume) }
            let writer = VolumeWriter(
              volume, extents: [extent.depth, extent.height, extent.width], spacing: spacing,
              budget: budget)
            let path = "\(output)/\(folder.names[index])"
            let element: VolumeWriter.Element = binary ? .uint8 : .float32
            if nrrd {
              try writer.writeNRRD(to: path + ".nrrd", as: element)
            } else {
              try writer.writeTIFF(to: path + ".tif", as: element)
            }
          }
        }
      }
      print("\(folder.count) volumes in \(onOneLine(output))")
    }
  }
}
