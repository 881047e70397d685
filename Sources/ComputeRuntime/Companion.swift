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
  private let work: @Sendable () -> Void

  /// Starts `work` on a thread of its own; if the system refuses one, on this thread, now.
  public init(_ work: @escaping @Sendable () -> Void) {
    self.work = work
    let order = unsafe Unmanaged.passRetained(Order(work))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let refused = unsafe pthread_create(
      &thread, nil,
      { argument in
        #if canImport(Darwin)
          unsafe Unmanaged<Order>.fromOpaque(argument).takeRetainedValue().work()
        #else
          if let argument = unsafe argument {
            unsafe Unmanaged<Order>.fromOpaque(argument).takeRetainedValue().work()
          }
        #endif
        return nil
      }, order.toOpaque())
    if refused == 0 {
      self.thread = thread
    } else {
      unsafe order.release()
      work()
    }
  }

  private final class Order {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }

  /// Returns when the work is done.
  public func wait() {
    guard let thread else { return }
    pthread_join(thread, nil)
    self.thread = nil
  }

  deinit { wait() }
}
