internal import ComputeRuntime
public import CTopoLoss
internal import OptimalTransport
internal import PersistentHomology
internal import TopologicalLoss

@c @implementation
public func topoloss_topological_loss(
  _ prediction: UnsafePointer<topoloss_array>?, _ target: UnsafePointer<topoloss_array>?,
  _ spatial_rank: Int32, _ options: UnsafePointer<topoloss_loss_options>?,
  _ values: UnsafeMutablePointer<Double>?, _ terms: UnsafeMutablePointer<Double>?,
  _ gradient: UnsafeMutableRawPointer?, _ target_gradient: UnsafeMutableRawPointer?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let parsed = try unsafe ParsedLossOptions(options, rank: Int(spatial_rank))
    let first = try unsafe stridedVolumes(prediction, rank: Int(spatial_rank))
    let second = try unsafe stridedVolumes(target, rank: Int(spatial_rank))
    var outputs = try unsafe LossOutputs(values, terms, volumes: first.count)
    let one = try unsafe gradientMemory(gradient, of: first, parsed)
    let other = try unsafe gradientMemory(target_gradient, of: second, parsed)
    try refuseOverlap([one?.bytes, other?.bytes], with: [first.byteRange, second.byteRange])
    outputs.gradient = one?.buffer
    outputs.targetGradient = other?.buffer
    try computeLoss(
      prediction: first, target: .volumes(second), options: parsed.options, outputs: outputs,
      interruption: parsed.means.interruption)
  }
}

@c @implementation
public func topoloss_topological_loss_to_diagrams(
  _ prediction: UnsafePointer<topoloss_array>?, _ spatial_rank: Int32,
  _ points: UnsafePointer<UnsafePointer<Double>?>?, _ counts: UnsafePointer<Int64>?,
  _ last_values: UnsafePointer<Double>?, _ options: UnsafePointer<topoloss_loss_options>?,
  _ values: UnsafeMutablePointer<Double>?, _ terms: UnsafeMutablePointer<Double>?,
  _ gradient: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let parsed = try unsafe ParsedLossOptions(options, rank: Int(spatial_rank))
    let first = try unsafe stridedVolumes(prediction, rank: Int(spatial_rank))
    let (points, counts) = try unsafe (needed(points, "points"), needed(counts, "counts"))
    let wanted = parsed.options.dimensions.rawValue & (1 << UInt32(spatial_rank) - 1)
    let diagrams = try (0..<first.count * wanted.nonzeroBitCount).map {
      try unsafe TopoLossABI.points(points[$0], counts[$0])
    }
    let lastValues = try unsafe aligned(last_values, "last_values").map { values in
      (0..<first.count).map { unsafe values[$0] }
    }
    var outputs = try unsafe LossOutputs(values, terms, volumes: first.count)
    let one = try unsafe gradientMemory(gradient, of: first, parsed)
    try refuseOverlap([one?.bytes], with: [first.byteRange])
    outputs.gradient = one?.buffer
    try computeLoss(
      prediction: first,
      target: .diagrams(TargetDiagrams(points: diagrams, lastValues: lastValues)),
      options: parsed.options, outputs: outputs, interruption: parsed.means.interruption)
  }
}

@c @implementation
public func topoloss_resample(
  _ array: UnsafePointer<topoloss_array>?, _ spatial_rank: Int32,
  _ resolution: UnsafePointer<Int64>?, _ resampled: UnsafeMutableRawPointer?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let volumes = try unsafe stridedVolumes(array, rank: Int(spatial_rank))
    let resolution = try unsafe needed(resolution, "resolution")
    guard let resampled = unsafe resampled else {
      throw Failure(TOPOLOSS_EARGUMENT, "resampled must not be NULL")
    }
    let wanted = try wantedExtents((0..<Int(spatial_rank)).map { unsafe resolution[$0] }, Int(spatial_rank))
    let extents = try workingExtents(of: volumes.shape, resolution: wanted)
    let memory = try unsafe GradientMemory(
      resampled, extents.reduce(volumes.count, *), resampledType(of: volumes), isZero: false)
    try refuseOverlap([memory.bytes], with: [volumes.byteRange])
    try resampleVolumes(volumes, to: extents, result: memory.buffer)
  }
}

