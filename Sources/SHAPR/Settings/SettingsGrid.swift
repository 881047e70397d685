internal import NeuralNetwork

/// Settings that are tried in all combinations: what `shapr sweep --grid` asks for.
public struct SettingsGrid: Sendable {
  /// One setting and the values it takes, as texts of a flag.
  public struct Axis: Equatable, Sendable {
    public let name: String
    public let values: [String]
  }

  /// One combination.
  public struct Point: Sendable {
    /// Such as `topological_weight=0.1,topological_dimensions=0+1+2`: a name for a folder, safe in any shell.
    public let name: String
    /// The value of each axis, as it stands in the name.
    public let values: [String]
    public let settings: Settings
  }

  public let axes: [Axis]
  /// Points, at most.
  static let mostPoints = 10_000
  /// Settings that say where and how cells run, not what they compute.
  static let refused = ["output", "seeds", "fold", "threads"]

  /// - Parameter texts: each is `name=value,value`. Values are separated by `;` if there is one, else by commas outside
  ///   of brackets; hyphens in the name count as underscores.
  public init(_ texts: [String]) throws(SettingsError) {
    var axes: [Axis] = []
    var points = 1
    for text in texts {
      let axis = try Self.axis(text)
      guard !axes.contains(where: { $0.name == axis.name }) else {
        throw SettingsError("\(axis.name) stands twice in the grid")
      }
      axes.append(axis)
      let (product, overflow) = points.multipliedReportingOverflow(by: axis.values.count)
      guard !overflow, product <= Self.mostPoints else {
        throw SettingsError("the grid has more than \(Self.mostPoints) points")
      }
      points = product
    }
    self.axes = axes
  }

  /// All combinations; the last axis changes fastest.
  ///
  /// - Parameter base: the settings that are no axis.
  /// - Throws: for a name that is no setting, a value that it cannot have, a value that stands twice.
  public func points(of base: Settings) throws(SettingsError) -> [Point] {
    var points = [Point(name: "", values: [], settings: base)]
    for axis in axes {
      var longer: [Point] = []
      for point in points {
        for value in axis.values { longer.append(try point.with(axis.name, value)) }
      }
      points = longer
    }
    var names: Set<String> = []
    for point in points {
      guard names.insert(point.name).inserted else {
        throw SettingsError("\(point.name) stands twice in the grid")
      }
    }
    return points
  }

  private static func axis(_ text: String) throws(SettingsError) -> Axis {
    guard let sign = text.firstIndex(of: "=") else {
      throw SettingsError("\(quotedJSON(text)) has no values: write NAME=VALUE,VALUE")
    }
    let name = String(text[..<sign].map { $0 == "-" ? "_" : $0 })
    guard !refused.contains(name) else {
      throw SettingsError("\(name) is not for a grid: it has the flag --\(name)")
    }
    let values = values(text[text.index(after: sign)...])
    guard values.allSatisfy({ !$0.isEmpty }) else {
      throw SettingsError("\(name) has an empty value in the grid")
    }
    return Axis(name: name, values: values)
  }

  private static func values(_ text: Substring) -> [String] {
    let separator: Character = text.contains(";") ? ";" : ","
    var values = [""]
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == separator, separator == ";" || depth == 0 {
        values.append("")
      } else {
        values[values.count - 1].append(character)
      }
    }
    // Spaces around a value are for the reader.
    return values.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
  }
}

extension SettingsGrid.Point {
  fileprivate func with(_ name: String, _ value: String) throws(SettingsError) -> Self {
    var settings = settings
    try settings.apply(name, flag: value)
    let label = SettingsKey.all.first { $0.name == name }?.label(of: settings) ?? value
    let part = "\(name)=" + String(label.map { Self.isSafe($0) ? $0 : "_" })
    return Self(
      name: self.name.isEmpty ? part : "\(self.name),\(part)", values: values + [label], settings: settings)
  }

  private static func isSafe(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "._+-".contains(character))
  }
}

extension SettingsKey {
  /// The value that settings have, short: texts without quotes, whole numbers without a fraction, lists with `+`.
  func label(of settings: Settings) -> String {
    switch write(settings) {
    case .string(let text): return text
    case .array(let elements): return elements.map(\.text).joined(separator: "+")
    case let content:
      let text = JSONValue(content).text
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
  }
}
