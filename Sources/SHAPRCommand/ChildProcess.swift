// `environ` is a variable of C that nobody guards; this program does not change it.
#if canImport(Glibc)
  @unsafe @preconcurrency internal import Glibc
#elseif canImport(Musl)
  @unsafe @preconcurrency internal import Musl
#elseif canImport(Darwin)
  @unsafe @preconcurrency internal import Darwin
#endif

/// This program once more, as a child: what it prints goes where ours goes, what it says of errors comes to us.
struct ChildProcess {
  private let processID: pid_t
  /// A pipe from its standard error.
  let errors: Int32

  init(_ arguments: [String]) throws(Failure) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw Self.failure(errno) }
    defer { close(ends[1]) }
    // No child keeps the pipe of another open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = unsafe posix_spawn_file_actions_t()
    #endif
    _ = unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    // Linux starts what is running here, even when another program has been put in its place since.
    #if os(Linux)
      let program = "/proc/self/exe"
    #else
      let program = programPath()
    #endif
    var texts = unsafe ([program] + arguments).map { unsafe strdup($0) }
    unsafe texts.append(nil)
    defer { unsafe texts.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let error = unsafe posix_spawn(&child, program, &actions, nil, texts, environ)
    guard error == 0 else {
      close(ends[0])
      throw Self.failure(error)
    }
    (processID, errors) = (child, ends[0])
  }

  func ask(toStopBy signal: Int32) { _ = kill(processID, signal) }

  /// Waits for its end.
  ///
  /// - Returns: the exit code; 128 + the number of the signal that ended it.
  func wait() -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(processID, &status, 0) < 0, errno == EINTR {}
    close(errors)
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }

  private static func failure(_ number: Int32) -> Failure {
    Failure(70, "INTERNAL", "no process can be started: \(unsafe String(cString: strerror(number)))")
  }
}

/// Waits until one of the pipes has something to read or is closed, a signal comes, or half a second is over.
///
/// - Returns: for each pipe, what was read; nil when it is closed.
func readAvailable(_ pipes: [Int32]) -> [[UInt8]?] {
  var states = pipes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  guard unsafe poll(&states, nfds_t(states.count), 500) > 0 else { return pipes.map { _ in [] } }
  return states.map { state in
    guard state.revents != 0 else { return [] }
    var bytes: [UInt8] = []
    let count = unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      let count = unsafe read(state.fd, buffer.baseAddress, buffer.count)
      if count > 0 { unsafe bytes.append(contentsOf: buffer.prefix(count)) }
      return count
    }
    return count > 0 || (count < 0 && errno == EINTR) ? bytes : nil
  }
}

/// Where the running program is, with all links followed.
func programPath() -> String {
  #if os(Linux)
    let path = "/proc/self/exe"
  #else
    let path = CommandLine.arguments.first ?? "shapr"
  #endif
  guard let resolved = unsafe realpath(path, nil) else { return path }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}

/// The folder that relative paths start from, with all links followed.
func workingDirectory() -> String {
  guard let path = unsafe realpath(".", nil) else { return "." }
  defer { unsafe free(path) }
  return unsafe String(cString: path)
}
