import CTopoLoss
import Testing
import TopoLossABI

/// Handles and pointers that a caller got wrong. Random ones are in Tests/Reliability/misuse.c.
@Suite("Misuse through C has an answer")
struct HandleTests {
  private func someDiagrams() -> OpaquePointer? {
    var handle: OpaquePointer?
    let values: [Float] = [0, 3, 1, 2]
    unsafe values.withUnsafeBytes { data in
      unsafe CCall(shape: [4]).withArray(data.baseAddress) {
        #expect(unsafe topoloss_persistence_diagrams($0, 1, nil, &handle, nil) == TOPOLOSS_OK)
      }
    }
    return unsafe handle
  }

  @Test("a destroyed handle is refused by every function, also when destroyed again")
  func destroyed() {
    let handle = unsafe someDiagrams()
    #expect(unsafe topoloss_diagrams_volumes(handle) == 1 && topoloss_diagrams_dimensions(handle) == 1)
    #expect(unsafe topoloss_diagrams_destroy(handle) == TOPOLOSS_OK)
    for _ in 0..<2 {
      #expect(unsafe topoloss_diagrams_destroy(handle) == TOPOLOSS_EARGUMENT)
      #expect(unsafe topoloss_diagrams_volumes(handle) == 0 && topoloss_diagrams_dimensions(handle) == 0)
      var error = emptyError()
      #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, nil, nil, 0, nil, &error) == TOPOLOSS_EARGUMENT)
      #expect(error.code == TOPOLOSS_EARGUMENT)
      #expect(unsafe topoloss_diagrams_last(handle, 0, nil, nil, nil) == TOPOLOSS_EARGUMENT)
      // Another handle may have taken its place in the table.
      let other = unsafe someDiagrams()
      #expect(unsafe other != handle && topoloss_diagrams_volumes(handle) == 0)
      #expect(unsafe topoloss_diagrams_destroy(other) == TOPOLOSS_OK)
    }
  }

  @Test("a destroyed training, model or token")
  func destroyedTrainer() {
    let cells = CTrainer()
    let (status, training) = unsafe cells.create()
    #expect(status == TOPOLOSS_OK)
    #expect(unsafe topoloss_training_destroy(training) == TOPOLOSS_OK)
    #expect(unsafe topoloss_training_destroy(training) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_training_step(training, nil, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_training_save(training, "nowhere/at/all", nil) == TOPOLOSS_EARGUMENT)
    var model: OpaquePointer?
    #expect(unsafe topoloss_training_model(training, &model, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_model_create(#"{"base_filters": 2}"#, nil, &model, nil) == TOPOLOSS_OK)
    #expect(unsafe topoloss_model_destroy(model) == TOPOLOSS_OK)
    #expect(unsafe topoloss_model_destroy(model) == TOPOLOSS_EARGUMENT)
    #expect(unsafe cells.predict(model).isEmpty)

    let token = unsafe topoloss_cancellation_create()
    #expect(unsafe topoloss_cancellation_cancel(token) == TOPOLOSS_OK)
    #expect(unsafe topoloss_cancellation_destroy(token) == TOPOLOSS_OK)
    #expect(unsafe topoloss_cancellation_destroy(token) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_cancellation_cancel(token) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_cancellation_reset(token) == TOPOLOSS_EARGUMENT)
    var call = CCall(shape: [4])
    unsafe call.options.cancellation = unsafe token
    #expect(call.run([0, 3, 1, 2] as [Float]).status == TOPOLOSS_EARGUMENT)
  }

  @Test("a handle of another kind, and an address")
  func otherKinds() {
    let handle = unsafe someDiagrams()
    defer { #expect(unsafe topoloss_diagrams_destroy(handle) == TOPOLOSS_OK) }
    #expect(unsafe topoloss_training_step(handle, nil, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_model_destroy(handle) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_cancellation_cancel(handle) == TOPOLOSS_EARGUMENT)
    var memory = 0.0
    unsafe withUnsafeMutablePointer(to: &memory) { address in
      #expect(unsafe topoloss_diagrams_volumes(OpaquePointer(address)) == 0)
      #expect(unsafe topoloss_diagrams_destroy(OpaquePointer(address)) == TOPOLOSS_EARGUMENT)
    }
    #expect(unsafe topoloss_diagrams_volumes(handle) == 1)
  }

  @Test("a misaligned pointer is refused before it is used")
  func misaligned() {
    let memory = unsafe UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
    defer { memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
    let odd = unsafe memory + 1
    let handle = unsafe someDiagrams()
    defer { #expect(unsafe topoloss_diagrams_destroy(handle) == TOPOLOSS_OK) }
    let doubles = unsafe odd.assumingMemoryBound(to: Double.self)
    let integers = unsafe odd.assumingMemoryBound(to: Int64.self)
    #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, doubles, nil, 9, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, nil, integers, 9, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_diagrams_copy(handle, 0, 0, nil, nil, 0, integers, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_diagrams_last(handle, 0, doubles, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_persistent_entropy(doubles, 1, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_settings(nil, nil, 0, integers, nil) == TOPOLOSS_EARGUMENT)
    let array = unsafe odd.assumingMemoryBound(to: topoloss_array.self)
    let options = unsafe odd.assumingMemoryBound(to: topoloss_options.self)
    var place: OpaquePointer?
    #expect(unsafe topoloss_persistence_diagrams(array, 1, nil, &place, nil) == TOPOLOSS_EARGUMENT)
    unsafe topoloss_options_init(options)
    unsafe topoloss_version_numbers(odd.assumingMemoryBound(to: Int32.self), nil, nil)
    let error = unsafe odd.assumingMemoryBound(to: topoloss_error.self)
    #expect(unsafe topoloss_settings("[", nil, 0, nil, error) == TOPOLOSS_EARGUMENT)
    let bytes = unsafe UnsafeRawBufferPointer(start: memory, count: 4096)
    #expect(unsafe bytes.allSatisfy { $0 == 0 }, "nothing is written")
  }
}
