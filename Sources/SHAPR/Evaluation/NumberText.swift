#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How tables for readers write numbers.
enum NumberText {
  /// With two digits behind the point; "-" for NaN.
  static func fixed(_ value: Double) -> String { fixed(value, digits: 2) }

  static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "-" : "\(value)" }
    let unit = pow(10, Double(digits))
    let scaled = (value.magnitude * unit).rounded()
    // Beyond 2^53 a Double has no digits behind the point.
    guard scaled < 0x1p53 else { return "\(value)" }
    let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(unit))
    let fraction = "\(rest)"
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return "\(sign)\(whole).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }

  /// A probability as the paper has it: 0.53, 9.1e-4, 1.2e-47; "-" for NaN.
  static func probability(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    if value >= 0.01 || value <= 0 { return value == 0 ? "0" : fixed(value) }
    var exponent = Int(log10(value).rounded(.down))
    var tenths = Int((value / pow(10, Double(exponent)) * 10).rounded())
    // The logarithm or the rounding may have passed a power of ten.
    if tenths < 10 { (tenths, exponent) = (tenths * 10, exponent - 1) }
    if tenths >= 100 { (tenths, exponent) = (tenths / 10, exponent + 1) }
    return "\(tenths / 10).\(tenths % 10)e\(exponent)"
  }

  /// A share in percent with its sign: -27 %, +3 %; "-" for NaN.
  static func change(_ share: Double) -> String {
    guard share.isFinite, share.magnitude < 1e6 else { return "-" }
    let percent = Int((100 * share).rounded())
    return (percent > 0 ? "+" : "") + "\(percent) %"
  }
}
