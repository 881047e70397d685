#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

/// Prints progress: a bar that renews itself on a terminal, a line per epoch elsewhere.
struct Console {
  private let isTerminal: Bool
  /// When the present epoch began, or went on after a restart.
  private var started = now()
  /// Steps that were done by then; nil until the first one since is.
  private var stepsBefore: Int?
  /// Of the last epoch, with its validation.
  private var secondsOfEpoch: Double?

  /// - Parameter isPlain: lines only, because other processes print to the same terminal.
  init(isPlain: Bool = false) { isTerminal = !isPlain && isatty(STDOUT_FILENO) == 1 }

  /// Seconds of a clock that never jumps.
  static func now() -> Double { seconds(of: CLOCK_MONOTONIC) }

  /// Seconds that this thread has computed, however busy the machine is with other things.
  static func processorSeconds() -> Double { seconds(of: CLOCK_THREAD_CPUTIME_ID) }

  private static func seconds(of clock: clockid_t) -> Double {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Waits so many seconds, or until a signal comes.
  static func pause(_ seconds: Double) { usleep(UInt32(seconds * 1e6)) }

  func lines(_ texts: [String]) { texts.forEach(line) }

  /// Prints one line, whatever the names in it are.
  func line(_ text: String) {
    let text = onOneLine(text)
    print(isTerminal ? "\r\u{1B}[K\(text)" : text)
    fflush(nil)
  }

  /// A fold begins.
  mutating func begin() { (started, stepsBefore, secondsOfEpoch) = (Self.now(), nil, nil) }

  mutating func show(_ event: CellRun.Event, title: String) {
    switch event {
    case .resumed(let file, let epoch, let step):
      line("\(title): goes on from \(file) (epoch \(epoch + 1), step \(step))")
    case .begun: line("\(title): there is no checkpoint yet, begins anew")
    case .complete: line("\(title): all results are there already")
    case .skipped(let reason): line("\(title): passed over a checkpoint: \(reason)")
    case .step(let step): self.step(step, title: title)
    case .epoch(let record): epoch(record, title: title)
    case .scored(let done, let count):
      if done == count { line("\(title): predicted and scored \(count) cells") }
    }
  }

  private mutating func step(_ step: Training.Step, title: String) {
    let before = stepsBefore ?? step.step - 1
    stepsBefore = before
    guard isTerminal else { return }
    let seconds = max(1e-9, Self.now() - started)
    let share = Double(step.step - before) / Double(step.step)
    let rate = Double(step.losses.cells) * share / seconds
    let epoch = seconds / Double(step.step - before) * Double(step.steps)
    let left =
      epoch / Double(step.steps) * Double(step.steps - step.step)
      + (secondsOfEpoch ?? epoch) * Double(step.epochs - step.epoch - 1)
    let width = 24
    let filled = step.step * width / max(1, step.steps)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let text =
      "\(title) epoch \(step.epoch + 1)/\(step.epochs) [\(bar)] loss \(decimals(step.losses.total)) "
      + "L_T \(decimals(step.losses.topological)) \(decimals(rate, 1)) cells/s "
      + "\(duration(left)) left"
    print("\r\u{1B}[K\(text)", terminator: "")
    fflush(nil)
  }

  private mutating func epoch(_ record: EpochRecord, title: String) {
    let seconds = Self.now() - started
    // An epoch that went on after a restart is a part only.
    if stepsBefore == 0 { secondsOfEpoch = seconds }
    (started, stepsBefore) = (Self.now(), nil)
    line(
      "\(title) \(record.stage.rawValue) epoch \(record.epoch + 1): loss "
        + "\(decimals(record.train.total)), validation \(decimals(record.validation.total))"
        + "\(record.isBest ? " (best)" : ""), \(decimals(seconds, 1)) s")
  }
}

/// Seconds as a reader wants to know them: 40 s, 12 min, 3 h 05 min.
func duration(_ seconds: Double) -> String {
  guard seconds < 1e9 else { return "?" }
  let minutes = Int((seconds / 60).rounded(.up))
  if seconds < 60 { return "\(Int(seconds.rounded(.up))) s" }
  if minutes < 60 { return "\(minutes) min" }
  return "\(minutes / 60) h \(minutes % 60 < 10 ? "0" : "")\(minutes % 60) min"
}

/// A number with so many decimals.
func decimals(_ value: Double, _ count: Int = 4) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  var scale = 1
  for _ in 0..<count { scale *= 10 }
  let whole = Int((abs(value) * Double(scale)).rounded())
  let digits = String(whole % scale)
  let zeros = String(repeating: "0", count: count - digits.count)
  return "\(value < 0 ? "-" : "")\(whole / scale).\(zeros)\(digits)"
}
