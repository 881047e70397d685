public import PersistentHomology

/// A point of a persistence diagram: when a feature begins and when it ends.
///
/// An infinite death marks an essential class. Two Doubles in memory, birth first, so that an array of
/// points is what the C interface calls `points`.
public struct DiagramPoint: Equatable, Hashable, Sendable, BitwiseCopyable {
  public var birth: Double
  public var death: Double

  public init(birth: Double, death: Double) {
    self.birth = birth
    self.death = death
  }
}

extension Diagram {
  /// Births and deaths, in the order of the pairs.
  public var points: [DiagramPoint] {
    map { DiagramPoint(birth: $0.birth, death: $0.death) }
  }
}
