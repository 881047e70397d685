package import ComputeRuntime

/// What the diagrams of many volumes of one shape have in common; workers share it.
package struct PersistencePreparation: Sendable {
  let plan: PersistencePlan
  let neighbourhoods: Neighbourhoods
  let layout: PaddedLayout
  let options: PersistenceOptions
  let threads: Int
  let budget: MemoryBudget
  let interruption: Interruption

  /// - Parameter threads: how many threads one volume may use.
  package init(
    shape: VolumeShape, options: PersistenceOptions, threads: Int, budget: MemoryBudget,
    interruption: Interruption
  ) throws(PersistenceError) {
    if options.dimensions != .all {
      for dimension in shape.rank..<32 where options.dimensions.contains(dimension) {
        throw .dimensionNotInVolume(dimension: dimension, rank: shape.rank)
      }
    }
    let layout = try PaddedLayout(shape)
    self.layout = layout
    plan = PersistencePlan(options, axes: layout.axes, rank: shape.rank)
    neighbourhoods = try translatingErrors { () throws(ComputeError) in
      try Neighbourhoods(layout, budget: budget)
    }
    self.options = options
    self.threads = threads
    self.budget = budget
    self.interruption = interruption
  }

  /// What one worker needs for volumes of one element type.
  package func makeComputation(_ type: ScalarType) -> PersistenceComputation {
    // Each case names its type, so that the compiler writes loops for each.
    switch type {
    case .bool: computation(BoolKeys.self)
    case .int8: computation(SmallIntegerKeys<Int8>.self)
    case .uint8: computation(SmallIntegerKeys<UInt8>.self)
    case .int16: computation(SmallIntegerKeys<Int16>.self)
    case .uint16: computation(SmallIntegerKeys<UInt16>.self)
    case .int32: computation(LargeIntegerKeys<Int32>.self)
    case .uint32: computation(LargeIntegerKeys<UInt32>.self)
    case .int64: computation(LargeIntegerKeys<Int64>.self)
    case .uint64: computation(LargeIntegerKeys<UInt64>.self)
    case .float16: computation(Float16Keys.self)
    case .float32: computation(Float32Keys.self)
    case .float64: computation(Float64Keys.self)
    }
  }

  private func computation<Scalar: ScalarKeys & SendableMetatype>(
    _ scalar: Scalar.Type
  ) -> PersistenceComputation where Scalar.Key: RowComparable {
    let workspace = PersistenceWorkspace<Scalar.Key>(threads: threads, budget: budget)
    return PersistenceComputation { volumes, index throws(PersistenceError) in
      try diagrams(scalar, volumes, index, workspace)
    }
  }

  private func diagrams<Scalar: ScalarKeys & SendableMetatype>(
    _ scalar: Scalar.Type, _ volumes: StridedVolumes, _ index: Int,
    _ workspace: PersistenceWorkspace<Scalar.Key>
  ) throws(PersistenceError) -> [Diagram] where Scalar.Key: RowComparable {
    let persistence = try translatingErrors { () throws(ComputeError) in
      try VolumePersistence(
        plan: plan, neighbourhoods: neighbourhoods, layout: layout,
        keepsZeroPersistence: options.keepsZeroPersistence, threads: threads, workspace: workspace,
        interruption: interruption)
    }
    let invalid = try translatingErrors { () throws(ComputeError) in
      try persistence.read(scalar, from: volumes, index: index)
    }
    if let invalid { throw scalar.invalid(at: invalid) }
    guard try translatingErrors({ () throws(ComputeError) in try persistence.run() }) else {
      throw .inconsistentResult
    }
    return try translatingErrors { () throws(ComputeError) in
      try persistence.diagrams(
        scalar, essentialDeath: options.filtration == .superlevel ? -.infinity : .infinity)
    }
  }
}

/// Computes the diagrams of one volume after the other, and keeps its buffers between them. One thread
/// may use it.
package struct PersistenceComputation {
  private let compute: (StridedVolumes, Int) throws(PersistenceError) -> [Diagram]

  fileprivate init(_ compute: @escaping (StridedVolumes, Int) throws(PersistenceError) -> [Diagram]) {
    self.compute = compute
  }

  /// - Precondition: `volumes` have the shape and the type that this was made for.
  package func diagrams(
    ofVolume index: Int, in volumes: StridedVolumes
  ) throws(PersistenceError) -> [Diagram] {
    try compute(volumes, index)
  }
}
