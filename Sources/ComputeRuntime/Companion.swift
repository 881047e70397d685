#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One thread that does one thing beside its maker, who waits for it before going on without it.
public final class Companion {
  private var thread: pthread_t?

  /// Starts `work` on a thread of its own; if the system refuses one, on this thread, now.
  public init(_ work: @escaping @Sendable () -> Void) {
    thread = startThread(work)
    if thread == nil { work() }
  }

  /// Returns when the work is done.
  public func wait() {
    guard let thread else { return }
    pthread_join(thread, nil)
    self.thread = nil
  }

  deinit { wait() }
}
