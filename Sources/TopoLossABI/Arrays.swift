internal import CTopoLoss
internal import PersistentHomology

/// A caller's array, with everything checked that can be checked without reading its elements.
@unsafe
func stridedVolumes(
  _ array: UnsafePointer<topoloss_array>?, rank: Int
) throws -> StridedVolumes {
  guard let array = unsafe array else { throw Failure(TOPOLOSS_EARGUMENT, "array must not be NULL") }
  let fields = try unsafe TopoLossABI.fields(of: array, "topoloss_array")
  let type = try unsafe scalarType(fields.dtype)
  let axes = unsafe Int(fields.rank)
  guard (1...3).contains(rank) else { throw PersistenceError.unsupportedRank(rank) }
  guard axes >= rank, axes <= 64 else {
    throw Failure(
      TOPOLOSS_ESHAPE, "an array of volumes with \(rank) axes has \(rank) to 64 axes, got \(axes)")
  }
  let shape = try unsafe needed(fields.shape, "topoloss_array.shape")
  guard let data = unsafe fields.data else {
    throw Failure(TOPOLOSS_EARGUMENT, "topoloss_array.data must not be NULL")
  }
  let extents = (0..<axes).map { unsafe Int(shape[$0]) }
  let strides = try unsafe aligned(fields.strides, "topoloss_array.strides").map { strides in
    (0..<axes).map { unsafe Int(strides[$0]) }
  }
  return try unsafe StridedVolumes(
    base: data, scalarType: type, isByteSwapped: fields.byte_swapped != 0, extents: extents,
    byteStrides: strides, rank: rank)
}

func scalarType(_ dtype: Int32) throws -> ScalarType {
  switch Int(dtype) {
  case TOPOLOSS_BOOL: .bool
  case TOPOLOSS_INT8: .int8
  case TOPOLOSS_UINT8: .uint8
  case TOPOLOSS_INT16: .int16
  case TOPOLOSS_UINT16: .uint16
  case TOPOLOSS_INT32: .int32
  case TOPOLOSS_UINT32: .uint32
  case TOPOLOSS_INT64: .int64
  case TOPOLOSS_UINT64: .uint64
  case TOPOLOSS_FLOAT16: .float16
  case TOPOLOSS_FLOAT32: .float32
  case TOPOLOSS_FLOAT64: .float64
  default: throw Failure(TOPOLOSS_EDTYPE, "unknown element type \(dtype)")
  }
}
