internal import NeuralNetwork
internal import SHAPR

extension FileError {
  /// Why the volume in a file could not be scored.
  init(_ error: EvaluationError, file: String) {
    let row: Row =
      switch error.row {
      case .memory(let bytes): .memory(bytes: bytes)
      case .value: .range
      case .shape, .topology: .shape
      }
    self.init(row, file: file, error.reason)
  }
}
