/// Which parts of the computation an answer needs.
///
/// The T-construction of f is computed as the V-construction of -f with a border that is lower than
/// everything: dimension k of the one is dimension d - 1 - k of the other, with birth and death
/// exchanged. (Bleile et al., 2021; see docs/conventions.md.)
struct PersistencePlan {
  /// Axes longer than one; homology of this dimension and above is zero.
  let axes: Int
  let wanted: HomologyDimensions
  let isDual: Bool
  /// Whether higher values get lower keys.
  let isReversed: Bool
  let needsLowest: Bool
  let needsHighest: Bool
  /// H1 in 3D.
  let needsLoops: Bool
  /// Which critical edges begin a loop: for ``needsLoops``, and to spare work in 2D.
  let needsSlots: Bool

  init(_ options: PersistenceOptions, axes: Int, rank: Int) {
    self.axes = axes
    wanted = options.dimensions.intersection(HomologyDimensions(rawValue: 1 << UInt32(rank) - 1))
    isDual = options.construction == .topCells
    isReversed = (options.filtration == .superlevel) != isDual
    needsLoops = axes == 3 && wanted.contains(1)
    let wantsComponents = wanted.contains(0)
    let wantsHighest = axes > 1 && wanted.contains(axes - 1)
    needsLowest = needsLoops || (isDual ? wantsHighest : wantsComponents)
    let needsHighest = needsLoops || (isDual ? wantsComponents : wantsHighest)
    self.needsHighest = needsHighest
    needsSlots = needsLoops || (needsLowest && needsHighest && axes == 2)
  }

  /// The homology dimension that the lowest one of the working complex is.
  var lowestDimension: Int { isDual ? axes - 1 : 0 }
  var highestDimension: Int { isDual ? 0 : axes - 1 }
}
