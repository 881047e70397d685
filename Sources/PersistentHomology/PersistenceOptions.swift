public import ComputeRuntime

/// In which order the values of a volume enter.
public enum Filtration: Sendable {
  /// From low to high: a feature is born at a lower value than it dies.
  case sublevel
  /// From high to low: a feature is born at a higher value than it dies.
  case superlevel
}

/// How voxels become a cubical complex. The two are dual to each other (Bleile, Garin, Heiss,
/// Maggs, Robins, *The persistent homology of dual digital image constructions*, 2021).
public enum Construction: Sendable {
  /// T: voxels are the cells of highest dimension; 26-connected in 3D, 8-connected in 2D.
  case topCells
  /// V: voxels are vertices; 6-connected in 3D, 4-connected in 2D.
  case vertices
}

/// A set of homology dimensions: H0 components, H1 loops, H2 cavities.
public struct HomologyDimensions: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let h0 = HomologyDimensions(rawValue: 1)
  public static let h1 = HomologyDimensions(rawValue: 2)
  public static let h2 = HomologyDimensions(rawValue: 4)
  /// Every dimension that the volume has.
  public static let all = HomologyDimensions(rawValue: .max)

  func contains(_ dimension: Int) -> Bool { rawValue >> UInt32(dimension) & 1 == 1 }
}

/// What to compute, and with what means.
public struct PersistenceOptions: Sendable {
  public var filtration: Filtration
  public var construction: Construction
  /// Fewer dimensions need less work: H0 or the highest one alone needs no matrix reduction.
  public var dimensions: HomologyDimensions
  /// Keeps pairs whose two voxels differ but whose values are equal.
  public var keepsZeroPersistence: Bool
  /// Worker threads; the result is the same for any number.
  public var threads: Int
  /// Bytes that one call may hold; `nil` for the machine's physical memory.
  public var maximumMemory: UInt64?
  public var cancellation: Cancellation?

  public init(
    filtration: Filtration = .superlevel, construction: Construction = .topCells,
    dimensions: HomologyDimensions = .all, keepsZeroPersistence: Bool = false, threads: Int = 1,
    maximumMemory: UInt64? = nil, cancellation: Cancellation? = nil
  ) {
    self.filtration = filtration
    self.construction = construction
    self.dimensions = dimensions
    self.keepsZeroPersistence = keepsZeroPersistence
    self.threads = threads
    self.maximumMemory = maximumMemory
    self.cancellation = cancellation
  }
}
