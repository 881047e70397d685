// Concurrency: C declares `stdout` as a variable, which nobody changes here.
#if canImport(Glibc)
  @unsafe @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @unsafe @preconcurrency internal import Musl
#elseif canImport(Darwin)
  @unsafe @preconcurrency internal import Darwin
#endif
internal import ArgumentParser
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

/// What a command ends with: one line on standard error, and the exit code of docs/reliability.md.
struct Failure: Error {
  let code: Int32
  let name: String
  let message: String

  init(_ code: Int32, _ name: String, _ message: String) {
    (self.code, self.name, self.message) = (code, name, message)
  }

  /// Writes the line and ends the program.
  func end() -> Never {
    let line = "topoloss: error[\(name)]: \(onOneLine(message))\n"
    fflush(nil)
    let bytes = Array(line.utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    exit(code)
  }
}

extension Failure {
  init(_ error: FileError) {
    let (code, name): (Int32, String) =
      switch error.row {
      case .format: (65, "FORMAT")
      case .unsupported: (65, "UNSUPPORTED")
      case .checksum: (65, "CHECKSUM")
      case .limit: (65, "LIMIT")
      case .shape: (65, "SHAPE")
      case .elementType: (65, "DTYPE")
      case .notANumber: (65, "NAN")
      case .infinite: (65, "INF")
      case .range: (65, "RANGE")
      case .path: (65, "PATH")
      case .memory: (71, "NOMEM")
      case .busy: (75, "BUSY")
      case .reading: (66, "IO")
      case .creating: (73, "IO")
      case .writing: (74, "IO")
      }
    self.init(code, name, error.description)
  }

  init(_ error: NetworkError) {
    switch error {
    case .memoryRefused: self.init(71, "NOMEM", error.description)
    case .wrongShape: self.init(65, "SHAPE", error.description)
    case .invalidSetting: self.init(78, "CONFIG", error.description)
    case .cancelled: self.init(130, "CANCELLED", error.description)
    }
  }

  init(_ error: TrainingError) {
    switch error {
    case .network(let error): self.init(error)
    case .checkpoint(let error): self.init(error)
    case .cell(let error): self.init(any: error)
    case .notFinite: self.init(70, "NOTFINITE", error.description)
    case .stopped: self.init(130, "CANCELLED", "stopped; go on with --resume")
    case .split: self.init(65, "SHAPE", error.description)
    }
  }

  init(_ error: EvaluationError) {
    switch error.row {
    case .memory: self.init(71, "NOMEM", error.description)
    case .value: self.init(65, "RANGE", error.description)
    case .shape, .topology: self.init(65, "SHAPE", error.description)
    }
  }

  init(_ error: RunError) {
    switch error {
    case .file(let error): self.init(error)
    case .training(let error): self.init(error)
    case .evaluation(let error): self.init(error)
    case .alreadyThere: self.init(73, "EXISTS", error.description)
    case .noGoodCheckpoint(let reason):
      let failure = Failure(reason)
      self.init(failure.code, failure.name, error.description)
    case .checkpointsMissing: self.init(65, "CHECKPOINT", error.description)
    }
  }

  init(any error: any Error) {
    switch error {
    case let error as Failure: self = error
    case let error as FileError: self.init(error)
    case let error as NetworkError: self.init(error)
    case let error as TrainingError: self.init(error)
    case let error as RunError: self.init(error)
    case let error as SettingsError: self.init(78, "CONFIG", error.description)
    case let error as EvaluationError: self.init(error)
    case let error as ScoresError: self.init(65, "FORMAT", error.description)
    case let error as ComparisonError: self.init(65, "FORMAT", error.description)
    default: self.init(70, "INTERNAL", "\(error)")
    }
  }
}

/// Runs a command's body; what it throws becomes its one line and exit code. What it printed must have
/// arrived: a full disk behind standard output is an error like any other.
func ending(_ body: () throws -> Void) {
  do {
    try body()
    // What an earlier flush lost is known by ferror alone.
    guard unsafe fflush(stdout) == 0, unsafe ferror(stdout) == 0 else {
      throw Failure(74, "IO", "standard output cannot be written")
    }
  } catch { Failure(any: error).end() }
}
