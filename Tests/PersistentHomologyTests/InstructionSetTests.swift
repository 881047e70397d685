import CProcessor
import PersistentHomology
import TestOracles
import Testing

/// The row compare exists once per instruction set; each has to give the same masks.
///
/// One test, so that no two change the level at once. Other tests that run meanwhile may meet a
/// lower level: their answers must not depend on it either.
@Suite("Instruction sets")
struct InstructionSetTests {
  @Test("every level up to this machine's gives the oracle's pairs, with keys of 32 and of 64 bits")
  func everyLevel() throws {
    let best = cprocessor_level()
    defer { cprocessor_limit_level(best) }
    if best < CPROCESSOR_AVX512 {
      print("NOT RUN: this machine has no AVX-512, or TOPOLOSS_INSTRUCTION_SET forbids it")
    }
    for level in 0...best {
      cprocessor_limit_level(level)
      #expect(cprocessor_level() == level)
      var generator = SeededGenerator(seed: 0x15)
      // Row lengths around one, two and four vectors of every width.
      for length in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 63, 64, 65] {
        for (index, shape) in [[3, 4, length], [6, length], [length]].enumerated() {
          for field in [TestField.noise, .binary, .plateaus] {
            let values = field.values(shape: shape, using: &generator)
            let question = Question.number(index + length)
            let expected = question.askOracle(values, shape: shape)
            let narrow = try question.askEngine(values.map { Float($0) }, shape: shape).sorted()
            let wide = try question.askEngine(values, shape: shape).sorted()
            #expect(narrow == expected, "level \(level), 32 bits, \(field) \(shape) \(question)")
            #expect(wide == expected, "level \(level), 64 bits, \(field) \(shape) \(question)")
          }
        }
      }
    }
  }

  @Test("every level has its name, and there is a processor")
  func names() {
    #expect(unsafe String(cString: cprocessor_level_name(Int32(CPROCESSOR_PORTABLE))) == "portable")
    #expect(unsafe String(cString: cprocessor_level_name(Int32(CPROCESSOR_AVX2))) == "avx2")
    #expect(unsafe String(cString: cprocessor_level_name(Int32(CPROCESSOR_AVX512))) == "avx512")
    #expect(cprocessor_count() >= 1)
  }
}
