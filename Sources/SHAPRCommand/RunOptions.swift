internal import ArgumentParser
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

/// How cells are run, and where their settings come from.
struct RunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("folds that run side by side, each in a process of its own", valueName: "n"))
  var jobs = 1
  @Flag(help: "go on where it stopped; what is complete is left as it is") var resume = false
  @Option(
    help: ArgumentHelp("paper (the defaults), or reference (what the published code does)", valueName: "name")
  )
  var preset: String?
  @Option(
    name: .customLong("settings"),
    help: ArgumentHelp("JSON file with any of the settings; flags come after it", valueName: "file"))
  var file: String?
  @Flag(help: "write cells.txt and array.sh for a Slurm array instead of running") var slurm = false
  @Option(help: ArgumentHelp("with --slurm: tasks of the array at a time", valueName: "n"))
  var arrayLimit: Int?

  func validate() throws {
    guard 1...1024 ~= jobs else { throw ValidationError("--jobs must be between 1 and 1024") }
    guard 1...100_000 ~= arrayLimit ?? 1 else {
      throw ValidationError("--array-limit must be between 1 and 100000")
    }
    guard slurm || arrayLimit == nil else { throw ValidationError("--array-limit is for --slurm") }
  }

  /// The settings of preset, file and flags, in this order.
  func settings(_ flags: SettingsFlags) throws -> Settings {
    var settings = Settings()
    if let preset { try settings.apply("{\"preset\": \(quotedJSON(preset))}") }
    if let file { settings = try readSettings(file, onto: settings) }
    try settings.apply(flags.given, orFailWith: 78, "CONFIG")
    return settings
  }
}

extension Settings {
  /// Takes flags over, by their JSON names.
  ///
  /// - Parameters:
  ///   - code, name: the exit code and error of a value that is refused.
  mutating func apply(_ flags: [(name: String, value: String)], orFailWith code: Int32, _ name: String) throws
  {
    for (key, value) in flags {
      do { try apply(key, flag: value) } catch {
        throw Failure(code, name, "--\(key.map { $0 == "_" ? "-" : String($0) }.joined()): \(error)")
      }
    }
  }
}

/// Settings with what a JSON file says of them.
func readSettings(_ file: String, onto settings: Settings = Settings()) throws -> Settings {
  var settings = settings
  do { try settings.apply(readText(file)) } catch let error as SettingsError {
    throw Failure(78, "CONFIG", "\(file): \(error.description)")
  }
  return settings
}
