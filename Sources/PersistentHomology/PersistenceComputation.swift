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
  package func makeComputation(_ type: ScalarType) -> any PersistenceComputation {
    switch type {
    case .bool: TypedComputation<BoolKeys>(self)
    case .int8: TypedComputation<SmallIntegerKeys<Int8>>(self)
    case .uint8: TypedComputation<SmallIntegerKeys<UInt8>>(self)
    case .int16: TypedComputation<SmallIntegerKeys<Int16>>(self)
    case .uint16: TypedComputation<SmallIntegerKeys<UInt16>>(self)
    case .int32: TypedComputation<LargeIntegerKeys<Int32>>(self)
    case .uint32: TypedComputation<LargeIntegerKeys<UInt32>>(self)
    case .int64: TypedComputation<LargeIntegerKeys<Int64>>(self)
    case .uint64: TypedComputation<LargeIntegerKeys<UInt64>>(self)
    case .float16: TypedComputation<Float16Keys>(self)
    case .float32: TypedComputation<Float32Keys>(self)
    case .float64: TypedComputation<Float64Keys>(self)
    }
  }
}

/// Computes the diagrams of one volume after the other, and keeps its buffers between them. One thread
/// may use it.
package protocol PersistenceComputation: AnyObject {
  /// - Precondition: `volumes` have the shape and the type that this was made for.
  func diagrams(
    ofVolume index: Int, in volumes: StridedVolumes
  ) throws(PersistenceError) -> [Diagram]
}

private final class TypedComputation<Scalar: ScalarKeys & SendableMetatype>: PersistenceComputation
where Scalar.Key: RowComparable {
  private let preparation: PersistencePreparation
  private let workspace: PersistenceWorkspace<Scalar.Key>

  init(_ preparation: PersistencePreparation) {
    self.preparation = preparation
    workspace = PersistenceWorkspace(threads: preparation.threads, budget: preparation.budget)
  }

  func diagrams(
    ofVolume index: Int, in volumes: StridedVolumes
  ) throws(PersistenceError) -> [Diagram] {
    let (preparation, options) = (preparation, preparation.options)
    let persistence = try translatingErrors { () throws(ComputeError) in
      try VolumePersistence(
        plan: preparation.plan, neighbourhoods: preparation.neighbourhoods,
        layout: preparation.layout, keepsZeroPersistence: options.keepsZeroPersistence,
        threads: preparation.threads, workspace: workspace, interruption: preparation.interruption)
    }
    let invalid = try translatingErrors { () throws(ComputeError) in
      try persistence.read(Scalar.self, from: volumes, index: index)
    }
    if let invalid { throw Scalar.invalid(at: invalid) }
    guard try translatingErrors({ () throws(ComputeError) in try persistence.run() }) else {
      throw .inconsistentResult
    }
    return try translatingErrors { () throws(ComputeError) in
      try persistence.diagrams(
        Scalar.self, essentialDeath: options.filtration == .superlevel ? -.infinity : .infinity)
    }
  }
}
