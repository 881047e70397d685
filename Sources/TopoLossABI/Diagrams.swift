public import CTopoLoss
internal import PersistentHomology

/// What a `topoloss_diagrams` handle stands for.
private final class DiagramsBox: HandleObject {
  static let handleKind = HandleKind.diagrams
  let volumes: [[Diagram]]
  init(_ volumes: [[Diagram]]) { self.volumes = volumes }
}

@c @implementation
public func topoloss_persistence_diagrams(
  _ array: UnsafePointer<topoloss_array>?, _ spatial_rank: Int32,
  _ options: UnsafePointer<topoloss_options>?, _ diagrams: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let diagrams = try unsafe needed(diagrams, "diagrams")
    unsafe diagrams.pointee = nil
    let parsed = try unsafe ParsedOptions(options)
    let volumes = try unsafe stridedVolumes(array, rank: Int(spatial_rank))
    let result = try persistenceDiagrams(
      of: volumes, options: parsed.options, interruption: parsed.interruption)
    unsafe diagrams.pointee = try newHandle(of: DiagramsBox(result))
  }
}

@c @implementation
public func topoloss_diagrams_volumes(_ diagrams: OpaquePointer?) -> Int64 {
  unsafe Int64((try? object(of: diagrams, DiagramsBox.self))?.volumes.count ?? 0)
}

@c @implementation
public func topoloss_diagrams_dimensions(_ diagrams: OpaquePointer?) -> UInt32 {
  let first = unsafe (try? object(of: diagrams, DiagramsBox.self))?.volumes.first
  return first?.reduce(0) { $0 | 1 << UInt32($1.dimension) } ?? 0
}

@c @implementation
public func topoloss_diagrams_copy(
  _ diagrams: OpaquePointer?, _ volume: Int64, _ dimension: Int32,
  _ points: UnsafeMutablePointer<Double>?, _ voxels: UnsafeMutablePointer<Int64>?,
  _ capacity: Int64, _ count: UnsafeMutablePointer<Int64>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let diagram = try unsafe diagram(at: diagrams, volume, dimension)
    let points = try unsafe aligned(points, "points")
    let voxels = try unsafe aligned(voxels, "voxels")
    if let count = try unsafe aligned(count, "count") { unsafe count.pointee = Int64(diagram.count) }
    if unsafe points == nil && voxels == nil { return }
    guard capacity >= diagram.count else {
      throw Failure(TOPOLOSS_EBUFFER, "room for \(capacity) pairs, \(diagram.count) needed")
    }
    if let points = unsafe points, let voxels = unsafe voxels {
      let bytes = UInt(diagram.count) * 16
      let (first, second) = (UInt(bitPattern: points), UInt(bitPattern: voxels))
      guard max(first, second) - min(first, second) >= bytes else {
        throw Failure(TOPOLOSS_EBUFFER, "points and voxels overlap")
      }
    }
    if let points = unsafe points { unsafe diagram.copyPoints(to: points) }
    if let voxels = unsafe voxels { unsafe diagram.copyVoxels(to: voxels) }
  }
}

@c @implementation
public func topoloss_diagrams_last(
  _ diagrams: OpaquePointer?, _ volume: Int64, _ value: UnsafeMutablePointer<Double>?,
  _ voxel: UnsafeMutablePointer<Int64>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    guard let last = try unsafe diagram(at: diagrams, volume, 0).last else {
      throw Failure(TOPOLOSS_EINTERNAL, "a volume without a last voxel; please report it")
    }
    let (value, voxel) = try unsafe (aligned(value, "value"), aligned(voxel, "voxel"))
    if let value = unsafe value { unsafe value.pointee = last.value }
    if let voxel = unsafe voxel { unsafe voxel.pointee = Int64(last.voxel) }
  }
}

@c @implementation
public func topoloss_diagrams_destroy(_ diagrams: OpaquePointer?) -> topoloss_status {
  unsafe destroyHandle(diagrams, of: DiagramsBox.self)
}

@c @implementation
public func topoloss_workspace_bytes(
  _ shape: UnsafePointer<Int64>?, _ rank: Int32, _ dtype: Int32,
  _ bytes: UnsafeMutablePointer<UInt64>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let (shape, bytes) = try unsafe (needed(shape, "shape"), needed(bytes, "bytes"))
    let type = try scalarType(dtype)
    guard (1...3).contains(rank) else { throw PersistenceError.unsupportedRank(Int(rank)) }
    let extents = (0..<Int(rank)).map { unsafe Int(shape[$0]) }
    let needed = try leastWorkspaceBytes(shape: VolumeShape(extents), scalarType: type)
    unsafe bytes.pointee = needed
  }
}

/// One diagram of a handle.
@unsafe
private func diagram(
  at handle: OpaquePointer?, _ volume: Int64, _ dimension: Int32
) throws(Failure) -> Diagram {
  let volumes = try unsafe object(of: handle, DiagramsBox.self).volumes
  guard volume >= 0, volume < volumes.count else {
    throw Failure(TOPOLOSS_EARGUMENT, "volume \(volume) is not in 0 ..< \(volumes.count)")
  }
  guard let diagram = volumes[Int(volume)].first(where: { $0.dimension == Int(dimension) }) else {
    throw Failure(TOPOLOSS_EARGUMENT, "homology dimension \(dimension) was not computed")
  }
  return diagram
}
