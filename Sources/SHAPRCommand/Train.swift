internal import ArgumentParser
internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train on a folder of cells; score the test cells.",
    discussion: """
      Settings come from the preset, then from the file, then from flags; the run directory gets all of them as
      settings.json. Without --split the cells are dealt into folds, and every cell is tested on once.
      """)

  @Option(help: "paper (the defaults) or reference (what the published code does differently)")
  var preset: String?
  @Option(name: .customLong("settings"), help: "JSON file with any of the settings below")
  var file: String?
  @Flag(help: "Go on where a run stopped; starts one if there is none.")
  var resume = false
  @OptionGroup(title: "Settings") var flags: SettingsFlags

  func run() {
    ending {
      let settings = try readSettings()
      guard let data = settings.data else { throw Failure(64, "USAGE", "--data is missing") }
      guard let output = settings.output else { throw Failure(64, "USAGE", "--output is missing") }
      StopSignal.watch()
      try Experiment(settings, data: data, output: output).run(resuming: resume)
    }
  }

  private func readSettings() throws -> Settings {
    var settings = Settings()
    if let preset { try settings.apply("{\"preset\": \(quotedJSON(preset))}") }
    if let file {
      do { try settings.apply(readText(file)) } catch let error as SettingsError {
        throw Failure(78, "CONFIG", "\(file): \(error.description)")
      }
    }
    for (name, value) in flags.given {
      do { try settings.apply(name, flag: value) } catch {
        throw Failure(
          78, "CONFIG", "--\(name.map { $0 == "_" ? "-" : String($0) }.joined()): \(error)")
      }
    }
    return settings
  }
}
