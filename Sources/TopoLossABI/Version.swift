internal import CProcessor
internal import CTopoLoss

@c @implementation
public func topoloss_version() -> UnsafePointer<CChar>? { unsafe text("0.1.0") }

@c @implementation
public func topoloss_version_numbers(
  _ major: UnsafeMutablePointer<Int32>?, _ minor: UnsafeMutablePointer<Int32>?,
  _ patch: UnsafeMutablePointer<Int32>?
) {
  if let major = try? unsafe needed(major, "major") { unsafe major.pointee = Int32(TOPOLOSS_VERSION_MAJOR) }
  if let minor = try? unsafe needed(minor, "minor") { unsafe minor.pointee = Int32(TOPOLOSS_VERSION_MINOR) }
  if let patch = try? unsafe needed(patch, "patch") { unsafe patch.pointee = Int32(TOPOLOSS_VERSION_PATCH) }
}

@c @implementation
public func topoloss_build_info() -> UnsafePointer<CChar>? {
  switch Int(cprocessor_level()) {
  case CPROCESSOR_AVX512: unsafe text("topoloss 0.1.0, Swift 6, instruction set avx512")
  case CPROCESSOR_AVX2: unsafe text("topoloss 0.1.0, Swift 6, instruction set avx2")
  default: unsafe text("topoloss 0.1.0, Swift 6, instruction set portable")
  }
}
