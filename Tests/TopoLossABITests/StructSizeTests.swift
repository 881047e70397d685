import CTopoLoss
import Testing
import TopoLossABI

@Suite("struct_size: older and newer callers, and error structs of any size")
struct StructSizeTests {
  private let values: [Float] = [0, 3, 1, 2, 0]

  @Test("fields behind struct_size are taken as 0, whatever stands there")
  func olderOptions() {
    var call = CCall(shape: [5])
    unsafe call.options.filtration = Int32(TOPOLOSS_SUBLEVEL)
    let expected = call.run(values).volumes
    #expect(expected.count == 1)
    unsafe call.options.struct_size = unsafe MemoryLayout<topoloss_options>.offset(of: \.construction) ?? 0
    unsafe call.options.construction = 99
    unsafe call.options.dimensions = .max
    unsafe call.options.threads = -5
    unsafe call.options.max_memory = 1
    #expect(call.run(values).volumes == expected)
  }

  @Test("a struct that is larger than this library's is read up to where both agree")
  func newerOptions() {
    var call = CCall(shape: [5])
    let expected = call.run(values).volumes
    unsafe call.options.struct_size += 64
    #expect(call.run(values).volumes == expected)
  }

  @Test("a struct_size of 0 means that the caller forgot to set it", arguments: [0, 1, 7])
  func forgotten(size: Int) {
    var call = CCall(shape: [5])
    unsafe call.options.struct_size = size
    #expect(call.run(values).status == TOPOLOSS_EARGUMENT)
    var handle: OpaquePointer?
    let status = unsafe values.withUnsafeBytes { data in
      unsafe CCall(shape: [5]).withArray(data.baseAddress) { array in
        var array = unsafe array.pointee
        unsafe array.struct_size = size
        return unsafe topoloss_persistence_diagrams(&array, 1, nil, &handle, nil)
      }
    }
    #expect(status == TOPOLOSS_EARGUMENT)
  }

  @Test("nothing is written behind the error's struct_size, and the message always ends")
  func errorSizes() {
    let whole = MemoryLayout<topoloss_error>.size
    let messageStart = MemoryLayout<topoloss_error>.offset(of: \.message) ?? 0
    for size in [0, 8, 12, 16, messageStart, messageStart + 1, messageStart + 10, whole] {
      // Bytes of a pattern no message has; the library may touch the first `size` of them.
      var call = CCall(shape: [0])
      unsafe withUnsafeMutableBytes(of: &call.error) { bytes in
        for index in bytes.indices { unsafe bytes[index] = 0xEE }
      }
      call.error.struct_size = size
      let outcome = call.run(values)
      #expect(outcome.status == TOPOLOSS_ESHAPE)
      unsafe withUnsafeBytes(of: outcome.error) { bytes in
        #expect(unsafe bytes[max(size, 8)...].allSatisfy { $0 == 0xEE }, "size \(size)")
        if size > messageStart {
          #expect(unsafe bytes[messageStart..<size].contains(0), "size \(size)")
        }
      }
    }
  }

  @Test("a call that works leaves the error as it was")
  func errorUntouched() {
    var call = CCall(shape: [5])
    call.error.code = 1234
    call.error.index = 99
    let outcome = call.run(values)
    #expect(outcome.status == TOPOLOSS_OK)
    #expect(outcome.error.code == 1234 && outcome.error.index == 99)
  }
}
