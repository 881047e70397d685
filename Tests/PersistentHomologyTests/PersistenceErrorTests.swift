import ComputeRuntime
import PersistentHomology
import TestOracles
import Testing

@Suite("Bad input is a typed error")
struct PersistenceErrorTests {
  /// A right answer after each error: nothing of the failed call is left behind.
  private func expect<Element: VolumeElement>(
    _ error: PersistenceError, of values: [Element], shape: [Int], options: PersistenceOptions = .init(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(throws: error, sourceLocation: sourceLocation) {
      try persistenceDiagrams(of: values, shape: shape, options: options)
    }
    let next = try persistenceDiagrams(
      of: [0, 2, 1] as [Float], shape: [3], options: .init(filtration: .sublevel))
    #expect(
      naivePairs(next).sorted() == [
        NaivePair(dimension: 0, birth: 0, death: .infinity, creator: 0, destroyer: nil),
        NaivePair(dimension: 0, birth: 1, death: 2, creator: 2, destroyer: 1),
      ], sourceLocation: sourceLocation)
  }

  @Test("NaN, with the first flat index", arguments: [0, 1, 16, 17, 59, 118, 119])
  func notANumber(index: Int) throws {
    for threads in [1, 4] {
      for last in [index, 119] {
        var values = [Double](repeating: 1, count: 120)
        values[index] = .nan
        values[last] = -.nan
        let options = PersistenceOptions(threads: threads)
        let error = PersistenceError.notANumber(index: index)
        for shape in [[120], [10, 12], [4, 5, 6]] {
          try expect(error, of: values, shape: shape, options: options)
          try expect(error, of: values.map { Float($0) }, shape: shape, options: options)
          try expect(error, of: values.map { Float16($0) }, shape: shape, options: options)
        }
      }
    }
  }

  @Test("signalling NaNs and NaNs with a payload are NaNs too")
  func allKindsOfNaN() throws {
    for bits: UInt32 in [0x7f80_0001, 0xff80_0001, 0x7fff_ffff, 0xffff_ffff] {
      try expect(.notANumber(index: 1), of: [0, Float(bitPattern: bits)], shape: [2])
    }
    for bits: UInt64 in [0x7ff0_0000_0000_0001, 0xfff0_0000_0000_0001, .max] {
      try expect(.notANumber(index: 1), of: [0, Double(bitPattern: bits)], shape: [2])
    }
    for bits: UInt16 in [0x7c01, 0xfc01, .max] {
      try expect(.notANumber(index: 1), of: [0, Float16(bitPattern: bits)], shape: [2])
    }
  }

  @Test("integers that a Double cannot hold")
  func largeIntegers() throws {
    try expect(.integerTooLarge(index: 2), of: [0, 1, (1 << 53) + 1, .max] as [Int64], shape: [4])
    try expect(.integerTooLarge(index: 3), of: [0, 1, 2, -(1 << 53) - 1] as [Int64], shape: [2, 2])
    try expect(.integerTooLarge(index: 0), of: [.min] as [Int64], shape: [1])
    try expect(.integerTooLarge(index: 1), of: [0, .max] as [UInt64], shape: [2])
  }

  @Test("shapes that are no volume")
  func shapes() throws {
    let one: [Float] = [1]
    try expect(.unsupportedRank(0), of: one, shape: [])
    try expect(.unsupportedRank(4), of: one, shape: [1, 1, 1, 1])
    try expect(.emptyAxis(axis: 0), of: [] as [Float], shape: [0])
    try expect(.emptyAxis(axis: 1), of: [] as [Float], shape: [3, 0, 2])
    try expect(.negativeExtent(axis: 2), of: one, shape: [1, 1, -1])
    try expect(.wrongValueCount(expected: 6, got: 1), of: one, shape: [2, 3])
    try expect(.wrongValueCount(expected: 1, got: 0), of: [] as [Float], shape: [1])
    try expect(.wrongValueCount(expected: 2, got: 3), of: [1, 2, 3] as [Float], shape: [2])
  }

  @Test("sizes beyond the limits, before any memory is asked for")
  func limits() throws {
    let one: [Float] = [1]
    let longest = 1 << 21
    try expect(.extentTooLarge(axis: 0, limit: longest), of: one, shape: [longest + 1])
    try expect(.extentTooLarge(axis: 1, limit: longest), of: one, shape: [1, .max, 1])
    let most = Int(Int32.max)
    try expect(.tooManyVoxels(limit: most), of: one, shape: [longest, 1 << 10])
    try expect(.tooManyVoxels(limit: most), of: one, shape: [longest, longest, longest])
  }

  @Test("options that mean nothing", arguments: [0, -1, .min])
  func options(threads: Int) throws {
    try expect(
      .invalidThreadCount(threads), of: [1] as [Float], shape: [1],
      options: PersistenceOptions(threads: threads))
  }

  /// The second volume is large enough for three threads to share it.
  @Test("a memory limit below what is needed, with the bytes", arguments: [(1, 16), (3, 48)])
  func memory(threads: Int, side: Int) throws {
    let shape = [side, side, side]
    var generator = SeededGenerator(seed: 1)
    let values = TestField.noise.values(shape: shape, using: &generator).map { Float($0) }
    var refusals = 0
    var limit = UInt64(threads == 1 ? 1 : values.count)
    // Raising the limit step by step meets a refusal at many different moments of the call, then success.
    while true {
      let options = PersistenceOptions(threads: threads, maximumMemory: limit)
      do {
        let found = try persistenceDiagrams(of: values, shape: shape, options: options)
        let free = try persistenceDiagrams(of: values, shape: shape)
        #expect(naivePairs(found) == naivePairs(free))
        break
      } catch PersistenceError.memoryRefused(let bytes) {
        #expect(bytes > 0)
        refusals += 1
        limit += max(1, limit / 8)
      }
    }
    #expect(refusals > 20)
  }

  @Test("a call whose token is cancelled ends, and works again after a reset", arguments: [1, 4])
  func cancellation(threads: Int) throws {
    let token = Cancellation()
    let options = PersistenceOptions(threads: threads, cancellation: token)
    let values = [Float](repeating: 1, count: 4096)
    token.cancel()
    try expect(.cancelled, of: values, shape: [16, 16, 16], options: options)
    token.reset()
    #expect(try persistenceDiagrams(of: values, shape: [16, 16, 16], options: options).count == 3)
  }
}
