import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("Crafted checkpoints")
struct CraftedCheckpointTests {
  @Test("C2: each gets its error, or is read, within 2 s") func crafted() {
    var tally = Tally("C2", seed: 0)
    let folder = TemporaryFolder()
    for one in CraftedCheckpoints.all {
      let time = processorSeconds {
        do throws(FileError) {
          let file = try folder.open(one.bytes)
          _ = file.names.map(file.shape)
          tally.check(one.row == nil, "\(one.name): was read")
        } catch {
          tally.check(
            error.row == one.row && error.offset == one.offset && error.reason == one.reason,
            "\(one.name): \(error.row), \(error.offset ?? -1), \(error.reason)")
        }
      }
      tally.check(time < 2, "\(one.name): took \(time) s")
    }
    tally.report()
    #expect(CraftedCheckpoints.all.count >= 40)
    #expect(tally.run == tally.passed, "\(tally.firstFailure ?? "")")
  }

  /// The most that the limits let in: 100,000 tensors, whose names fill 16 MiB.
  @Test("100,000 tensors are read within 2 s, 100,001 are not; limits can be raised") func manyTensors()
    throws
  {
    func many(_ count: Int, _ padding: Int) -> [UInt8] {
      var header = Array("{".utf8)
      for index in 0..<count {
        let name = String(repeating: "x", count: padding) + String(index)
        header +=
          Array((index == 0 ? "" : ",").utf8)
          + Array(CraftedCheckpoints.tensor(name, "U8", "[0]", "[0,0]").utf8)
      }
      return CraftedCheckpoints.file(header + Array("}".utf8), data: 0)
    }
    let folder = TemporaryFolder()
    let most = many(100_000, 100)
    var count = 0
    let time = try processorSeconds { count = try folder.open(most).names.count }
    #expect(count == 100_000)
    #expect(time < 2)
    let tooMany = many(100_001, 0)
    #expect(throws: FileError.self) { try folder.open(tooMany) }
    var limits = CheckpointLimits()
    limits.tensors = 100_001
    #expect(try folder.open(tooMany, limits: limits).names.count == 100_001)
  }
}
