/// What was measured of one predicted cell.
public struct CellScore: Equatable, Sendable {
  public var name: String
  public var className: String
  /// Which seed the network was trained with, where a table has those of several.
  public var seed: UInt64?
  /// NaN where the truth leaves a measure undefined.
  public var values: [ErrorMeasure: Double]

  public init(
    name: String, className: String, seed: UInt64? = nil, values: [ErrorMeasure: Double]
  ) {
    (self.name, self.className, self.seed, self.values) = (name, className, seed, values)
  }
}

/// The scores of many cells: the content of `scores.csv`.
public struct Scores: Equatable, Sendable {
  /// What was measured of every cell, in the order of the columns.
  public let measures: [ErrorMeasure]
  public private(set) var cells: [CellScore] = []

  public init(measures: [ErrorMeasure]) { self.measures = measures }

  /// - Precondition: the cell has a value for each measure, and a seed if and only if the others have one.
  public mutating func append(_ cell: CellScore) {
    precondition(measures.allSatisfy { cell.values[$0] != nil }, "a cell without one of the measures")
    precondition(
      cells.isEmpty || hasSeeds == (cell.seed != nil), "cells with a seed among cells without")
    cells.append(cell)
  }

  /// Whether the cells say which seed their network was trained with.
  public var hasSeeds: Bool { cells.first?.seed != nil }

  /// The classes that occur, in alphabetical order.
  public var classNames: [String] { Set(cells.map(\.className)).sorted() }

  /// A measure of all cells, or of those of one class, in their order.
  public func values(of measure: ErrorMeasure, className: String? = nil) -> [Double] {
    cells.filter { className == nil || $0.className == className }
      .map { $0.values[measure] ?? .nan }
  }

  /// Median, mean and standard deviation over all cells, or over those of one class.
  public func summary(of measure: ErrorMeasure, className: String? = nil) -> Summary {
    Summary(of: values(of: measure, className: className))
  }
}
