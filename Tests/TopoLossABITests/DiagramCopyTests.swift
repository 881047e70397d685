import CTopoLoss
import Testing
import TopoLossABI

@Suite("topoloss_diagrams_copy: ask for the size, then fill the caller's buffers")
struct DiagramCopyTests {
  /// A handle for the 1-D volume 0 3 1 2 0, whose H0 has two pairs.
  private func withHandle(_ body: (OpaquePointer) -> Void) {
    var handle: OpaquePointer?
    let values: [Float] = [0, 3, 1, 2, 0]
    let status = unsafe values.withUnsafeBytes { data in
      unsafe CCall(shape: [5]).withArray(data.baseAddress) { array in
        unsafe topoloss_persistence_diagrams(array, 1, nil, &handle, nil)
      }
    }
    #expect(status == TOPOLOSS_OK)
    guard let handle = unsafe handle else {
      Issue.record("no handle")
      return
    }
    unsafe body(handle)
    unsafe topoloss_diagrams_destroy(handle)
  }

  @Test("without buffers only the number of pairs is set")
  func countOnly() {
    unsafe withHandle { handle in
      #expect(unsafe topoloss_diagrams_volumes(handle) == 1)
      #expect(unsafe topoloss_diagrams_dimensions(handle) == 1)
      var count: Int64 = -1
      #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, nil, nil, 0, &count, nil) == TOPOLOSS_OK)
      #expect(count == 2)
    }
  }

  @Test("either buffer may be missing, and nothing is written behind the last pair")
  func oneBuffer() {
    unsafe withHandle { handle in
      var points = [Double](repeating: 77, count: 6)
      var voxels = [Int64](repeating: 77, count: 6)
      var count: Int64 = -1
      #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, &points, nil, 3, &count, nil) == TOPOLOSS_OK)
      #expect(count == 2 && points[4...] == [77, 77] && !points[..<4].contains(77))
      count = -1
      #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, nil, &voxels, 3, &count, nil) == TOPOLOSS_OK)
      #expect(count == 2 && voxels[4...] == [77, 77] && !voxels[..<4].contains(77))
    }
  }

  @Test("a buffer that is too small is refused and left as it was")
  func tooSmall() {
    unsafe withHandle { handle in
      for capacity: Int64 in [-1, 0, 1] {
        var points = [Double](repeating: 77, count: 4)
        var voxels = [Int64](repeating: 77, count: 4)
        var count: Int64 = -1
        var error = emptyError()
        let status = unsafe topoloss_diagrams_copy(handle, 0, 0, &points, &voxels, capacity, &count, &error)
        #expect(status == TOPOLOSS_EBUFFER && error.code == TOPOLOSS_EBUFFER)
        #expect(points == [77, 77, 77, 77] && voxels == [77, 77, 77, 77])
      }
    }
  }

  @Test("a volume or a dimension that the handle does not have is an argument error")
  func outside() {
    unsafe withHandle { handle in
      var count: Int64 = 0
      for volume: Int64 in [-1, 1, .max, .min] {
        let status = unsafe topoloss_diagrams_copy(handle, volume, 0, nil, nil, 0, &count, nil)
        #expect(status == TOPOLOSS_EARGUMENT)
      }
      for dimension: Int32 in [-1, 1, 2, 3, 32, .max, .min] {
        let status = unsafe topoloss_diagrams_copy(handle, 0, dimension, nil, nil, 0, &count, nil)
        #expect(status == TOPOLOSS_EARGUMENT)
      }
    }
  }

  @Test("nothing in, nothing out: NULL is refused or ignored")
  func null() {
    var count: Int64 = 0
    #expect(unsafe topoloss_diagrams_copy(nil, 0, 0, nil, nil, 0, &count, nil) == TOPOLOSS_EARGUMENT)
    #expect(topoloss_diagrams_volumes(nil) == 0)
    #expect(topoloss_diagrams_dimensions(nil) == 0)
    topoloss_diagrams_destroy(nil)
    unsafe withHandle { handle in
      // Who knows the number already need not ask for it again.
      var voxels = [Int64](repeating: 77, count: 4)
      #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, nil, &voxels, 2, nil, nil) == TOPOLOSS_OK)
      #expect(!voxels.contains(77))
    }
  }
}
