/// The cells of a table, each once: by its means over the seeds.
///
/// Cells are the sample and seeds are repeats, so counting a cell several times would make a test believe in more
/// cells than there are (docs/decisions/0015-seeds.md). A table without seeds is left as it is.
public struct SeedMeans: Sendable {
  /// A table without seeds, in the order in which the other names its cells first.
  public private(set) var scores: Scores
  /// How many seeds there are; nil for a table without.
  let seeds: Int?
  private(set) var cellsWithFewerSeeds = 0

  /// - Parameter title: how the error calls the table.
  /// - Throws: ``ComparisonError/nameTwice(dataSet:_:)`` when a cell stands twice, or twice with one seed.
  public init(_ scores: Scores, title: String) throws(ComparisonError) {
    self.scores = Scores(measures: scores.measures)
    let seeds = scores.hasSeeds ? scores.seeds.count : nil
    self.seeds = seeds
    var places: [String: Int] = [:]
    var repeats: [[CellScore]] = []
    for cell in scores.cells {
      guard let place = places[cell.name] else {
        places[cell.name] = repeats.count
        repeats.append([cell])
        continue
      }
      guard repeats[place].allSatisfy({ $0.seed != cell.seed }) else {
        throw .nameTwice(dataSet: title, cell.name)
      }
      repeats[place].append(cell)
    }
    for repeated in repeats {
      self.scores.append(Self.mean(repeated, measures: scores.measures))
      if let seeds, repeated.count < seeds { cellsWithFewerSeeds += 1 }
    }
  }

  /// NaN where any of the values is: the cell is then left out, as it would be for that seed.
  private static func mean(_ repeated: [CellScore], measures: [ErrorMeasure]) -> CellScore {
    var mean = repeated[0]
    guard mean.seed != nil else { return mean }
    mean.seed = nil
    for measure in measures {
      let sum = repeated.reduce(0) { $0 + ($1.values[measure] ?? .nan) }
      mean.values[measure] = sum / Double(repeated.count)
    }
    return mean
  }
}

extension Scores {
  /// The seeds that occur, ascending; none in a table without.
  public var seeds: [UInt64] { Set(cells.compactMap(\.seed)).sorted() }

  /// The rows of one seed.
  public func cells(ofSeed seed: UInt64) -> Scores {
    var scores = Scores(measures: measures)
    for cell in cells where cell.seed == seed { scores.append(cell) }
    return scores
  }
}
