#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Starts a thread that does `work`, for `pthread_join` to wait for.
///
/// - Returns: nil if the system refuses one, or would have too little memory left; nothing is done then.
func startThread(_ work: @escaping @Sendable () -> Void) -> pthread_t? {
  // Its stack, as large as systems make it.
  guard AddressSpace.hasRoom(for: 8 << 20) else { return nil }
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
  guard refused == 0 else {
    unsafe order.release()
    return nil
  }
  return thread
}

/// What a thread is told to do.
private final class Order {
  let work: @Sendable () -> Void
  init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}
