public import ComputeRuntime
internal import NeuralNetwork

extension Scores {
  /// Cells in one file, at most.
  public static let mostCells = 1 << 20

  /// The table as RFC 4180 has it: a header, fields with commas, quotes or line breaks in quotes, lines that
  /// end in CR LF.
  ///
  /// Numbers are the shortest decimals that give the same Double again; `nan` where there is none. The column
  /// `seed` is there only if the cells have one.
  public var csv: String {
    let seedColumn = hasSeeds ? ["seed"] : []
    var text = csvLine(["name", "class"] + seedColumn + measures.map(\.rawValue))
    for cell in cells {
      let seed = cell.seed.map { ["\($0)"] } ?? []
      let values = measures.map { csvNumber(cell.values[$0] ?? .nan) }
      text += csvLine([cell.name, cell.className] + seed + values)
    }
    return text
  }

  /// Reads a table back; lines may end in LF too, and columns it does not know are left out.
  ///
  /// - Parameter file: how errors call it.
  public init(csv bytes: FencedPointer<UInt8>, file: String) throws(ScoresError) {
    var reader = CSVReader(bytes, file: file)
    guard let header = try reader.next() else { throw reader.failure(.format, "there is no header") }
    let columns = try Columns(header, reader)
    self.init(measures: columns.measures.map(\.measure))
    while let fields = try reader.next() {
      guard cells.count < Self.mostCells else {
        throw reader.failure(.limit, "more than \(Self.mostCells) cells")
      }
      guard fields.count == header.count else {
        throw reader.failure(
          .format, "the header calls for \(header.count) fields, got \(fields.count)")
      }
      var values: [ErrorMeasure: Double] = [:]
      for (measure, place) in columns.measures {
        values[measure] = try number(fields[place], of: measure, reader)
      }
      let seed = try columns.seed.map { (place) throws(ScoresError) in try self.seed(fields[place], reader) }
      append(
        CellScore(
          name: fields[columns.name], className: fields[columns.className], seed: seed, values: values))
    }
  }

  private func seed(_ field: String, _ reader: CSVReader) throws(ScoresError) -> UInt64 {
    guard let seed = UInt64(field) else {
      throw reader.failure(
        .format, "seed is a whole number, got \(quotedJSON(String(field.prefix(40))))")
    }
    return seed
  }

  private func number(
    _ field: String, of measure: ErrorMeasure, _ reader: CSVReader
  ) throws(ScoresError) -> Double {
    if field == "nan" || field.isEmpty { return .nan }
    guard let value = Double(field), value.isFinite else {
      throw reader.failure(
        .format, "\(measure.rawValue) is a finite number or nan, got \(quotedJSON(String(field.prefix(40))))")
    }
    return value
  }
}

/// Which field of a line is what.
private struct Columns {
  let name: Int
  let className: Int
  let seed: Int?
  let measures: [(measure: ErrorMeasure, place: Int)]

  init(_ header: [String], _ reader: CSVReader) throws(ScoresError) {
    var places: [String: Int] = [:]
    for (place, column) in header.enumerated() {
      guard places.updateValue(place, forKey: column) == nil else {
        throw reader.failure(.format, "the column \(quotedJSON(String(column.prefix(40)))) stands twice")
      }
    }
    guard let name = places["name"], let className = places["class"] else {
      throw reader.failure(.format, "the columns name and class are needed")
    }
    (self.name, self.className, seed) = (name, className, places["seed"])
    measures = ErrorMeasure.allCases.compactMap { measure in
      places[measure.rawValue].map { (measure, $0) }
    }
  }
}

/// A number as its shortest decimal; `nan` for NaN.
func csvNumber(_ value: Double) -> String { value.isNaN ? "nan" : "\(value)" }

func csvLine(_ fields: [String]) -> String {
  fields.map(csvField).joined(separator: ",") + "\r\n"
}

private func csvField(_ text: String) -> String {
  let needsQuotes = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
  guard needsQuotes else { return text }
  var quoted = "\""
  for scalar in text.unicodeScalars {
    if scalar == "\"" { quoted.unicodeScalars.append("\"") }
    quoted.unicodeScalars.append(scalar)
  }
  return quoted + "\""
}
