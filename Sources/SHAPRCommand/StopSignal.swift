#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import Synchronization

/// Which signal asked the program to stop, 0 for none. The handler does nothing but this one store.
private let received = Atomic<Int32>(0)

enum StopSignal {
  /// From now on SIGINT, SIGTERM and SIGUSR1 are noted instead of ending the program.
  static func watch() {
    _ = received.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGUSR1] {
      signal(number) { received.store($0, ordering: .relaxed) }
    }
  }

  static var number: Int32 { received.load(ordering: .relaxed) }

  /// 128 + the number of the signal.
  static var exitCode: Int32 { number == 0 ? 130 : 128 + number }
}
