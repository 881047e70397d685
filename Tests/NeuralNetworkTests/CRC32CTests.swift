import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("CRC32C")
struct CRC32CTests {
  private func checksum(_ bytes: [UInt8]) -> UInt32 {
    let memory = scratch(bytes)
    var checksum = CRC32C()
    withExtendedLifetime(memory) { checksum.add(memory.cells) }
    return checksum.value
  }

  /// RFC 3720, appendix B.4 (its bytes there are in the order of the wire), and the check value of
  /// "123456789" that catalogues of such codes have.
  @Test("the published vectors") func published() {
    #expect(checksum([]) == 0)
    #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(checksum((0..<32).reversed()) == 0x113F_DB5C)
    let readCommand: [UInt8] = [
      0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0,
      0, 0x18,
      0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
    ]
    #expect(checksum(readCommand) == 0xD996_3A56)
  }

  @Test("equals division bit by bit, in pieces of any length") func pieces() {
    var generator = SeededGenerator(seed: 93)
    for _ in 0..<200 {
      let bytes = (0..<generator.next() % 100).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      var naive = UInt32.max
      for byte in bytes {
        naive ^= UInt32(byte)
        for _ in 0..<8 { naive = naive & 1 == 1 ? naive >> 1 ^ 0x82F6_3B78 : naive >> 1 }
      }
      let memory = scratch(bytes)
      let cut = Int(generator.next() % UInt64(bytes.count + 1))
      var checksum = CRC32C()
      checksum.add(memory.cells.prefix(cut))
      checksum.add(memory.cells.suffix(from: cut))
      #expect(checksum.value == ~naive)
    }
  }
}
