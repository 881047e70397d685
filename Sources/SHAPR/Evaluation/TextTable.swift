internal import NeuralNetwork

/// A table of texts, as aligned columns or as Markdown. Control characters in them are escaped.
struct TextTable {
  enum Style {
    case text
    case markdown
  }

  var header: [String]
  var rows: [[String]] = []

  /// - Parameter style: of text, columns are as wide as their widest cell and two spaces apart.
  func render(_ style: Style) -> String {
    switch style {
    case .text: return renderedText
    case .markdown:
      let ruler = header.indices.map { _ in "---" }
      return ([header, ruler] + rows).map { row in
        "| " + row.map(Self.escaped).joined(separator: " | ") + " |\n"
      }.joined()
    }
  }

  private var renderedText: String {
    let lines = ([header] + rows).map { $0.map(onOneLine) }
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let ruler = widths.map { String(repeating: "-", count: $0) }
    return (lines.prefix(1) + [ruler] + lines.dropFirst()).map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      var line = Substring(cells.joined(separator: "  "))
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// Without what would end a cell or a line.
  private static func escaped(_ cell: String) -> String {
    var text = ""
    for character in cell {
      switch character {
      case "|": text += "\\|"
      case _ where character.isNewline: text += " "
      default: text.append(character)
      }
    }
    return onOneLine(text)
  }
}
