import PersistentHomology
import TestOracles
import Testing

@Suite("Any subset of dimensions")
struct DimensionSubsetTests {
  @Test("is the full answer without the others, in the same order", arguments: 1...3)
  func restriction(rank: Int) throws {
    var generator = SeededGenerator(seed: UInt64(rank))
    for (index, field) in (TestField.allCases + TestField.allCases).enumerated() {
      let shape = (0..<rank).map { _ in 3 + Int(generator.next() % 7) }
      let values = field.values(shape: shape, using: &generator).map { Float($0) }
      var options = Question.number(index / 2).options
      options.keepsZeroPersistence = index % 3 == 0
      let full = try persistenceDiagrams(of: values, shape: shape, options: options)
      #expect(full.map(\.dimension) == Array(0..<rank))
      for subset in 1..<UInt32(1 << rank) {
        options.dimensions = HomologyDimensions(rawValue: subset)
        let part = try persistenceDiagrams(of: values, shape: shape, options: options)
        let expected = full.filter { subset >> $0.dimension & 1 == 1 }
        #expect(part.map(\.dimension) == expected.map(\.dimension))
        #expect(
          part.map(Array.init) == expected.map(Array.init), "\(field) \(shape) subset \(subset)")
      }
    }
  }

  @Test("a dimension that the volume does not have is an error", arguments: 1...3)
  func beyondRank(rank: Int) {
    let shape = [Int](repeating: 2, count: rank)
    let values = [Float](repeating: 0, count: 1 << rank)
    for dimension in rank..<4 {
      let options = PersistenceOptions(dimensions: HomologyDimensions(rawValue: 1 | 1 << UInt32(dimension)))
      #expect(throws: PersistenceError.dimensionNotInVolume(dimension: dimension, rank: rank)) {
        try persistenceDiagrams(of: values, shape: shape, options: options)
      }
    }
  }
}
