import CTopoLoss
import TopoLossABI

/// One call of `topoloss_persistence_diagrams` as a C program would make it, and what came of it.
@safe struct CCall {
  var shape: [Int64]
  var strides: [Int64]?
  var dtype = Int32(TOPOLOSS_FLOAT32)
  var byteSwapped: Int32 = 0
  /// `nil`: the number of axes.
  var spatialRank: Int32?
  /// `nil`: as many as `shape` has.
  var rank: Int32?
  var options = unsafe defaultOptions()
  var error = emptyError()

  init(shape: [Int64]) { self.shape = shape }

  struct Outcome {
    var status: topoloss_status
    var error: topoloss_error
    /// For each volume and each computed dimension.
    var volumes: [[CDiagram]] = []

    var message: String {
      unsafe withUnsafeBytes(of: error.message) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
    }
  }

  /// Runs the call and copies its diagrams out with the two-call query.
  func run<Element>(_ values: [Element]) -> Outcome {
    var error = error
    var handle: OpaquePointer?
    let status = unsafe values.withUnsafeBytes { data in
      unsafe withArray(data.baseAddress) { array in
        unsafe withUnsafePointer(to: options) { options in
          unsafe topoloss_persistence_diagrams(
            array, spatialRank ?? rank ?? Int32(shape.count), options, &handle, &error)
        }
      }
    }
    var outcome = Outcome(status: status, error: error)
    if let handle = unsafe handle {
      outcome.volumes = unsafe copyAll(handle)
      unsafe topoloss_diagrams_destroy(handle)
    }
    return outcome
  }

  /// The description of an array at `data` with this call's shape.
  func withArray<Result>(
    _ data: UnsafeRawPointer?, _ body: (UnsafePointer<topoloss_array>) -> Result
  ) -> Result {
    unsafe shape.withUnsafeBufferPointer { shape in
      unsafe (strides ?? []).withUnsafeBufferPointer { strides in
        var array = unsafe topoloss_array()
        unsafe array.struct_size = unsafe MemoryLayout<topoloss_array>.size
        unsafe array.data = data
        unsafe array.dtype = dtype
        unsafe array.byte_swapped = byteSwapped
        unsafe array.rank = rank ?? Int32(shape.count)
        unsafe array.shape = shape.baseAddress
        unsafe array.strides = self.strides == nil ? nil : strides.baseAddress
        return unsafe withUnsafePointer(to: array, body)
      }
    }
  }
}

/// One diagram as the C functions give it.
struct CDiagram: Equatable {
  var dimension: Int32
  var points: [Double]
  var voxels: [Int64]
}

func defaultOptions() -> topoloss_options {
  var options = unsafe topoloss_options()
  unsafe topoloss_options_init(&options)
  return unsafe options
}

func emptyError() -> topoloss_error {
  var error = topoloss_error()
  error.struct_size = MemoryLayout<topoloss_error>.size
  return error
}

/// Every diagram of a handle.
func copyAll(_ handle: OpaquePointer) -> [[CDiagram]] {
  let dimensions = unsafe topoloss_diagrams_dimensions(handle)
  return (0..<(unsafe topoloss_diagrams_volumes(handle))).map { volume in
    (0..<Int32(3)).filter { dimensions >> UInt32($0) & 1 == 1 }.map { dimension in
      var count: Int64 = -1
      let asked = unsafe topoloss_diagrams_copy(handle, volume, dimension, nil, nil, 0, &count, nil)
      guard asked == TOPOLOSS_OK, count >= 0 else {
        return CDiagram(dimension: dimension, points: [.nan], voxels: [])
      }
      var points = [Double](repeating: .nan, count: 2 * Int(count))
      var voxels = [Int64](repeating: -99, count: 2 * Int(count))
      let copied = unsafe topoloss_diagrams_copy(
        handle, volume, dimension, &points, &voxels, count, &count, nil)
      return copied == TOPOLOSS_OK
        ? CDiagram(dimension: dimension, points: points, voxels: voxels)
        : CDiagram(dimension: dimension, points: [.nan], voxels: [])
    }
  }
}
