import TestOracles
import Testing

@Suite("FixtureTensors")
struct FixtureTensorsTests {
  @Test(
    "what fixtures.json says of a tensor holds for what was read",
    .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))
  func tensors() throws {
    for file in ["generator_init", "batch_and_outputs", "topology"] {
      let tensors = try #require(Fixtures.load(file))
      let described = try #require(Fixtures.description?["files"]?["\(file).safetensors"]?.members)
      #expect(Set(tensors.keys) == Set(described.keys))
      for (name, tensor) in tensors {
        let entry = try #require(described[name])
        #expect(tensor.shape == entry["shape"]?.numbers?.map { Int($0) })
        guard let sum = entry["sum"]?.number, let length = entry["l2"]?.number else { continue }
        let found = NaiveTensor<Double>(tensor)
        // Sums of at most 2^20 numbers, rounded in another order.
        #expect(abs(found.values.reduce(0, +) - sum) <= 1e-9 * (1 + abs(sum)))
        #expect(abs(found.dot(found).squareRoot() - length) <= 1e-9 * (1 + length))
      }
    }
  }

  @Test("numbers by name", .enabled(if: Fixtures.areThere, Comment(rawValue: Fixtures.note)))
  func scalars() {
    #expect(Fixtures.scalar("loss64.train.dice") == 0.70438869652452)
    #expect(Fixtures.scalars("adam3.noLT.losses_per_step")?.count == 3)
    #expect(Fixtures.scalar("no such name") == nil)
    #expect(Fixtures.load("no such file") == nil)
  }

  @Test("JSON, by hand")
  func json() {
    let text = #" { "a" : [1, -2.5e-3, []], "b\"\u00e9\n": {"c": "", "d": null}, "e": true } "#
    let json = FixtureJSON(parsing: text.utf8)
    #expect(json["a"]?.elements?.count == 3)
    #expect(json["a"]?.numbers == [1, -0.0025])
    #expect(json["b\"é\n"]?["c"]?.string == "")
    #expect(json["b\"é\n"]?["d"]?.number == nil)
    #expect(json["e"]?.numbers == nil && json["f"] == nil)
  }
}
