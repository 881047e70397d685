package import NeuralNetwork

extension Settings {
  /// Settings as a JSON text, one setting per line, in the order of ``SettingsKey/all``.
  public var json: String {
    let lines = SettingsKey.all.map { key in
      "  \(quotedJSON(key.name)): \(JSONValue(key.write(self)).text)"
    }
    return "{\n\(lines.joined(separator: ",\n"))\n}\n"
  }

  /// Changes the settings that a JSON object names. Names that begin with `_comment` are passed over.
  ///
  /// `preset` may be among them: `paper` or `reference`, taken before all others.
  public mutating func apply(_ text: String) throws(SettingsError) {
    let value: JSONValue
    do { value = try JSONValue(parsing: text) } catch {
      throw SettingsError(offset: error.offset, error.description)
    }
    guard case .object(let object) = value.content else {
      throw SettingsError(offset: value.offset, "settings are a JSON object: { ... }")
    }
    if let preset = object["preset"] { try apply(preset: preset) }
    for member in object.members
    where member.name != "preset" && !member.name.hasPrefix("_comment") {
      do {
        try apply(member.name, member.value)
      } catch {
        let place = Place(of: error.offset ?? member.value.offset, in: text)
        throw SettingsError(
          offset: error.offset, "\(place.line):\(place.column): \(error.reason)")
      }
    }
  }

  private mutating func apply(preset: JSONValue) throws(SettingsError) {
    switch preset.content {
    case .string("paper"): break
    case .string("reference"): self = Settings.reference.keepingPlaces(of: self)
    default:
      throw SettingsError(offset: preset.offset, "preset must be one of paper, reference")
    }
  }

  /// The same choices, with the other settings' data and output.
  private func keepingPlaces(of other: Settings) -> Settings {
    var settings = self
    (settings.data, settings.output, settings.split) = (other.data, other.output, other.split)
    return settings
  }

  /// Changes one setting from the text of a flag: JSON, or a plain text.
  public mutating func apply(_ name: String, flag text: String) throws(SettingsError) {
    let value: JSONValue
    // Lists may be written without their brackets.
    let isList = ["seeds", "topological_dimensions"].contains(name) && !text.hasPrefix("[")
    if let parsed = try? JSONValue(parsing: isList ? "[\(text)]" : text) {
      value = parsed
    } else {
      value = JSONValue(.string(text))
    }
    try apply(name, value)
  }

  /// Changes one setting; `value` is what stands in JSON.
  package mutating func apply(_ name: String, _ value: JSONValue) throws(SettingsError) {
    guard let key = SettingsKey.all.first(where: { $0.name == name }) else {
      let nearest = SettingsKey.nearest(to: name).map { "; did you mean \($0)?" } ?? ""
      throw SettingsError(offset: value.offset, "there is no setting \(quotedJSON(name))\(nearest)")
    }
    try key.read(&self, value)
  }
}

extension SettingsKey {
  /// The value that settings have, as JSON.
  public func text(of settings: Settings) -> String { JSONValue(write(settings)).text }

  /// The name that differs least from one that does not exist, if any is near.
  static func nearest(to name: String) -> String? {
    let best = all.map { ($0.name, distance(name, $0.name)) }.min { $0.1 < $1.1 }
    guard let best, best.1 <= max(2, name.count / 3) else { return nil }
    return best.0
  }

  /// How many letters have to be changed, added or taken away (Levenshtein 1966).
  private static func distance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first.utf8.prefix(100)), Array(second.utf8))
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let changed = diagonal + (letter == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(changed, min(row[j], row[j + 1]) + 1)
      }
    }
    return row[b.count]
  }
}

/// A place in a text, from 1.
private struct Place {
  var line = 1
  var column = 1

  init(of offset: Int, in text: String) {
    for byte in text.utf8.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
  }
}
