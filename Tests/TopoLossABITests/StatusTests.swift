import CTopoLoss
import Testing
import TopoLossABI

/// The rows of the error table in docs/reliability.md that a volume can meet.
@Suite("Each bad input has its status")
struct StatusTests {
  private let values: [Float] = [0, 3, 1, 2, 0, 4]

  /// The call fails with the status, says so in the error, gives no handle, and the next call works.
  private func expect(
    _ status: Int, _ call: CCall, _ values: [some Any], index: Int64 = -1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let outcome = call.run(values)
    #expect(outcome.status == status, sourceLocation: sourceLocation)
    #expect(outcome.error.code == status, sourceLocation: sourceLocation)
    #expect(outcome.error.index == index, sourceLocation: sourceLocation)
    #expect(!outcome.message.isEmpty && outcome.message.utf8.count < 256, sourceLocation: sourceLocation)
    #expect(outcome.volumes.isEmpty, sourceLocation: sourceLocation)
    #expect(CCall(shape: [1]).run([1 as Float]).status == TOPOLOSS_OK, sourceLocation: sourceLocation)
  }

  @Test("EDTYPE: element types that do not exist", arguments: [0, -1, 13, Int32.max, .min])
  func elementType(dtype: Int32) {
    var call = CCall(shape: [6])
    call.dtype = dtype
    expect(TOPOLOSS_EDTYPE, call, values)
  }

  @Test("ESHAPE: no axes, an empty axis, a negative one, a wrong number of axes")
  func shape() {
    expect(TOPOLOSS_ESHAPE, CCall(shape: []), values)
    expect(TOPOLOSS_ESHAPE, CCall(shape: [0]), values)
    expect(TOPOLOSS_ESHAPE, CCall(shape: [2, 0, 3]), values)
    expect(TOPOLOSS_ESHAPE, CCall(shape: [-6]), values)
    for spatialRank: Int32 in [0, -1, 3, 4, .max, .min] {
      var call = CCall(shape: [2, 3])
      call.spatialRank = spatialRank
      expect(TOPOLOSS_ESHAPE, call, values)
    }
    var fourAxes = CCall(shape: [1, 1, 2, 3])
    fourAxes.spatialRank = 4
    expect(TOPOLOSS_ESHAPE, fourAxes, values)
    var manyAxes = CCall(shape: [Int64](repeating: 1, count: 65))
    manyAxes.spatialRank = 3
    expect(TOPOLOSS_ESHAPE, manyAxes, values)
    var emptyBatch = CCall(shape: [0, 2, 3])
    emptyBatch.spatialRank = 2
    expect(TOPOLOSS_ESHAPE, emptyBatch, values)
  }

  @Test("ENAN: the flat index within the whole array", arguments: [1, 2, 4])
  func notANumber(threads: Int32) {
    for index in [0, 5, 11, 12, 23] {
      var values = [Double](repeating: 1, count: 24)
      // Whichever worker meets its NaN first, the first one of the array is named.
      for later in index..<24 { values[later] = .nan }
      var call = CCall(shape: [4, 2, 3])
      call.spatialRank = 2
      call.dtype = Int32(TOPOLOSS_FLOAT64)
      unsafe call.options.threads = threads
      expect(TOPOLOSS_ENAN, call, values, index: Int64(index))
    }
  }

  @Test("infinities are values")
  func infinities() {
    let outcome = CCall(shape: [3]).run([.infinity, -.infinity, 0] as [Float])
    #expect(outcome.status == TOPOLOSS_OK)
    #expect(Set(outcome.volumes[0][0].voxels.pairs) == [[0, -1], [2, 1]])
  }

  @Test("ELIMIT: integers beyond 2^53, too many voxels")
  func limits() {
    var call = CCall(shape: [3])
    call.dtype = Int32(TOPOLOSS_INT64)
    expect(TOPOLOSS_ELIMIT, call, [0, -(1 << 53) - 1, 0] as [Int64], index: 1)
    call.dtype = Int32(TOPOLOSS_UINT64)
    expect(TOPOLOSS_ELIMIT, call, [0, 0, .max] as [UInt64], index: 2)
    expect(TOPOLOSS_ELIMIT, CCall(shape: [1 << 16, 1 << 16]), values)
    expect(TOPOLOSS_ELIMIT, CCall(shape: [(1 << 21) + 1]), values)
    var batch = CCall(shape: [.max, .max, 2, 3])
    batch.spatialRank = 2
    expect(TOPOLOSS_ELIMIT, batch, values)
  }

  @Test("ENOMEM: a limit below what the call needs")
  func memory() {
    var call = CCall(shape: [20, 20, 20])
    unsafe call.options.max_memory = 1
    expect(TOPOLOSS_ENOMEM, call, [Float](repeating: 0, count: 8_000))
    unsafe call.options.max_memory = 1 << 30
    #expect(call.run([Float](repeating: 0, count: 8_000)).status == TOPOLOSS_OK)
  }

  @Test("EARGUMENT: values that are no choice")
  func arguments() {
    func expectRefusal(_ change: (inout CCall) -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
      var call = CCall(shape: [6])
      change(&call)
      expect(TOPOLOSS_EARGUMENT, call, values, sourceLocation: sourceLocation)
    }
    expectRefusal { unsafe $0.options.filtration = 2 }
    expectRefusal { unsafe $0.options.filtration = -1 }
    expectRefusal { unsafe $0.options.construction = 2 }
    expectRefusal { unsafe $0.options.threads = -1 }
    expectRefusal { unsafe $0.options.dimensions = 2 }
    expectRefusal { unsafe $0.options.dimensions = 1 << 31 }
  }

  @Test("EARGUMENT: NULL where something is needed")
  func nullArguments() {
    var handle: OpaquePointer?
    var error = emptyError()
    #expect(unsafe topoloss_persistence_diagrams(nil, 1, nil, &handle, &error) == TOPOLOSS_EARGUMENT)
    #expect(error.code == TOPOLOSS_EARGUMENT)
    let withoutData = unsafe CCall(shape: [5]).withArray(nil) { array in
      unsafe topoloss_persistence_diagrams(array, 1, nil, &handle, nil)
    }
    #expect(withoutData == TOPOLOSS_EARGUMENT)
    let withoutResult = unsafe values.withUnsafeBytes { data in
      unsafe CCall(shape: [5]).withArray(data.baseAddress) { array in
        unsafe topoloss_persistence_diagrams(array, 1, nil, nil, nil)
      }
    }
    #expect(withoutResult == TOPOLOSS_EARGUMENT)
    let withoutShape = unsafe values.withUnsafeBytes { data in
      unsafe CCall(shape: [5]).withArray(data.baseAddress) { array in
        var array = unsafe array.pointee
        unsafe array.shape = nil
        return unsafe topoloss_persistence_diagrams(&array, 1, nil, &handle, nil)
      }
    }
    #expect(withoutShape == TOPOLOSS_EARGUMENT)
    #expect(unsafe handle == nil)
  }
}
