public import ComputeRuntime
internal import Synchronization

/// The persistence diagrams of one volume, one per wanted homology dimension, lowest first.
///
/// Exact: the answer is that of reducing the boundary matrix of the cubical complex. Voxels enter in
/// the order of their values; docs/conventions.md states what happens on ties. Needs about 10 bytes
/// per voxel on smooth data and 50 on noise; a fraction of a microsecond per voxel.
///
/// - Parameters:
///   - values: row-major (C order), the last axis fastest.
///   - shape: 1 to 3 extents, such as `[depth, height, width]`.
/// - Throws: ``PersistenceError``, naming what is wrong and where.
public func persistenceDiagrams<Element: VolumeElement>(
  of values: [Element], shape: [Int], options: PersistenceOptions = PersistenceOptions()
) throws(PersistenceError) -> [Diagram] {
  let expected = try VolumeShape(shape).voxels
  guard values.count == expected else {
    throw .wrongValueCount(expected: expected, got: values.count)
  }
  return try persistenceDiagrams(ofBatch: values, shape: shape, rank: shape.count, options: options)[0]
}

/// The persistence diagrams of a batch of volumes, one volume per worker thread.
///
/// - Parameters:
///   - values: row-major; all batch axes first.
///   - shape: the extents of all axes.
///   - rank: how many of the last axes are a volume.
/// - Returns: for each volume, batch axes counted in row-major order, its diagrams.
public func persistenceDiagrams<Element: VolumeElement>(
  ofBatch values: [Element], shape: [Int], rank: Int,
  options: PersistenceOptions = PersistenceOptions()
) throws(PersistenceError) -> [[Diagram]] {
  let interruption = Interruption(token: options.cancellation)
  let result = unsafe values.withUnsafeBytes { bytes -> Result<[[Diagram]], PersistenceError> in
    do throws(PersistenceError) {
      // An array without values has no address; its shape is an error anyway.
      let base = unsafe bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
      let volumes = try unsafe StridedVolumes(
        base: base, scalarType: Element.scalarType, extents: shape, rank: rank)
      let expected = volumes.count * volumes.shape.voxels
      guard values.count == expected else {
        throw PersistenceError.wrongValueCount(expected: expected, got: values.count)
      }
      return .success(
        try persistenceDiagrams(of: volumes, options: options, interruption: interruption))
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

/// The persistence diagrams of a caller's array, wherever its strides lead.
///
/// - Parameter interruption: asked about every millisecond whether to stop.
/// - Returns: for each volume, batch axes counted in row-major order, its diagrams.
public func persistenceDiagrams(
  of volumes: StridedVolumes, options: PersistenceOptions, interruption: Interruption
) throws(PersistenceError) -> [[Diagram]] {
  switch volumes.scalarType {
  case .bool: try compute(BoolKeys.self, volumes, options, interruption)
  case .int8: try compute(SmallIntegerKeys<Int8>.self, volumes, options, interruption)
  case .uint8: try compute(SmallIntegerKeys<UInt8>.self, volumes, options, interruption)
  case .int16: try compute(SmallIntegerKeys<Int16>.self, volumes, options, interruption)
  case .uint16: try compute(SmallIntegerKeys<UInt16>.self, volumes, options, interruption)
  case .int32: try compute(LargeIntegerKeys<Int32>.self, volumes, options, interruption)
  case .uint32: try compute(LargeIntegerKeys<UInt32>.self, volumes, options, interruption)
  case .int64: try compute(LargeIntegerKeys<Int64>.self, volumes, options, interruption)
  case .uint64: try compute(LargeIntegerKeys<UInt64>.self, volumes, options, interruption)
  case .float16: try compute(Float16Keys.self, volumes, options, interruption)
  case .float32: try compute(Float32Keys.self, volumes, options, interruption)
  case .float64: try compute(Float64Keys.self, volumes, options, interruption)
  }
}

/// Bytes that a volume needs in any case: its keys and its star codes.
public func leastWorkspaceBytes(
  shape: VolumeShape, scalarType: ScalarType
) throws(PersistenceError) -> UInt64 {
  let isWide: Bool
  switch scalarType {
  case .int32, .uint32, .int64, .uint64, .float64: isWide = true
  default: isWide = false
  }
  let perCell = (isWide ? 8 : 4) + MemoryLayout<StarCode>.size
  return UInt64(try PaddedLayout(shape).cells * perCell)
}

private func compute<Scalar: ScalarKeys & SendableMetatype>(
  _ scalar: Scalar.Type, _ volumes: StridedVolumes, _ options: PersistenceOptions,
  _ interruption: Interruption
) throws(PersistenceError) -> [[Diagram]] where Scalar.Key: RowComparable {
  let shape = volumes.shape
  let count = volumes.count
  guard options.threads >= 1 else { throw .invalidThreadCount(options.threads) }
  if options.dimensions != .all {
    for dimension in shape.rank..<32 where options.dimensions.contains(dimension) {
      throw .dimensionNotInVolume(dimension: dimension, rank: shape.rank)
    }
  }
  let layout = try PaddedLayout(shape)
  let plan = PersistencePlan(options, axes: layout.axes, rank: shape.rank)
  let budget = MemoryBudget(limit: options.maximumMemory)
  // One volume per thread; with more threads than volumes, the volumes share them.
  let workers = min(options.threads, count)
  let threadsPerVolume = options.threads / workers
  let neighbourhoods = try translatingErrors { () throws(ComputeError) in
    try Neighbourhoods(layout, budget: budget)
  }
  let batch = VolumeBatch<Scalar>(
    volumes: volumes, plan: plan, neighbourhoods: neighbourhoods, layout: layout, options: options,
    budget: budget,
    interruption: interruption, threads: threadsPerVolume)
  try translatingErrors { () throws(ComputeError) in
    try runWorkers(workers, interruption: interruption) { (_) throws(ComputeError) in
      try batch.work()
    }
  }
  return try batch.results()
}

/// The volumes of one call, and what has become of them.
private final class VolumeBatch<Scalar: ScalarKeys & SendableMetatype>: @unchecked Sendable
where Scalar.Key: RowComparable {
  private let volumes: StridedVolumes
  private let plan: PersistencePlan
  private let neighbourhoods: Neighbourhoods
  private let layout: PaddedLayout
  private let options: PersistenceOptions
  private let budget: MemoryBudget
  private let interruption: Interruption
  private let threads: Int
  private let next = Atomic<Int>(0)
  private let outcomes: Mutex<[Int: Result<[Diagram], PersistenceError>]> = Mutex([:])

  init(
    volumes: StridedVolumes, plan: PersistencePlan, neighbourhoods: Neighbourhoods,
    layout: PaddedLayout, options: PersistenceOptions, budget: MemoryBudget,
    interruption: Interruption, threads: Int
  ) {
    self.volumes = volumes
    self.plan = plan
    self.neighbourhoods = neighbourhoods
    self.layout = layout
    self.options = options
    self.budget = budget
    self.interruption = interruption
    self.threads = threads
  }

  /// Computes one volume after the other until none is left, or one is not valid.
  func work() throws(ComputeError) {
    let workspace = PersistenceWorkspace<Scalar.Key>(threads: threads, budget: budget)
    let count = volumes.count
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      do throws(PersistenceError) {
        let diagrams = try compute(index, workspace)
        outcomes.withLock { $0[index] = .success(diagrams) }
      } catch {
        // Volumes before this one are still computed, so that the first error is the same for any
        // number of threads.
        next.store(count, ordering: .relaxed)
        outcomes.withLock { $0[index] = .failure(error) }
      }
    }
  }

  private func compute(
    _ index: Int, _ workspace: PersistenceWorkspace<Scalar.Key>
  ) throws(PersistenceError) -> [Diagram] {
    let persistence = try translatingErrors { () throws(ComputeError) in
      try VolumePersistence(
        plan: plan, neighbourhoods: neighbourhoods, layout: layout,
        keepsZeroPersistence: options.keepsZeroPersistence, threads: threads, workspace: workspace,
        interruption: interruption)
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

  /// The diagrams of all volumes, or the error of the first that has one.
  func results() throws(PersistenceError) -> [[Diagram]] {
    let count = volumes.count
    return try outcomes.withLock { outcomes throws(PersistenceError) in
      let failures = outcomes.keys.sorted().compactMap { index -> PersistenceError? in
        if case .failure(let error)? = outcomes[index] { error } else { nil }
      }
      // A real failure comes before the stop of the volumes beside it.
      if let error = failures.first(where: { $0 != .cancelled }) ?? failures.first { throw error }
      var results: [[Diagram]] = []
      for index in 0..<count {
        guard case .success(let diagrams)? = outcomes[index] else { throw .inconsistentResult }
        results.append(diagrams)
      }
      return results
    }
  }
}
