import Glibc

/// How large a reliability test is, and which random cases it takes.
///
/// `make reliability ID=A1 N=50000 SEED=7` and `TIER=R` reach the tests by three environment variables;
/// python/tests/sizes.py reads the same.
public enum Tier {
  /// TOPOLOSS_TIER=R: the sizes before a release.
  public static let isRelease = variable("TOPOLOSS_TIER") == "R"

  /// What is added to every seed: TOPOLOSS_SEED, 0 if it is not given.
  static let seedShift = variable("TOPOLOSS_SEED").flatMap { UInt64($0) } ?? 0

  private static let wanted = variable("TOPOLOSS_CASES").flatMap { Int($0) }

  /// TOPOLOSS_CASES if given, else the column C or R of docs/reliability.md.
  public static func cases(_ ordinary: Int, release: Int) -> Int {
    wanted ?? (isRelease ? release : ordinary)
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
