"""Sixty defects of one line each, seeded by hand where a slip would be easy: A14.

Each is (name, file under Sources, text that occurs there once, what the part in « » becomes).
The part is an expression; if the replacement is None, it is a statement that is left out. Defects that
cannot change a result are not listed: a bound that is only looser, a prefetch, an order among equals.
"""

MUTANTS = [
    # Components, from below.
    (
        "of two components the older one dies",
        "PersistentHomology/LowestHomology.swift",
        "let isOneElder = «one.key < other.key» ||",
        "one.key > other.key",
    ),
    (
        "equal births: the later voxel is the elder",
        "PersistentHomology/LowestHomology.swift",
        "«one.component < other.component»)",
        "one.component > other.component",
    ),
    (
        "an edge is walked from in the wrong direction",
        "PersistentHomology/LowestHomology.swift",
        "minimum(below: «voxel &+ steps[edge]», memo)",
        "voxel &- steps[edge]",
    ),
    (
        "the essential class begins at the first minimum",
        "PersistentHomology/LowestHomology.swift",
        "«minima[last]» : 0",
        "minima[0]",
    ),
    (
        "a component dies at the voxel where it was born",
        "PersistentHomology/LowestHomology.swift",
        "younger.key, «voxel», Key.key(order))",
        "minima[younger.component]",
    ),
    # Cavities, from above.
    (
        "equal deaths: the earlier voxel is the elder",
        "PersistentHomology/HighestHomology.swift",
        "«one.component > other.component»)",
        "one.component < other.component",
    ),
    (
        "both walks begin in the same cube",
        "PersistentHomology/HighestHomology.swift",
        "cube: «low | 1 &<< normal», across",
        "low",
    ),
    (
        "equal corners: the lower index owns the cube",
        "PersistentHomology/HighestHomology.swift",
        "«corner > best.voxel»",
        "corner < best.voxel",
    ),
    (
        "the fourth corner sees the third one's cube",
        "PersistentHomology/HighestHomology.swift",
        "«side.cubes &>> 24», over: &best",
        "side.cubes &>> 16 & 7",
    ),
    (
        "the last cavity's end is the first maximum",
        "PersistentHomology/HighestHomology.swift",
        "«maxima[last]» : 0",
        "maxima[0]",
    ),
    (
        "a walk leaves a star without crossing its square",
        "PersistentHomology/HighestHomology.swift",
        "cube = «(exit &>> 2) ^ (1 &<< axis)»",
        "exit &>> 2",
    ),
    # The neighbourhood and the gradient.
    (
        "the second corner sees the first one's cube",
        "PersistentHomology/Neighbourhood.swift",
        "| «(flipped ^ 1 << UInt32(second)) << 8» |",
        "flipped << 8",
    ),
    (
        "an image is suspended for its components instead of its highest classes",
        "PersistentHomology/Neighbourhood.swift",
        "if «suspended» { always",
        "!suspended",
    ),
    (
        "squares that a cube is paired with stay free",
        "PersistentHomology/DiscreteGradient.swift",
        "let free = squaresPresent & «~Int(tables.squaresOfCollapse[cubes])»",
        "~0",
    ),
    (
        "a voxel with seven of its cubes is a maximum",
        "PersistentHomology/DiscreteGradient.swift",
        "isMaximum: «cubes == 255»,",
        "cubes & 254 == 254",
    ),
    (
        "the edge that is paired with its voxel counts as critical",
        "PersistentHomology/DiscreteGradient.swift",
        "summary &>> 12 & «~(1 &<< root)»,",
        "UInt32.max",
    ),
    (
        "a voxel is taken for the one before though their cubes differ",
        "PersistentHomology/DiscreteGradient.swift",
        "!isRough && «word == lastWord» {",
        "word & 0x3_ffff == lastWord & 0x3_ffff",
    ),
    (
        "rows of the next plane are scanned as rows of this one",
        "PersistentHomology/DiscreteGradient.swift",
        "rows.upperBound - row, «layout.ny - row % layout.ny»)",
        "rowsAtOnce",
    ),
    # Order.
    (
        "negative float32 are in the wrong order",
        "PersistentHomology/ScalarKeys.swift",
        "return bits ^ (bits >> 31 & «0x7fff_ffff»)",
        "0",
    ),
    (
        "-0 is below 0 in float64",
        "PersistentHomology/ScalarKeys.swift",
        "static func key(_ bits: Int64) -> Int64 {\n    let bits = «bits == .min ? 0 : bits»",
        "bits",
    ),
    (
        "denormals of float16 are halved",
        "PersistentHomology/ScalarKeys.swift",
        "leastDenormal: «0x1p-24»,",
        "0x1p-25",
    ),
    (
        "negative keys come after positive ones, 32 bits",
        "PersistentHomology/GridKey.swift",
        "UInt64(UInt32(bitPattern: key) ^ «0x8000_0000») << 32",
        "0",
    ),
    (
        "negative keys come after positive ones, 64 bits",
        "PersistentHomology/GridKey.swift",
        "UInt128(UInt64(bitPattern: key) ^ «(1 << 63)») << 32",
        "0",
    ),
    (
        "a digit that all keys but one share is not sorted by",
        "PersistentHomology/RadixSort.swift",
        "if «inDigit == UInt32(truncatingIfNeeded: count)» {",
        "inDigit &+ 1 >= UInt32(truncatingIfNeeded: count)",
    ),
    # Loops.
    (
        "of equal voxels the near one owns the edge",
        "PersistentHomology/ChainExpansion.swift",
        "farKey == nearKey && «direction & 1 == 1»)",
        "direction & 1 == 0",
    ),
    (
        "squares that are crossed twice do not cancel",
        "PersistentHomology/ChainExpansion.swift",
        "moved ^= «path & 4095»",
        "path & 4095 & ~moved",
    ),
    (
        "edges that are reached twice do not cancel",
        "PersistentHomology/PendingStars.swift",
        "marks[voxel] = («known ^ chain») | Self.queued",
        "known | chain",
    ),
    (
        "equal ranks of two columns do not cancel",
        "PersistentHomology/RankSet.swift",
        "out &+= «one == other ? 0 : 1»",
        "1",
    ),
    (
        "a column's expansion stops one voxel above its highest rank",
        "PersistentHomology/LoopReduction.swift",
        "working.pending.takeHighest(notBelow: «floor»)",
        "floor == 0 ? 0 : floor &+ 1",
    ),
    (
        "the heap gives the lower of two children",
        "PersistentHomology/PendingStars.swift",
        "&& «entries[child &+ 1] > entries[child]»",
        "entries[child &+ 1] < entries[child]",
    ),
    # From pairs to diagrams.
    (
        "V has the border of T",
        "PersistentHomology/VolumePersistence.swift",
        "grid.fillBorder(with: plan.isDual ? Key.belowAll : «Key.aboveAll»)",
        "Key.belowAll",
    ),
    (
        "V and T are exchanged",
        "PersistentHomology/PersistencePlan.swift",
        "isDual = «options.construction == .topCells»",
        "options.construction != .topCells",
    ),
    (
        "superlevel and sublevel are exchanged",
        "PersistentHomology/PersistencePlan.swift",
        "isReversed = («options.filtration == .superlevel») != isDual",
        "options.filtration == .sublevel",
    ),
    (
        "essential classes die on the wrong side",
        "PersistentHomology/PersistenceComputation.swift",
        "essentialDeath: «options.filtration == .superlevel» ?",
        "options.filtration == .sublevel",
    ),
    (
        "pairs without persistence are kept",
        "PersistentHomology/VolumePersistence.swift",
        "guard isWanted && («creatorKey != destroyerKey || keepsZeroPersistence»)",
        "true",
    ),
    (
        "the filtration of T ends where it begins",
        "PersistentHomology/VolumePersistence.swift",
        "plan.isDual ? «min(extreme, grid.keys[cell])» : max",
        "max(extreme, grid.keys[cell])",
    ),
    (
        "squares of an image are dropped where a loop begins",
        "PersistentHomology/CriticalCells.swift",
        "|| «slots[edge] != LoopSlots.none»",
        "slots[edge] == LoopSlots.none",
    ),
    (
        "flat indices of a volume that is no cube",
        "PersistentHomology/VolumeShape.swift",
        "return (Int(z) * «ny» + Int(y)) * nx",
        "nz",
    ),
    # Matchings.
    (
        "the squared maximum norm forgets the half at the diagonal",
        "OptimalTransport/GroundCost.swift",
        "«persistence / 2 * (persistence / 2)»",
        "persistence * persistence / 2",
    ),
    (
        "the squared Euclidean norm takes the maximum norm's diagonal",
        "OptimalTransport/GroundCost.swift",
        "-> Double { «persistence * persistence / 2» }",
        "persistence * persistence / 4",
    ),
    (
        "the maximum norm of order p adds the two moves",
        "OptimalTransport/GroundCost.swift",
        "pow(«larger(x.magnitude, y.magnitude)», order)",
        "x.magnitude + y.magnitude",
    ),
    (
        "distances stay in units of the longest point",
        "OptimalTransport/DiagramMatcher.swift",
        "return «root(total) / scale»",
        "root(total)",
    ),
    (
        "essential and finite parts are added without their power",
        "OptimalTransport/DiagramMatcher.swift",
        "power(essential / most) + «power(finite / most)»)",
        "finite / most",
    ),
    (
        "a matching of exchanged sides is not exchanged back",
        "OptimalTransport/DiagramMatcher.swift",
        "partners.cells[Int(«column»)] = row",
        "row",
    ),
    (
        "a row leaves for the price of its exit alone",
        "OptimalTransport/TransportSolver+SmallDiagrams.swift",
        "let leaving = «distance + rows.exit[row]» - rows",
        "rows.exit[row]",
    ),
    (
        "the potential of the source stops half way",
        "OptimalTransport/TransportSolver+AugmentingPaths.swift",
        "side.potential[source] += «best»",
        "best / 2",
    ),
    (
        "the greedy start lowers a column by half of what its row gains",
        "OptimalTransport/TransportSolver+Auction.swift",
        "columns.potential[column] -= «second - least»",
        "(second - least) / 2",
    ),
    (
        "pricing skips boxes by the row's potential alone",
        "OptimalTransport/TransportSolver+Pricing.swift",
        "      «$0 < potential + $1.potential»\n",
        "$0 < potential",
    ),
    (
        "pairs dearer than the row's exit are left out",
        "OptimalTransport/TransportSolver+Candidates.swift",
        "found &+= «move < exit + columns.exit[column]» ? 1 : 0",
        "move < exit",
    ),
    (
        "a box of points is as wide as its left half",
        "OptimalTransport/PointCloud.swift",
        "highX: «larger(left.highX, right.highX)»",
        "left.highX",
    ),
    (
        "the bottleneck distance covers the first diagram only",
        "OptimalTransport/BottleneckSearch.swift",
        "guard try «complete(coverOfColumns, within: length)» else",
        "true",
    ),
    # The loss and its gradient.
    (
        "a point that goes to the diagonal moves twice as fast",
        "TopologicalLoss/MatchingSlopes.swift",
        "let slope = «rate(half, distance, order) / 2»",
        "rate(half, distance, order)",
    ),
    (
        "at a tie the birth gets the whole gradient",
        "TopologicalLoss/MatchingSlopes.swift",
        "add(voxel.creator, «rate(birthMove, distance, order) / 2»)",
        "rate(birthMove, distance, order)",
    ),
    (
        "the slope of the distance has order p",
        "TopologicalLoss/MatchingSlopes.swift",
        "power(move.magnitude / distance, «order - 1»)",
        "order",
    ),
    (
        "total persistence is missing",
        "TopologicalLoss/FeatureList.swift",
        "totals.totalPersistence += «power(persistence, options.order)»",
        "0",
    ),
    (
        "the gradient of the total persistence lacks its order",
        "TopologicalLoss/LossWorker.swift",
        "let size = «factor * order» * power",
        "factor",
    ),
    (
        "the target's gradient is the prediction's",
        "TopologicalLoss/LossWorker.swift",
        "add(«targetSlopes[dimension]», reduction",
        "predictionSlopes[dimension]",
    ),
    (
        "the adjoint of resampling exchanges near and far",
        "TopologicalLoss/Resampling.swift",
        "Double { «step == 0» ? 1 - fraction : fraction }",
        "step != 0",
    ),
    (
        "sources that overlap overwrite each other",
        "TopologicalLoss/Resampling.swift",
        "full == extent || «full - 1 >= 2 * (extent - 1)»",
        "true",
    ),
    (
        "a voxel that is touched twice counts twice",
        "TopologicalLoss/GradientAccumulator.swift",
        "        «sums[voxel] = 0»\n",
        None,
    ),
]
