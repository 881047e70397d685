#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What is left of a limited address space (`ulimit -v`).
enum AddressSpace {
  /// Kept for the small objects of the language's runtime: a process does not survive that they are refused.
  private static let reserve = 16 << 20

  /// Whether there is room for so many bytes and the reserve; always, where no limit is set.
  static func hasRoom(for bytes: Int) -> Bool {
    guard isLimited else { return true }
    let (wanted, overflow) = bytes.addingReportingOverflow(reserve)
    guard !overflow else { return false }
    // Addresses only: nothing is ever written there.
    let found = unsafe mmap(nil, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard unsafe found != MAP_FAILED else { return false }
    unsafe munmap(found, wanted)
    return true
  }

  private static var isLimited: Bool {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_AS.rawValue)
    #else
      let resource = RLIMIT_AS
    #endif
    // No limit is the largest number there is.
    return unsafe getrlimit(resource, &limit) == 0 && limit.rlim_cur < UInt64(Int64.max)
  }
}
