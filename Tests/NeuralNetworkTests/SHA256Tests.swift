import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("SHA256")
struct SHA256Tests {
  private func digest(_ bytes: [UInt8], cut: Int = 0) -> String {
    let memory = scratch(bytes)
    var digest = SHA256()
    withExtendedLifetime(memory) {
      digest.add(memory.cells.prefix(cut))
      digest.add(memory.cells.suffix(from: cut))
    }
    return digest.hexadecimalDigest()
  }

  /// The examples of FIPS 180-4 (one block, two blocks, a million letters) and NIST's empty message.
  @Test(
    "the published vectors",
    arguments: [
      ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
  func published(text: String, times: Int, expected: String) {
    #expect(digest(Array(String(repeating: text, count: times).utf8)) == expected)
  }

  @Test("pieces of any length give the digest of the whole") func pieces() {
    var generator = SeededGenerator(seed: 94)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let whole = digest(bytes)
      #expect(digest(bytes, cut: Int(generator.next() % UInt64(count + 1))) == whole)
      var single = SHA256()
      for byte in bytes { single.add(byte) }
      #expect(single.hexadecimalDigest() == whole)
    }
  }
}
