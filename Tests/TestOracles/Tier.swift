import Glibc

/// How many cases a reliability test takes: docs/reliability.md, columns C and R.
public enum Tier {
  /// TOPOLOSS_TIER=R: the sizes before a release.
  public static let isRelease = unsafe getenv("TOPOLOSS_TIER").map { unsafe String(cString: $0) } == "R"

  public static func cases(_ ordinary: Int, release: Int) -> Int { isRelease ? release : ordinary }
}
