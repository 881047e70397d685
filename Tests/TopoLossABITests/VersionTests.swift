import CTopoLoss
import Testing
import TopoLossABI

@Suite("Version, build and names")
struct VersionTests {
  @Test("the library is of the version its header says")
  func version() {
    var (major, minor, patch): (Int32, Int32, Int32) = (-1, -1, -1)
    unsafe topoloss_version_numbers(&major, &minor, &patch)
    #expect(major == TOPOLOSS_VERSION_MAJOR && minor == TOPOLOSS_VERSION_MINOR)
    #expect(patch == TOPOLOSS_VERSION_PATCH)
    topoloss_version_numbers(nil, nil, nil)
    #expect(unsafe text(topoloss_version()) == "\(major).\(minor).\(patch)")
  }

  @Test("the build line names the version and one of the instruction sets")
  func buildInfo() {
    let line = unsafe text(topoloss_build_info())
    #expect(unsafe line.hasPrefix(text(topoloss_version())) || line.contains(text(topoloss_version())))
    #expect(["portable", "avx2", "avx512"].contains { line.contains($0) })
    #expect(!line.contains("\n"))
  }

  @Test("every status has its own name, and any other number has one too")
  func statusNames() {
    let names = (Int32(TOPOLOSS_EINTERNAL)...0).map { unsafe text(topoloss_status_name($0)) }
    #expect(Set(names).count == 17)
    #expect(names.allSatisfy { $0.hasPrefix("TOPOLOSS_") })
    #expect(unsafe text(topoloss_status_name(Int32(TOPOLOSS_ENAN))) == "TOPOLOSS_ENAN")
    for unknown: Int32 in [1, -17, .max, .min] {
      #expect(unsafe !names.contains(text(topoloss_status_name(unknown))))
    }
  }

  private func text(_ pointer: UnsafePointer<CChar>?) -> String {
    unsafe pointer.map { unsafe String(cString: $0) } ?? "NULL"
  }
}
