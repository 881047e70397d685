import Glibc
import PersistentHomology
import TestOracles
import Testing

/// Voxel pairs without their values.
private func voxels(_ pairs: [NaivePair]) -> [[Int]] {
  pairs.map { [$0.dimension, $0.creator, $0.destroyer ?? -1] }
}

@Suite("A7: only the order of the values decides")
struct ElementTypeTests {
  static let seed: UInt64 = 0xA7

  /// Random strict orders, so that nothing hangs on how ties are broken.
  @Test("the same ranks give the same voxel pairs, in every element type and under monotone maps")
  func sameRanks() throws {
    var generator = SeededGenerator(seed: Self.seed)
    var tally = Tally("A7", seed: Self.seed)
    for index in 0..<1_000 / 25 {
      let shape = [[4, 5, 6], [3, 3, 3], [11, 9], [100]][index % 4]
      let count = shape.reduce(1, *)
      // Ranks fit an Int8.
      let ranks = Array(0..<count).shuffled(using: &generator)
      let question = Question.number(index)
      let expected = voxels(try question.askEngine(ranks.map { Float($0) }, shape: shape))

      func check<Element: VolumeElement>(_ name: String, _ map: (Int) -> Element) throws {
        let found = voxels(try question.askEngine(ranks.map(map), shape: shape))
        tally.check(found == expected, "\(name), \(question), shape \(shape), ranks \(ranks)")
      }
      try check("Int8") { Int8($0) }
      try check("Int8 below zero") { Int8($0 - 128) }
      try check("UInt8") { UInt8($0) }
      try check("UInt8 up to 255") { UInt8($0 + 256 - count) }
      try check("Int16") { Int16($0 * 100 - 5_000) }
      try check("UInt16") { UInt16($0 * 500) }
      try check("Int32") { Int32($0 * 20_000_000 - 1_000_000_000) }
      try check("Int32, neighbours") { Int32($0) - 60 }
      try check("UInt32 up to 2^32 - 1") { UInt32.max - UInt32(count - 1 - $0) }
      try check("Int64 around 2^53") { (1 << 53) - Int64(count - 1 - $0) }
      try check("Int64 around -2^53") { -(1 << 53) + Int64($0) }
      try check("UInt64 up to 2^53") { (1 << 53) - UInt64(count - 1 - $0) }
      try check("Int") { $0 - 50 }
      try check("Float16") { Float16($0) }
      try check("Float16 denormals") { Float16($0 - 60) * .leastNonzeroMagnitude }
      try check("Float, 8 f - 3") { 8 * Float($0) - 3 }
      try check("Float, exp") { expf(Float($0) / 20) }
      try check("Float denormals") { Float($0 - 60) * .leastNonzeroMagnitude }
      try check("Float, one step apart") { Float(1 << 23) + Float($0) }
      try check("Float, up to +inf") { $0 == count - 1 ? .infinity : Float($0) }
      try check("Double") { Double($0) }
      try check("Double, no rounding to Float") { 1 + Double($0) * .ulpOfOne }
      try check("Double denormals") { Double($0 - 60) * .leastNonzeroMagnitude }
      try check("Double, exp") { exp(Double($0)) }
      try check("Double, from -inf") { $0 == 0 ? -.infinity : Double($0) * 1e290 }
    }
    tally.report()
    #expect(tally.run == 1_000)
    #expect(tally.firstFailure == nil)
  }

  @Test("values come back as Doubles without a change")
  func exactValues() throws {
    func check<Element: VolumeElement>(_ low: Element, _ high: Element, _ asDouble: (Element) -> Double)
      throws
    {
      var options = PersistenceOptions(filtration: .sublevel)
      let rising = try persistenceDiagrams(of: [low, high, low], shape: [3], options: options)[0]
      #expect(rising.contains { $0.birth == asDouble(low) && $0.death == asDouble(high) })
      options.filtration = .superlevel
      let falling = try persistenceDiagrams(of: [high, low, high], shape: [3], options: options)[0]
      #expect(falling.contains { $0.birth == asDouble(high) && $0.death == asDouble(low) })
    }
    try check(false, true) { $0 ? 1 : 0 }
    try check(Int8.min, .max) { Double($0) }
    try check(UInt8.min, .max) { Double($0) }
    try check(Int16.min, .max) { Double($0) }
    try check(UInt16.min, .max) { Double($0) }
    try check(Int32.min, .max) { Double($0) }
    try check(UInt32.min, .max) { Double($0) }
    try check(-(1 << 53) as Int64, 1 << 53) { Double($0) }
    try check(0 as UInt64, 1 << 53) { Double($0) }
    try check(-Float16.greatestFiniteMagnitude, .leastNonzeroMagnitude) { Double($0) }
    try check(-Float16.infinity, .leastNormalMagnitude) { Double($0) }
    try check(-Float.leastNonzeroMagnitude, .pi) { Double($0) }
    try check(-Float.infinity, .greatestFiniteMagnitude) { Double($0) }
    try check(-Double.leastNonzeroMagnitude, .pi) { $0 }
    try check(-Double.greatestFiniteMagnitude, .infinity) { $0 }
    try check(Double(1).nextDown, 1) { $0 }
  }

  @Test("a mask of Bool is its zeros and ones")
  func bools() throws {
    var generator = SeededGenerator(seed: 8)
    for question in Question.all {
      let values = TestField.binary.values(shape: [5, 6, 7], using: &generator)
      let found = try question.askEngine(values.map { $0 == 1 }, shape: [5, 6, 7]).sorted()
      #expect(found == question.askOracle(values, shape: [5, 6, 7]))
    }
  }

  @Test("zero and negative zero are equal", arguments: Question.all.indices)
  func signedZeros(number: Int) throws {
    var generator = SeededGenerator(seed: 9)
    let values = (0..<125).map { _ in generator.next() % 2 == 0 ? 0.0 : -0.0 }
    let question = Question.number(number)
    let plain = try question.askEngine([Double](repeating: 0, count: 125), shape: [5, 5, 5])
    #expect(try question.askEngine(values, shape: [5, 5, 5]) == plain)
    #expect(try question.askEngine(values.map { Float($0) }, shape: [5, 5, 5]) == plain)
    #expect(try question.askEngine(values.map { Float16($0) }, shape: [5, 5, 5]) == plain)
  }
}
