#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import SHAPR

/// Prints progress: a bar that renews itself on a terminal, a line per epoch elsewhere.
struct Console {
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  private var started = now()
  private var cellsDone = 0

  /// Seconds of a clock that never jumps.
  static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  func line(_ text: String) {
    print(isTerminal ? "\r\u{1B}[K\(text)" : text)
    fflush(nil)
  }

  mutating func step(_ step: Training.Step, title: String) {
    if step.step == 1 { (started, cellsDone) = (Self.now(), 0) }
    cellsDone = step.losses.cells
    guard isTerminal else { return }
    let seconds = max(1e-9, Self.now() - started)
    let rate = Double(cellsDone) / seconds
    let left = seconds / Double(step.step) * Double(step.steps - step.step)
    let width = 24
    let filled = step.step * width / max(1, step.steps)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let text =
      "\(title) epoch \(step.epoch + 1) [\(bar)] loss \(decimals(step.losses.total)) "
      + "L_T \(decimals(step.losses.topological)) \(decimals(rate, 1)) cells/s "
      + "\(Int(left.rounded())) s left"
    print("\r\u{1B}[K\(text)", terminator: "")
    fflush(nil)
  }

  func epoch(_ record: EpochRecord, title: String) {
    let seconds = Self.now() - started
    line(
      "\(title) \(record.stage.rawValue) epoch \(record.epoch + 1): loss "
        + "\(decimals(record.train.total)), validation \(decimals(record.validation.total))"
        + "\(record.isBest ? " (best)" : ""), \(decimals(seconds, 1)) s")
  }
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
