import PersistentHomology
import TestOracles

/// One way of asking for diagrams, in words that both the engine and the oracle understand.
struct Question: Sendable {
  var filtration: NaiveFiltration
  var construction: CubicalComplex.Construction
  var keepsZeroPersistence = true

  static let all = NaiveFiltration.allCases.flatMap { filtration in
    CubicalComplex.Construction.allCases.map { Question(filtration: filtration, construction: $0) }
  }

  /// The question with this number, every one in its turn.
  static func number(_ index: Int) -> Question { all[index % all.count] }

  var options: PersistenceOptions {
    PersistenceOptions(
      filtration: filtration == .sublevel ? .sublevel : .superlevel,
      construction: construction == .vertices ? .vertices : .topCells,
      keepsZeroPersistence: keepsZeroPersistence)
  }

  func askOracle(_ values: [Double], shape: [Int]) -> [NaivePair] {
    ask(CubicalComplex(shape: shape, construction: construction), values)
  }

  /// The same with a complex that was made before; it has to be of this construction.
  func ask(_ complex: CubicalComplex, _ values: [Double]) -> [NaivePair] {
    precondition(complex.construction == construction, "the complex is of the other construction")
    return complex.persistencePairs(
      of: values, filtration: filtration, keepsZeroPersistence: keepsZeroPersistence)
  }

  func askEngine<Element: VolumeElement>(
    _ values: [Element], shape: [Int], dimensions: HomologyDimensions = .all, threads: Int = 1
  ) throws -> [NaivePair] {
    var options = options
    options.dimensions = dimensions
    options.threads = threads
    return naivePairs(try persistenceDiagrams(of: values, shape: shape, options: options))
  }
}

/// All pairs in the order in which the engine gives them.
func naivePairs(_ diagrams: [Diagram]) -> [NaivePair] {
  diagrams.flatMap { diagram in
    diagram.map { pair in
      NaivePair(
        dimension: pair.dimension, birth: pair.birth, death: pair.death, creator: pair.creator,
        destroyer: pair.destroyer)
    }
  }
}

/// What remains when pairs of equal values are dropped.
func droppingZeroPersistence(_ pairs: [NaivePair]) -> [NaivePair] {
  pairs.filter { $0.destroyer == nil || $0.birth != $0.death }
}
