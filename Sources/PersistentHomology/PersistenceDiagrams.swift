public import ComputeRuntime

/// The persistence diagrams of one volume, one per wanted homology dimension, lowest first.
///
/// Exact: the answer is that of reducing the boundary matrix of the cubical complex. Voxels enter in
/// the order of their values; docs/conventions.md states what happens on ties. Needs about 10 bytes
/// per voxel on smooth data and 50 on noise; a fraction of a microsecond per voxel.
///
/// - Parameters:
///   - values: row-major (C order), the last axis fastest.
///   - shape: 1 to 3 extents, such as `[depth, height, width]`.
///   - options: which diagrams, by how many threads.
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
///   - options: which diagrams, by how many threads.
/// - Returns: for each volume, batch axes counted in row-major order, its diagrams.
public func persistenceDiagrams<Element: VolumeElement>(
  ofBatch values: [Element], shape: [Int], rank: Int,
  options: PersistenceOptions = PersistenceOptions()
) throws(PersistenceError) -> [[Diagram]] {
  try withVolumes(of: values, shape: shape, rank: rank, failing: { $0 }) {
    volumes throws(PersistenceError) in
    try persistenceDiagrams(
      of: volumes, options: options, interruption: Interruption(token: options.cancellation))
  }
}

/// Calls `body` with an array of values, seen as volumes.
///
/// - Parameter failing: says in the caller's words what is wrong with the shape.
package func withVolumes<Element: VolumeElement, Value, Failure: Error>(
  of values: [Element], shape: [Int], rank: Int, failing: (PersistenceError) -> Failure,
  _ body: (StridedVolumes) throws(Failure) -> Value
) throws(Failure) -> Value {
  let result = unsafe values.withUnsafeBytes { bytes -> Result<Value, Failure> in
    // An array without values has no address; its shape is an error anyway.
    let base = unsafe bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
    let volumes: StridedVolumes
    do throws(PersistenceError) {
      volumes = try unsafe StridedVolumes(
        base: base, scalarType: Element.scalarType, extents: shape, rank: rank)
      let expected = volumes.count * volumes.shape.voxels
      guard values.count == expected else {
        throw .wrongValueCount(expected: expected, got: values.count)
      }
    } catch {
      return .failure(failing(error))
    }
    do throws(Failure) {
      return .success(try body(volumes))
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

/// The persistence diagrams of a caller's array, wherever its strides lead.
///
/// - Parameters:
///   - volumes: the array, which is only read.
///   - options: which diagrams, by how many threads.
///   - interruption: asked about every millisecond whether to stop.
/// - Returns: for each volume, batch axes counted in row-major order, its diagrams.
public func persistenceDiagrams(
  of volumes: StridedVolumes, options: PersistenceOptions, interruption: Interruption
) throws(PersistenceError) -> [[Diagram]] {
  let count = volumes.count
  guard options.threads >= 1 else { throw .invalidThreadCount(options.threads) }
  // One volume per thread; with more threads than volumes, the volumes share them.
  let workers = min(options.threads, count)
  let preparation = try PersistencePreparation(
    shape: volumes.shape, options: options, threads: options.threads / workers,
    budget: MemoryBudget(limit: options.maximumMemory), interruption: interruption)
  let source = UncheckedSendable(volumes)
  let results = Locked<[Int: [Diagram]]>([:])
  try shareOut(count, threads: workers, interruption: interruption) {
    () throws(PersistenceError) in
    preparation.makeComputation(source.value.scalarType)
  } _: { computation, index throws(PersistenceError) in
    let diagrams = try computation.diagrams(ofVolume: index, in: source.value)
    results.withLock { $0[index] = diagrams }
  }
  let found = results.withLock { $0 }
  return (0..<count).compactMap { found[$0] }
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
