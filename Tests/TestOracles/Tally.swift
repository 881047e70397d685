import Glibc

/// Counts the cases of one reliability test of docs/reliability.md and leaves one line behind.
///
/// A test that loops over thousands of cases would drown the reader if each failure spoke, so
/// the first one is kept in full and the others are counted.
public struct Tally: Sendable {
  public let identifier: String
  public let seed: UInt64
  public private(set) var run = 0
  public private(set) var passed = 0
  public private(set) var firstFailure: String?
  /// The largest error that was measured, where errors are.
  public private(set) var worst: Double?

  public init(_ identifier: String, seed: UInt64) {
    self.identifier = identifier
    self.seed = seed &+ Tier.seedShift
  }

  public mutating func check(_ holds: Bool, _ describe: @autoclosure () -> String) {
    run += 1
    if holds {
      passed += 1
    } else if firstFailure == nil {
      firstFailure = describe()
    }
  }

  /// Counts a case whose error has a limit; NaN is an error without limit.
  public mutating func check(
    error: Double, atMost limit: Double, _ describe: @autoclosure () -> String
  ) {
    worst = max(worst ?? 0, error.isNaN ? .infinity : error)
    check(error <= limit, "\(describe()): error \(error), limit \(limit)")
  }

  /// Counts a case that should give the same pairs as the oracle, in any order.
  public mutating func check(
    _ found: [NaivePair], equals expected: [NaivePair], _ describe: @autoclosure () -> String
  ) {
    let (found, expected) = (found.sorted(), expected.sorted())
    check(
      found == expected,
      """
      \(describe())
        too many: \(found.filter { !expected.contains($0) })
        missing:  \(expected.filter { !found.contains($0) })
      """)
  }

  /// Prints `ID n_run n_pass worst` and appends the same to results/reliability.jsonl under the
  /// working directory, in the form that python/tests/conftest.py writes.
  public func report() {
    let worst = worst.map { "\($0)" } ?? "-"
    let line = "\(identifier) \(run) \(passed) \(worst)"
    print(line)
    let row = """
      {"id": "\(identifier)", "n_run": \(run), "n_pass": \(passed), "worst": "\(worst)", "seed": \(seed), \
      "time": "\(timeNow())"}

      """
    _ = unsafe mkdir("results", 0o755)
    guard let file = unsafe fopen("results/reliability.jsonl", "a") else { return }
    unsafe fputs(row, file)
    unsafe fclose(file)
  }
}

/// UTC, as in 2026-01-31T12:00:00Z.
private func timeNow() -> String {
  var seconds = time(nil)
  var parts = unsafe tm()
  unsafe gmtime_r(&seconds, &parts)
  var text = [CChar](repeating: 0, count: 32)
  let length = unsafe strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
  return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension NaivePair: Comparable {
  /// By dimension, then creator, then destroyer, an essential class first.
  public static func < (first: NaivePair, second: NaivePair) -> Bool {
    (first.dimension, first.creator, first.destroyer ?? -1)
      < (second.dimension, second.creator, second.destroyer ?? -1)
  }
}
