internal import CProcessor
public import CTopoLoss
internal import OptimalTransport
internal import PersistentHomology
internal import TopologicalLoss

/// A failure on its way to the caller: status, place and sentence.
struct Failure: Error {
  let status: topoloss_status
  var index: Int64 = -1
  /// The system's error number, of files.
  var systemError: Int32 = 0
  let message: String

  /// Writes the failure where the caller wants it and returns the status.
  @unsafe
  func report(to error: UnsafeMutablePointer<topoloss_error>?) -> topoloss_status {
    guard let error = try? unsafe needed(error, "error"),
      unsafe error.pointee.struct_size >= MemoryLayout<topoloss_error>.size
    else { return status }
    unsafe error.pointee.code = status
    unsafe error.pointee.index = index
    unsafe error.pointee.system_error = systemError
    unsafe withUnsafeMutableBytes(of: &error.pointee.message) { target in
      var length = 0
      for byte in message.utf8.prefix(target.count - 1) {
        unsafe target[length] = byte
        length += 1
      }
      unsafe target[length] = 0
    }
    return status
  }

  init(_ status: Int, _ message: String, index: Int64 = -1) {
    self.status = topoloss_status(truncatingIfNeeded: status)
    self.index = index
    self.message = message
  }

  /// The row of the error table (docs/reliability.md) that an error of the computation belongs to.
  init(_ error: PersistenceError) {
    switch error {
    case .unsupportedRank, .emptyAxis, .negativeExtent, .wrongValueCount:
      self.init(TOPOLOSS_ESHAPE, error.description)
    case .extentTooLarge, .tooManyVoxels, .tooManyVolumes:
      self.init(TOPOLOSS_ELIMIT, error.description)
    case .integerTooLarge(let index):
      self.init(TOPOLOSS_ELIMIT, error.description, index: Int64(index))
    case .dimensionNotInVolume, .invalidThreadCount:
      self.init(TOPOLOSS_EARGUMENT, error.description)
    case .notANumber(let index): self.init(TOPOLOSS_ENAN, error.description, index: Int64(index))
    case .memoryRefused: self.init(TOPOLOSS_ENOMEM, error.description)
    case .cancelled: self.init(TOPOLOSS_ECANCELLED, error.description)
    case .inconsistentResult: self.init(TOPOLOSS_EINTERNAL, error.description)
    }
  }

  init(_ error: LossError) {
    switch error {
    case .persistence(let error): self.init(error)
    case .transport(let error): self.init(error)
    case .notANumber(_, let index):
      self.init(TOPOLOSS_ENAN, error.description, index: Int64(index))
    case .infinite(_, let index): self.init(TOPOLOSS_EINF, error.description, index: Int64(index))
    case .integerTooLarge(_, let index):
      self.init(TOPOLOSS_ELIMIT, error.description, index: Int64(index))
    case .lastValueNotFinite(let volume):
      self.init(TOPOLOSS_EINF, error.description, index: Int64(volume))
    case .shapesDiffer, .wrongResolution: self.init(TOPOLOSS_ESHAPE, error.description)
    case .gradientNeedsFloatingPoint: self.init(TOPOLOSS_EDTYPE, error.description)
    case .noDimensions, .resolutionTooSmall, .invalidWeights, .invalidMinimumPersistence,
      .invalidGradientScale, .lastValuesMissing:
      self.init(TOPOLOSS_EARGUMENT, error.description)
    }
  }

  init(_ error: TransportError) {
    switch error {
    case .notANumber(let index): self.init(TOPOLOSS_ENAN, error.description, index: Int64(index))
    case .infiniteBirth(let index): self.init(TOPOLOSS_EINF, error.description, index: Int64(index))
    case .essentialCountsDiffer: self.init(TOPOLOSS_ESHAPE, error.description)
    case .tooManyPoints: self.init(TOPOLOSS_ELIMIT, error.description)
    case .essentialExtremeUnknown, .invalidOrder, .invalidDirections, .invalidThreadCount:
      self.init(TOPOLOSS_EARGUMENT, error.description)
    case .memoryRefused: self.init(TOPOLOSS_ENOMEM, error.description)
    case .cancelled: self.init(TOPOLOSS_ECANCELLED, error.description)
    }
  }
}

/// Runs the body of a C function; whatever it throws becomes a status and a message. The body rounds to nearest,
/// whatever the caller's mode, which is put back.
@unsafe
func reporting(
  to target: UnsafeMutablePointer<topoloss_error>?, _ body: () throws -> Void
) -> topoloss_status {
  let callersFloats = cprocessor_default_floats()
  defer { cprocessor_restore_floats(callersFloats) }
  do {
    try body()
    return topoloss_status(TOPOLOSS_OK)
  } catch let failure as Failure {
    return unsafe failure.report(to: target)
  } catch let failure as PersistenceError {
    return unsafe Failure(failure).report(to: target)
  } catch let failure as LossError {
    return unsafe Failure(failure).report(to: target)
  } catch let failure as TransportError {
    return unsafe Failure(failure).report(to: target)
  } catch {
    let failure =
      Failure(trainer: error) ?? Failure(TOPOLOSS_EINTERNAL, "\(error); please report it")
    return unsafe failure.report(to: target)
  }
}

@c @implementation
public func topoloss_status_name(_ status: topoloss_status) -> UnsafePointer<CChar>? {
  let name: StaticString =
    switch Int(status) {
    case TOPOLOSS_OK: "TOPOLOSS_OK"
    case TOPOLOSS_EDTYPE: "TOPOLOSS_EDTYPE"
    case TOPOLOSS_ESHAPE: "TOPOLOSS_ESHAPE"
    case TOPOLOSS_ENAN: "TOPOLOSS_ENAN"
    case TOPOLOSS_EINF: "TOPOLOSS_EINF"
    case TOPOLOSS_ELIMIT: "TOPOLOSS_ELIMIT"
    case TOPOLOSS_ENOMEM: "TOPOLOSS_ENOMEM"
    case TOPOLOSS_EBUFFER: "TOPOLOSS_EBUFFER"
    case TOPOLOSS_EFORMAT: "TOPOLOSS_EFORMAT"
    case TOPOLOSS_EUNSUPPORTED: "TOPOLOSS_EUNSUPPORTED"
    case TOPOLOSS_ECHECKSUM: "TOPOLOSS_ECHECKSUM"
    case TOPOLOSS_EIO: "TOPOLOSS_EIO"
    case TOPOLOSS_EBUSY: "TOPOLOSS_EBUSY"
    case TOPOLOSS_EPATH: "TOPOLOSS_EPATH"
    case TOPOLOSS_ECANCELLED: "TOPOLOSS_ECANCELLED"
    case TOPOLOSS_EARGUMENT: "TOPOLOSS_EARGUMENT"
    case TOPOLOSS_EINTERNAL: "TOPOLOSS_EINTERNAL"
    default: "TOPOLOSS_UNKNOWN"
    }
  return unsafe text(name)
}

/// A string literal as C sees it: in static memory, with a NUL behind it.
func text(_ literal: StaticString) -> UnsafePointer<CChar> {
  unsafe UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
}
