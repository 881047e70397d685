import CTopoLoss
import Testing
import TopoLossABI

@Suite("struct_size: newer callers, forgetful callers, and error structs of any size")
struct StructSizeTests {
  private let values: [Float] = [0, 3, 1, 2, 0]

  @Test("a struct that is larger than this library's is read up to where both agree")
  func newerOptions() {
    var call = CCall(shape: [5])
    let expected = call.run(values).volumes
    unsafe call.options.struct_size += 64
    #expect(call.run(values).volumes == expected)
  }

  @Test(
    "a struct_size below the first version's means that the caller forgot to set it", arguments: [0, 1, 7])
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
    for size in [0, 8, 12, 16, 32, whole - 1, whole] {
      var call = CCall(shape: [0])
      // A pattern that no message has.
      unsafe withUnsafeMutableBytes(of: &call.error) { bytes in
        for index in bytes.indices { unsafe bytes[index] = 0xEE }
      }
      call.error.struct_size = size
      let outcome = call.run(values)
      #expect(outcome.status == TOPOLOSS_ESHAPE)
      unsafe withUnsafeBytes(of: outcome.error) { bytes in
        #expect(unsafe bytes.dropFirst(max(size, 8)).allSatisfy { $0 == 0xEE }, "size \(size)")
      }
      if size == whole { #expect(!outcome.message.isEmpty && outcome.message.utf8.count < 256) }
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
