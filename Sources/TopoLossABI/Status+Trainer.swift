internal import CTopoLoss
internal import ComputeRuntime
internal import NeuralNetwork
internal import SHAPR

/// The rows of the error table that errors of the trainer belong to.
extension Failure {
  init?(trainer error: any Error) {
    switch error {
    case let error as ComputeError: self.init(error)
    case let error as NetworkError: self.init(error)
    case let error as TrainingError: self.init(error)
    case let error as FileError: self.init(error)
    case let error as ArrayCellsError: self.init(error)
    case let error as EvaluationError: self.init(error)
    case let error as SettingsError:
      self.init(TOPOLOSS_EARGUMENT, error.description, index: Int64(error.offset ?? -1))
    case let error as ScoresError:
      self.init(
        error.row == .limit ? TOPOLOSS_ELIMIT : TOPOLOSS_EFORMAT, error.description,
        index: Int64(error.offset))
    case let error as ComparisonError: self.init(TOPOLOSS_EFORMAT, error.description)
    case ModelFileError.network(let error): self.init(error)
    case ModelFileError.checkpoint(let error): self.init(error)
    default: return nil
    }
  }

  init(_ error: ComputeError) {
    switch error {
    case .memoryRefused(let bytes):
      self.init(TOPOLOSS_ENOMEM, "memory refused: \(bytes) bytes needed")
    case .cancelled: self.init(TOPOLOSS_ECANCELLED, "cancelled")
    }
  }

  private init(_ error: NetworkError) {
    switch error {
    case .memoryRefused: self.init(TOPOLOSS_ENOMEM, error.description)
    case .wrongShape: self.init(TOPOLOSS_ESHAPE, error.description)
    case .invalidSetting: self.init(TOPOLOSS_EARGUMENT, error.description)
    case .cancelled: self.init(TOPOLOSS_ECANCELLED, "cancelled")
    }
  }

  private init(_ error: TrainingError) {
    switch error {
    case .network(let error): self.init(error)
    case .checkpoint(let error): self.init(error)
    case .cell(let error as ArrayCellsError): self.init(error)
    case .cell(let error): self.init(TOPOLOSS_EINTERNAL, "\(error); please report it")
    case .notFinite: self.init(TOPOLOSS_ENAN, error.description)
    case .stopped: self.init(TOPOLOSS_ECANCELLED, "cancelled")
    case .split: self.init(TOPOLOSS_ESHAPE, error.description)
    }
  }

  private init(_ error: ArrayCellsError) {
    switch error {
    case .shape: self.init(TOPOLOSS_ESHAPE, error.description)
    case .elementType: self.init(TOPOLOSS_EDTYPE, error.description)
    case .value(_, let index, let value):
      let status = value.isNaN ? TOPOLOSS_ENAN : value.isInfinite ? TOPOLOSS_EINF : TOPOLOSS_EARGUMENT
      self.init(status, error.description, index: Int64(index))
    case .nearlyBlack: self.init(TOPOLOSS_EARGUMENT, error.description)
    }
  }

  private init(_ error: EvaluationError) {
    switch error.row {
    case .shape: self.init(TOPOLOSS_ESHAPE, error.description)
    case .value: self.init(TOPOLOSS_EARGUMENT, error.description)
    case .memory: self.init(TOPOLOSS_ENOMEM, error.description)
    case .topology: self.init(TOPOLOSS_EARGUMENT, error.description)
    }
  }

  private init(_ error: FileError) {
    let (status, number): (Int, Int32) =
      switch error.row {
      case .format: (TOPOLOSS_EFORMAT, 0)
      case .unsupported: (TOPOLOSS_EUNSUPPORTED, 0)
      case .checksum: (TOPOLOSS_ECHECKSUM, 0)
      case .limit: (TOPOLOSS_ELIMIT, 0)
      case .memory: (TOPOLOSS_ENOMEM, 0)
      case .shape: (TOPOLOSS_ESHAPE, 0)
      case .elementType: (TOPOLOSS_EDTYPE, 0)
      case .notANumber: (TOPOLOSS_ENAN, 0)
      case .infinite: (TOPOLOSS_EINF, 0)
      case .range: (TOPOLOSS_EARGUMENT, 0)
      case .path: (TOPOLOSS_EPATH, 0)
      case .busy: (TOPOLOSS_EBUSY, 0)
      case .reading(let number), .creating(let number), .writing(let number):
        (TOPOLOSS_EIO, number)
      }
    self.init(status, error.description, index: Int64(error.offset ?? -1))
    systemError = number
  }
}
