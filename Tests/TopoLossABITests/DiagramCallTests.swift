import CTopoLoss
import Testing
import TopoLossABI

private let field: [Float] = [0, 3, 1, 2, 0]

@Suite("topoloss_persistence_diagrams and the handle it gives")
struct DiagramCallTests {
  @Test("the defaults are superlevel, top cells, all dimensions")
  func defaults() {
    let options = unsafe defaultOptions()
    #expect(unsafe options.struct_size == MemoryLayout<topoloss_options>.size)
    #expect(unsafe options.filtration == TOPOLOSS_SUPERLEVEL)
    #expect(unsafe options.construction == TOPOLOSS_TOP_CELLS)
    #expect(unsafe options.dimensions == 0 && options.threads == 0 && options.zero_persistence == 0)
    #expect(unsafe options.max_memory == 0)
    #expect(unsafe options.cancellation == nil && options.should_cancel == nil)
    topoloss_options_init(nil)
  }

  @Test("pairs come with their values and voxels; the essential class has no destroyer")
  func knownAnswer() {
    let outcome = CCall(shape: [5]).run(field)
    #expect(outcome.status == TOPOLOSS_OK)
    #expect(outcome.volumes.count == 1 && outcome.volumes[0].count == 1)
    let found = outcome.volumes[0][0]
    #expect(Set(found.points.pairs) == [[2, 1], [3, -.infinity]])
    #expect(Set(found.voxels.pairs) == [[3, 2], [1, -1]])
  }

  @Test("no options are the default options")
  func nullOptions() {
    var handle: OpaquePointer?
    let status = unsafe field.withUnsafeBytes { data in
      unsafe CCall(shape: [5]).withArray(data.baseAddress) { array in
        unsafe topoloss_persistence_diagrams(array, 1, nil, &handle, nil)
      }
    }
    #expect(status == TOPOLOSS_OK)
    let given = unsafe handle.map { unsafe copyAll($0) }
    #expect(given == CCall(shape: [5]).run(field).volumes)
    unsafe topoloss_diagrams_destroy(handle)
  }

  @Test("every option reaches the engine")
  func options() {
    var call = CCall(shape: [2, 3])
    // V keeps the pair of voxels 2 and 5, which have the same value.
    let values: [Float] = [1, 9, 1, 1, 1, 1]
    unsafe call.options.filtration = Int32(TOPOLOSS_SUBLEVEL)
    unsafe call.options.construction = Int32(TOPOLOSS_VERTICES)
    unsafe call.options.zero_persistence = 1
    unsafe call.options.dimensions = 1
    unsafe call.options.threads = 3
    let diagrams = call.run(values).volumes[0]
    #expect(diagrams.map(\.dimension) == [0])
    #expect(Set(diagrams[0].points.pairs) == [[1, .infinity], [1, 1]])
    #expect(Set(diagrams[0].voxels.pairs) == [[0, -1], [2, 5]])
    unsafe call.options.zero_persistence = 0
    #expect(call.run(values).volumes[0][0].voxels == [0, -1])
    unsafe call.options.dimensions = 2
    #expect(call.run(values).volumes[0].map(\.dimension) == [1])
    unsafe call.options.dimensions = 0
    #expect(call.run(values).volumes[0].map(\.dimension) == [0, 1])
  }

  @Test("leading axes are a batch, in row-major order")
  func batch() {
    let values: [Float] = (0..<120).map { Float($0 * 37 % 120) }
    var call = CCall(shape: [2, 3, 4, 5])
    call.spatialRank = 2
    for threads: Int32 in [0, 1, 2, 5, 16] {
      unsafe call.options.threads = threads
      let outcome = call.run(values)
      #expect(outcome.volumes.count == 6)
      for (volume, found) in outcome.volumes.enumerated() {
        let alone = CCall(shape: [4, 5]).run(Array(values.dropFirst(volume * 20).prefix(20)))
        #expect(alone.volumes.count == 1 && found == alone.volumes[0])
      }
    }
  }

  @Test("strides of any sign, and either byte order, are read in place")
  func strides() {
    var plain = CCall(shape: [3, 4])
    plain.dtype = Int32(TOPOLOSS_INT16)
    let values = (0..<12).map { Int16($0 * 7 % 12) - 5 }
    let expected = plain.run(values).volumes
    #expect(expected.count == 1)

    var swapped = plain
    swapped.byteSwapped = 1
    #expect(swapped.run(values.map(\.byteSwapped)).volumes == expected)

    var transposed = plain
    transposed.strides = [2, 6]
    let columns = (0..<4).flatMap { x in (0..<3).map { y in values[y * 4 + x] } }
    #expect(transposed.run(columns).volumes == expected)

    // The element (0, 0) is the last one in memory, one byte off every alignment.
    var handle: OpaquePointer?
    var backwards = plain
    backwards.strides = [-8, -2]
    var bytes: [UInt8] = [0]
    for value in values.reversed() {
      bytes += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }
    let status = unsafe bytes.withUnsafeBytes { data in
      unsafe backwards.withArray(data.baseAddress.map { unsafe $0 + 1 + 22 }) { array in
        unsafe topoloss_persistence_diagrams(array, 2, nil, &handle, nil)
      }
    }
    #expect(status == TOPOLOSS_OK)
    #expect(unsafe handle.map { unsafe copyAll($0) } == expected)
    unsafe topoloss_diagrams_destroy(handle)

    var broadcast = plain
    broadcast.strides = [0, 2]
    let rows = plain.run((0..<3).flatMap { _ in values[0..<4] })
    #expect(broadcast.run(Array(values[0..<4])).volumes == rows.volumes)
  }

  @Test("every element type is read")
  func elementTypes() {
    let small: [UInt8] = [0, 3, 1, 2, 0]
    func check<Element>(_ dtype: Int, _ map: (UInt8) -> Element) {
      var call = CCall(shape: [5])
      call.dtype = Int32(dtype)
      #expect(call.run(small.map(map)).volumes == CCall(shape: [5]).run(field).volumes, "dtype \(dtype)")
    }
    check(TOPOLOSS_INT8) { Int8($0) }
    check(TOPOLOSS_UINT8) { $0 }
    check(TOPOLOSS_INT16) { Int16($0) }
    check(TOPOLOSS_UINT16) { UInt16($0) }
    check(TOPOLOSS_INT32) { Int32($0) }
    check(TOPOLOSS_UINT32) { UInt32($0) }
    check(TOPOLOSS_INT64) { Int64($0) }
    check(TOPOLOSS_UINT64) { UInt64($0) }
    check(TOPOLOSS_FLOAT16) { Float16($0) }
    check(TOPOLOSS_FLOAT64) { Double($0) }
    var bools = CCall(shape: [5])
    bools.dtype = Int32(TOPOLOSS_BOOL)
    // Any byte that is not zero is true.
    #expect(
      bools.run([0, 255, 0, 1, 0] as [UInt8]).volumes
        == CCall(shape: [5]).run([0, 1, 0, 1, 0] as [Float]).volumes)
  }
}

extension [Double] {
  var pairs: [[Double]] { stride(from: 0, to: count, by: 2).map { Array(self[$0..<$0 + 2]) } }
}
extension [Int64] {
  var pairs: [[Int64]] { stride(from: 0, to: count, by: 2).map { Array(self[$0..<$0 + 2]) } }
}
