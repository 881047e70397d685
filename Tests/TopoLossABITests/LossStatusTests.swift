import CTopoLoss
import Testing
import TopoLossABI

@Suite("The loss through C: each bad input has its status")
struct LossStatusTests {
  private let values = someValues(60, seed: 3)

  /// The call fails with the status and says so, writes nothing, and the next call works.
  private func expect(
    _ status: Int, _ call: CLossCall, _ predictions: [Double]? = nil, _ targets: [Double]? = nil,
    index: Int64 = -1, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let outcome = call.run(predictions ?? values, targets ?? values)
    #expect(outcome.status == status, sourceLocation: sourceLocation)
    #expect(outcome.error.code == status, sourceLocation: sourceLocation)
    #expect(outcome.error.index == index, sourceLocation: sourceLocation)
    #expect(
      CLossCall(shape: [3, 4, 5]).run(values, values).values == [outcomeOfIdentical],
      sourceLocation: sourceLocation)
  }

  /// The loss of a volume against itself: its total persistence.
  private var outcomeOfIdentical: Double {
    CLossCall(shape: [3, 4, 5]).run(values, values).terms[7]
  }

  @Test("ENAN and EINF: the flat index, whatever the threads", arguments: [Int32(1), 4])
  func numbers(threads: Int32) {
    var call = CLossCall(shape: [5, 3, 4], spatialRank: 2)
    unsafe call.options.dimensions = 3
    unsafe call.options.threads = threads
    for index in [0, 11, 12, 35, 59] {
      for (bad, status) in [
        (Double.nan, TOPOLOSS_ENAN), (.infinity, TOPOLOSS_EINF), (-.infinity, TOPOLOSS_EINF),
      ] {
        var broken = values
        for later in index..<60 { broken[later] = bad }
        expect(status, call, broken, values, index: Int64(index))
        expect(status, call, values, broken, index: Int64(index))
      }
    }
  }

  @Test("ESHAPE: no volume, or two of different shapes")
  func shapes() {
    expect(TOPOLOSS_ESHAPE, CLossCall(shape: []))
    expect(TOPOLOSS_ESHAPE, CLossCall(shape: [3, 0, 5]))
    for rank: Int32 in [0, -1, 4, .max] {
      expect(TOPOLOSS_ESHAPE, CLossCall(shape: [3, 4, 5], spatialRank: rank))
    }
    for other: [Int64] in [[5, 4, 3], [3, 20], [60], [1, 3, 4, 5], [3, 4, 4]] {
      var call = CLossCall(shape: [3, 4, 5])
      call.target.shape = other
      expect(TOPOLOSS_ESHAPE, call)
    }
  }

  @Test("EDTYPE: types that cannot be read, or have no gradient")
  func types() {
    for dtype: Int32 in [0, 13, -1] {
      var call = CLossCall(shape: [3, 4, 5])
      call.prediction.dtype = dtype
      expect(TOPOLOSS_EDTYPE, call)
      call = CLossCall(shape: [3, 4, 5])
      call.target.dtype = dtype
      expect(TOPOLOSS_EDTYPE, call)
    }
    var call = CLossCall(shape: [3, 4, 5])
    call.prediction.dtype = Int32(TOPOLOSS_INT64)
    call.wantsTargetGradient = false
    expect(TOPOLOSS_EDTYPE, call)
    call.wantsGradient = false
    #expect(
      call.run([Int64](repeating: 1, count: 60).map { Double(bitPattern: UInt64($0)) }, values).status
        == TOPOLOSS_OK)
  }

  @Test("EARGUMENT: values that are no choice")
  func arguments() {
    func refuses(_ change: (inout CLossCall) -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
      var call = CLossCall(shape: [3, 4, 5])
      change(&call)
      expect(TOPOLOSS_EARGUMENT, call, sourceLocation: sourceLocation)
    }
    refuses { unsafe $0.options.filtration = 2 }
    refuses { unsafe $0.options.construction = -1 }
    refuses { unsafe $0.options.essential_classes = 3 }
    refuses { unsafe $0.options.dimension_reduction = 2 }
    refuses { unsafe $0.options.dimensions = 0 }
    refuses { unsafe $0.options.dimensions = 8 }
    refuses { unsafe $0.options.threads = -1 }
    for order in [0.5, 0, -2, .nan, .infinity] { refuses { unsafe $0.options.order = order } }
    for weight in [-1, .nan, .infinity] { refuses { unsafe $0.options.weights.2 = weight } }
    for least in [-0.1, .nan, .infinity] { refuses { unsafe $0.options.minimum_persistence = least } }
    for scale in [Double.nan, .infinity] { refuses { unsafe $0.options.gradient_scale = scale } }
    for size in [0, 1, 7] { refuses { unsafe $0.options.struct_size = size } }
    for extent: Int64 in [-1, .min] { refuses { unsafe $0.options.resolution.1 = extent } }
    // H2 of an image.
    var image = CLossCall(shape: [6, 10])
    expect(TOPOLOSS_EARGUMENT, image)
    unsafe image.options.dimensions = 3
    #expect(image.run(values, values).status == TOPOLOSS_OK)
  }

  @Test("a struct that is larger than this library's is read up to where both agree")
  func newerOptions() {
    var call = CLossCall(shape: [3, 4, 5])
    let expected = call.run(values, values)
    unsafe call.options.struct_size += 64
    #expect(call.run(values, values).gradient == expected.gradient)
  }

  @Test("EARGUMENT: NULL where something is needed; NULL outputs are not written")
  func null() {
    let call = CLossCall(shape: [3, 4, 5])
    var value = -1.0
    let statuses = unsafe values.withUnsafeBytes { data in
      unsafe call.prediction.withArray(data.baseAddress) { array in
        unsafe call.prediction.withArray(nil) { empty in
          unsafe [
            topoloss_topological_loss(nil, array, 3, nil, &value, nil, nil, nil, nil),
            topoloss_topological_loss(array, nil, 3, nil, &value, nil, nil, nil, nil),
            topoloss_topological_loss(array, empty, 3, nil, &value, nil, nil, nil, nil),
            topoloss_topological_loss(array, array, 3, nil, nil, nil, nil, nil, nil),
            topoloss_topological_loss(array, array, 3, nil, &value, nil, nil, nil, nil),
          ]
        }
      }
    }
    #expect(statuses.prefix(3).allSatisfy { $0 == TOPOLOSS_EARGUMENT })
    #expect(statuses.suffix(2).allSatisfy { $0 == TOPOLOSS_OK } && value == outcomeOfIdentical)
  }

  @Test("diagrams in the target's place: NaN, infinite births, impossible counts")
  func diagrams() {
    var call = CLossCall(shape: [3, 4, 5])
    unsafe call.options.dimensions = 6
    let good: [Double] = [3, 1, 8, 0]
    #expect(call.run(values, toDiagrams: [good, []], last: nil).status == TOPOLOSS_OK)
    for (bad, status) in [
      ([3, .nan], TOPOLOSS_ENAN), ([.nan, 1], TOPOLOSS_ENAN), ([.infinity, 1], TOPOLOSS_EINF),
    ] as [([Double], Int)] {
      #expect(call.run(values, toDiagrams: [good, bad], last: nil).status == status)
      #expect(call.run(values, toDiagrams: [bad, good], last: nil).status == status)
    }
    var components = CLossCall(shape: [3, 4, 5])
    unsafe components.options.dimensions = 1
    for last in [Double.nan, .infinity] {
      #expect(components.run(values, toDiagrams: [[3, -.infinity]], last: [last]).status != TOPOLOSS_OK)
    }
    // Matched: the prediction has one class that never ends.
    unsafe components.options.essential_classes = Int32(TOPOLOSS_ESSENTIAL_MATCHED)
    #expect(components.run(values, toDiagrams: [[3, -.infinity]], last: nil).status == TOPOLOSS_OK)
    #expect(components.run(values, toDiagrams: [[3, 1]], last: nil).status == TOPOLOSS_ESHAPE)
  }

  @Test("ENOMEM and ECANCELLED")
  func means() {
    let many = someValues(8 * 4096, seed: 5)
    var call = CLossCall(shape: [8, 16, 16, 16], spatialRank: 3)
    unsafe call.options.max_memory = 1_000
    expect(TOPOLOSS_ENOMEM, call, many, many)
    unsafe call.options.max_memory = 1 << 30
    #expect(call.run(many, many).status == TOPOLOSS_OK)
    let token = unsafe topoloss_cancellation_create()
    unsafe call.options.cancellation = unsafe token
    unsafe topoloss_cancellation_cancel(token)
    for threads: Int32 in [1, 3] {
      unsafe call.options.threads = threads
      expect(TOPOLOSS_ECANCELLED, call, many, many)
    }
    unsafe topoloss_cancellation_destroy(token)
  }

  @Test("EBUFFER: outputs that overlap the inputs or each other")
  func overlap() {
    var both = values + values
    var value = 0.0
    let call = CLossCall(shape: [3, 4, 5])
    let statuses = unsafe both.withUnsafeMutableBytes { buffer -> [topoloss_status] in
      guard let start = buffer.baseAddress else { return [] }
      return unsafe call.prediction.withArray(start) { first in
        unsafe call.prediction.withArray(start + 480) { second in
          unsafe [
            topoloss_topological_loss(first, second, 3, nil, &value, nil, start, nil, nil),
            topoloss_topological_loss(first, second, 3, nil, &value, nil, start + 472, nil, nil),
            topoloss_topological_loss(first, first, 3, nil, &value, nil, start + 480, start + 480, nil),
          ]
        }
      }
    }
    #expect(statuses.count == 3 && statuses.allSatisfy { $0 == TOPOLOSS_EBUFFER })
    #expect(both == values + values)
  }

  @Test("resampling: bad shapes, types and resolutions")
  func resampling() {
    var result = [Double](repeating: 0, count: 60)
    func resample(_ array: CCall, _ rank: Int32, _ resolution: [Int64]) -> topoloss_status {
      unsafe values.withUnsafeBytes { data in
        unsafe array.withArray(data.baseAddress) {
          unsafe topoloss_resample($0, rank, resolution, &result, nil)
        }
      }
    }
    func adjoint(_ array: CCall, _ rank: Int32, _ extents: [Int64]) -> topoloss_status {
      unsafe values.withUnsafeBytes { data in
        unsafe array.withArray(data.baseAddress) {
          unsafe topoloss_resample_adjoint($0, rank, extents, nil, 0, &result, nil)
        }
      }
    }
    var array = CCall(shape: [3, 4, 5])
    array.dtype = Int32(TOPOLOSS_FLOAT64)
    #expect(resample(array, 3, [2, 2, 2]) == TOPOLOSS_OK)
    for rank: Int32 in [0, 4, -1] {
      #expect(resample(array, rank, [2, 2, 2, 2]) == TOPOLOSS_ESHAPE)
      #expect(adjoint(array, rank, [3, 4, 5, 2]) == TOPOLOSS_ESHAPE)
    }
    #expect(resample(array, 3, [2, -1, 2]) == TOPOLOSS_EARGUMENT)
    #expect(adjoint(array, 3, [3, 4, 5]) == TOPOLOSS_OK)
    // An adjoint never makes volumes smaller.
    #expect(adjoint(array, 3, [3, 3, 5]) != TOPOLOSS_OK)
    #expect(adjoint(array, 3, [3, 0, 5]) != TOPOLOSS_OK)
    #expect(adjoint(array, 3, [1 << 40, 1 << 40, 5]) == TOPOLOSS_ELIMIT)
    array.dtype = Int32(TOPOLOSS_INT64)
    #expect(adjoint(array, 3, [3, 4, 5]) == TOPOLOSS_EDTYPE)
    var error = emptyError()
    #expect(unsafe topoloss_resample(nil, 3, [2, 2, 2], &result, &error) == TOPOLOSS_EARGUMENT)
    #expect(error.code == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_resample_adjoint(nil, 3, [2, 2, 2], nil, 0, &result, nil) == TOPOLOSS_EARGUMENT)
  }
}
