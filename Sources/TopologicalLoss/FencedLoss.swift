// The volumes are handed on by address.
package import ComputeRuntime
internal import PersistentHomology

/// The topological loss of volumes that lie in a caller's buffers; for training, nothing is copied.
///
/// - Parameters:
///   - prediction, target: `[volumes][extents]`, row-major.
///   - values: one per volume, overwritten.
///   - gradient: derivatives of the sum of the values times `options.gradientScale` with respect to the
///     prediction, of its shape, overwritten; nil leaves it out.
package func topologicalLoss(
  prediction: FencedPointer<Float>, target: FencedPointer<Float>, volumes: Int, extents: [Int],
  values: FencedPointer<Double>, gradient: FencedPointer<Float>?, options: LossOptions,
  interruption: Interruption? = nil
) throws(LossError) {
  var outputs = LossOutputs()
  outputs.values = values.prefix(volumes)
  if let gradient {
    outputs.gradient = unsafe GradientBuffer(
      base: UnsafeMutableRawPointer(gradient.pointer), scalarType: .float32, isZero: false)
  }
  try computeLoss(
    prediction: strided(prediction, volumes, extents),
    target: .volumes(strided(target, volumes, extents)), options: options, outputs: outputs,
    interruption: interruption ?? Interruption(token: options.cancellation))
}

private func strided(
  _ values: FencedPointer<Float>, _ volumes: Int, _ extents: [Int]
) throws(LossError) -> StridedVolumes {
  precondition(extents.reduce(volumes, *) <= values.count, "a buffer smaller than its shape")
  do throws(PersistenceError) {
    return try unsafe StridedVolumes(
      base: UnsafeRawPointer(values.pointer), scalarType: .float32, extents: [volumes] + extents,
      rank: extents.count)
  } catch { throw .persistence(error) }
}
