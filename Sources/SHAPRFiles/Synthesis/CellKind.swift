/// What a synthetic cell looks like: the nine classes of red blood cells that SHAPR was tried on
/// (Simionato et al., "Red blood cell phenotyping from 3D confocal images using artificial neural
/// networks", 2021), and nuclei.
///
/// The raw value is the class in file names, in `betti.csv` and in tables.
public enum CellKind: String, Sendable, CaseIterable {
  /// A ball: it has lost membrane and with it the dimples.
  case spherocyte
  /// A cup: one deep dimple.
  case stomatocyte
  /// The healthy cell: a disc with a dimple on either side.
  case discocyte
  /// A ball with twenty and more short spicules, evenly spread.
  case echinocyte
  /// A disc from which a piece was bitten: two horns.
  case keratocyte
  /// Three ridges with hollows between them.
  case knizocyte
  /// A ball with a few blunt spicules of unequal length, irregularly spread.
  case acanthocyte
  /// Two to four discs that touch; sometimes one of them stands apart.
  case cellCluster = "cell_cluster"
  /// Three to five lobes with furrows between them.
  case multilobate
  /// An ellipsoid with a wavy surface; one in five has a cavity, one in five is a ring.
  case nucleus
}

/// How many components, loops and cavities an object has.
public struct BettiNumbers: Equatable, Sendable {
  public let components: Int
  public let loops: Int
  public let cavities: Int

  public init(components: Int, loops: Int, cavities: Int) {
    (self.components, self.loops, self.cavities) = (components, loops, cavities)
  }

  /// One piece without holes: what can shrink to a point.
  static let contractible = BettiNumbers(components: 1, loops: 0, cavities: 0)
}
