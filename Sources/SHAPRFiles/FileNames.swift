internal import NeuralNetwork

/// Why a name of a file or sample is not used, or `nil`: names come from folders that others made, and
/// turn up in paths, tables and on terminals.
public func faultOfFileName(_ name: String) -> String? {
  if name.utf8.count > 255 { return "a name has more than 255 bytes" }
  if name.isEmpty || name == "." || name == ".." { return "\(quotedJSON(name)) is not a name of a file" }
  for scalar in name.unicodeScalars {
    switch scalar {
    case "/", "\\": return "the name \(quotedJSON(name)) has a slash"
    case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
      return "the name \(quotedJSON(name)) has a control character"
    // What is left of bytes that are not UTF-8.
    case "\u{FFFD}": return "the name \(quotedJSON(name)) is not UTF-8"
    default: break
    }
  }
  return nil
}