@c @implementation
public func topoloss_resample_adjoint(
  _ array: UnsafePointer<topoloss_array>?, _ spatial_rank: Int32, _ extents: UnsafePointer<Int64>?,
  _ factors: UnsafePointer<Double>?, _ result_is_zero: Int32, _ result: UnsafeMutableRawPointer?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let gradient = try unsafe stridedVolumes(array, rank: Int(spatial_rank))
    let extents = try unsafe needed(extents, "extents")
    guard let result = unsafe result else {
      throw Failure(TOPOLOSS_EARGUMENT, "result must not be NULL")
    }
    let full = try VolumeShape((0..<Int(spatial_rank)).map { unsafe Int(extents[$0]) })
    let (elements, overflow) = full.voxels.multipliedReportingOverflow(by: gradient.count)
    guard !overflow, elements <= VolumeShape.maximumVoxels else {
      throw PersistenceError.tooManyVoxels(limit: VolumeShape.maximumVoxels)
    }
    guard resampledType(of: gradient) == gradient.scalarType else {
      throw Failure(TOPOLOSS_EDTYPE, "a gradient has floating-point elements")
    }
    let memory = try unsafe GradientMemory(
      result, elements, gradient.scalarType, isZero: result_is_zero != 0)
    try refuseOverlap([memory.bytes], with: [gradient.byteRange])
    let perVolume = try unsafe aligned(factors, "factors").map {
      // Only read.
      unsafe FencedPointer(base: UnsafeMutablePointer(mutating: $0), count: gradient.count)
    }
    try carryBack(gradient, to: full, factors: perVolume, result: memory.buffer)
  }
}

extension LossOutputs {
  @unsafe
  fileprivate init(
    _ values: UnsafeMutablePointer<Double>?, _ terms: UnsafeMutablePointer<Double>?, volumes: Int
  ) throws(Failure) {
    self.init()
    let (values, terms) = try unsafe (aligned(values, "values"), aligned(terms, "terms"))
    self.values = unsafe values.map { unsafe FencedPointer(base: $0, count: volumes) }
    self.terms = unsafe terms.map { unsafe FencedPointer(base: $0, count: 9 * volumes) }
  }
}

/// A caller's memory for a gradient, and the bytes that it takes.
private struct GradientMemory {
  let buffer: GradientBuffer
  let bytes: ClosedRange<UInt>

  @unsafe
  init(
    _ base: UnsafeMutableRawPointer, _ elements: Int, _ type: ScalarType, isZero: Bool
  ) throws(Failure) {
    let start = UInt(bitPattern: base)
    let (end, overflow) = start.addingReportingOverflow(UInt(elements * type.byteCount - 1))
    guard !overflow else { throw Failure(TOPOLOSS_EBUFFER, "no such memory: the buffer wraps around") }
    bytes = start...end
    buffer = unsafe GradientBuffer(base: base, scalarType: type, isZero: isZero)
  }
}

/// The memory for the gradient of these volumes, if it is wanted.
@unsafe
private func gradientMemory(
  _ base: UnsafeMutableRawPointer?, of volumes: StridedVolumes, _ parsed: ParsedLossOptions
) throws -> GradientMemory? {
  guard let base = unsafe base else { return nil }
  let options = parsed.options
  let extents =
    options.gradientAtResolution
    ? try workingExtents(of: volumes.shape, resolution: options.resolution)
    : volumes.shape.extents
  return try unsafe GradientMemory(
    base, extents.reduce(volumes.count, *), volumes.scalarType, isZero: parsed.gradientIsZero)
}

/// Throws when an output lies on an input or on another output.
private func refuseOverlap(_ outputs: [ClosedRange<UInt>?], with inputs: [ClosedRange<UInt>]) throws(Failure)
{
  let outputs = outputs.compactMap { $0 }
  for (index, output) in outputs.enumerated() {
    guard !inputs.contains(where: output.overlaps), !outputs[..<index].contains(where: output.overlaps)
    else { throw Failure(TOPOLOSS_EBUFFER, "an output buffer overlaps another buffer") }
  }
}

/// The type of a resampled volume.
private func resampledType(of volumes: StridedVolumes) -> ScalarType {
  switch volumes.scalarType {
  case .float16, .float32, .float64: volumes.scalarType
  default: .float64
  }
}
