#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import Synchronization

/// How many bytes one call may hold, and how many it holds.
///
/// Every buffer whose size comes from input is counted here before it is allocated, so that a
/// request which cannot be met is an error and never a crash.
public final class MemoryBudget: Sendable {
  private let limit: UInt64
  private let held = Atomic<UInt64>(0)

  /// - Parameter limit: bytes, or `nil` for the machine's physical memory.
  public init(limit: UInt64? = nil) {
    self.limit = limit ?? MemoryBudget.physicalMemory
  }

  /// The machine's physical memory in bytes; unlimited where the system does not tell.
  public static let physicalMemory: UInt64 = {
    let (pages, pageSize) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    guard pages > 0, pageSize > 0 else { return .max }
    let (bytes, overflow) = UInt64(pages).multipliedReportingOverflow(by: UInt64(pageSize))
    return overflow ? .max : bytes
  }()

  /// Counts `bytes` as held, or throws when the limit would be passed: the error has what is held with
  /// them.
  func take(_ bytes: UInt64) throws(ComputeError) {
    var before = held.load(ordering: .relaxed)
    while true {
      let (after, overflow) = before.addingReportingOverflow(bytes)
      guard !overflow, after <= limit else { throw .memoryRefused(bytes: overflow ? .max : after) }
      let (exchanged, original) = held.weakCompareExchange(
        expected: before, desired: after, ordering: .relaxed)
      if exchanged { return }
      before = original
    }
  }

  func give(back bytes: UInt64) {
    held.subtract(bytes, ordering: .relaxed)
  }
}
