import PersistentHomology
import TestOracles
import Testing

@Suite("Batches")
struct BatchTests {
  @Test(
    "each volume of a batch has the diagrams it has alone, for any number of threads",
    arguments: [1, 2, 3, 4, 7, 8, 16])
  func sameAsAlone(threads: Int) throws {
    var generator = SeededGenerator(seed: 0xBA)
    let volumes = (0..<10).map { number in
      TestField.allCases[number % TestField.allCases.count]
        .values(shape: [5, 6, 7], using: &generator).map { Float($0) }
    }
    for question in Question.all {
      var options = question.options
      let alone = try volumes.map { values in
        naivePairs(try persistenceDiagrams(of: values, shape: [5, 6, 7], options: options))
      }
      options.threads = threads
      for batchShape in [[10], [2, 5], [1, 10, 1]] {
        let found = try persistenceDiagrams(
          ofBatch: volumes.flatMap { $0 }, shape: batchShape + [5, 6, 7], rank: 3, options: options)
        #expect(found.map(naivePairs) == alone)
      }
    }
  }

  /// A workspace is used again for the next volume: what a large one left must not be seen.
  @Test("a volume does not see the one before it")
  func nothingIsLeft() throws {
    var generator = SeededGenerator(seed: 0xBB)
    let noise = TestField.noise.values(shape: [8, 8, 8], using: &generator)
    let constant = TestField.constant.values(shape: [8, 8, 8], using: &generator)
    let found = try persistenceDiagrams(
      ofBatch: noise + constant + noise + constant, shape: [4, 8, 8, 8], rank: 3)
    #expect(naivePairs(found[0]) == naivePairs(found[2]))
    #expect(naivePairs(found[1]) == naivePairs(found[3]) && found[1].map(\.count) == [1, 0, 0])
  }

  @Test("the first NaN of the whole batch is named, whoever meets one first", arguments: [1, 2, 4, 8])
  func firstNotANumber(threads: Int) {
    for first in [0, 7, 8, 31, 63] {
      var values = [Float](repeating: 0, count: 64)
      for index in first..<64 { values[index] = .nan }
      for _ in 0..<20 {
        #expect(throws: PersistenceError.notANumber(index: first)) {
          try persistenceDiagrams(
            ofBatch: values, shape: [8, 2, 2, 2], rank: 3, options: PersistenceOptions(threads: threads))
        }
      }
    }
  }

  @Test("a batch without volumes, or of the wrong size, is an error")
  func shapes() {
    let values = [Float](repeating: 0, count: 8)
    #expect(throws: PersistenceError.emptyAxis(axis: 0)) {
      try persistenceDiagrams(ofBatch: [] as [Float], shape: [0, 2, 2], rank: 2)
    }
    #expect(throws: PersistenceError.wrongValueCount(expected: 12, got: 8)) {
      try persistenceDiagrams(ofBatch: values, shape: [3, 2, 2], rank: 2)
    }
    for rank in [-1, 0, 4] {
      #expect(throws: PersistenceError.unsupportedRank(rank)) {
        try persistenceDiagrams(ofBatch: values, shape: [1, 1, 1, 8], rank: rank)
      }
    }
    #expect(throws: PersistenceError.unsupportedRank(3)) {
      try persistenceDiagrams(ofBatch: values, shape: [4, 2], rank: 3)
    }
  }
}
