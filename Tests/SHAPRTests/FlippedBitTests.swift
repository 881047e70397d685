import ComputeRuntime
import Glibc
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

/// C6 of docs/reliability.md, for the files that a training leaves behind.
@Suite("Flipped bits")
struct FlippedBitTests {
  private static let seed: UInt64 = 0xC6

  /// The state of a training of one epoch, which must have checksums, and its weights, which are read as files of
  /// other programs are. 5,000 bits, half of them in the headers; before a release one of every byte.
  @Test("C6: single flipped bits of a training's checkpoint and weights are all detected") func bits() throws
  {
    let folder = TemporaryFolder()
    let training = try smallTraining { ($0.baseFilters, $0.epochs, $0.adversarialEpochs) = (1, 1, 0) }
    try WorkTeam.run(threads: 2) { team in
      try training.run(team: team, onStep: { _ in true }, onEpoch: { _ in true })
    }
    try training.writeCheckpoint(to: folder["state"])
    try training.generator.write(to: folder["weights"], metadata: training.modelMetadata)
    var tally = Tally("C6-training", seed: Self.seed)
    try flip(folder["state"], .required, cases: 1000, &tally)
    try flip(folder["weights"], .whenPresent, cases: 4000, &tally)
    tally.report()
    #expect(tally.run == tally.passed, "\(tally.firstFailure ?? "")")
  }

  private func flip(
    _ path: String, _ checksums: CheckpointFile.Checksums, cases: Int, _ tally: inout Tally
  ) throws {
    var generator = SeededGenerator(seed: Self.seed)
    let original = bytes(ofFile: path)
    let header = 8 + original[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let file = unsafe try #require(fopen(path, "r+b"))
    defer { unsafe fclose(file) }
    func put(_ byte: UInt8, at place: Int) {
      unsafe fseek(file, place, SEEK_SET)
      unsafe fputc(Int32(byte), file)
      unsafe fflush(file)
    }
    for index in 0..<Tier.cases(cases, release: original.count) {
      let range = index % 2 == 0 ? original.count : header
      let place = Tier.isRelease ? index : Int(generator.next() % UInt64(range))
      put(original[place] ^ 1 << UInt8(generator.next() % 8), at: place)
      let error = fault(of: path, checksums)
      tally.check(error != nil, "\(path), byte \(place) was flipped unseen")
      put(original[place], at: place)
    }
    #expect(fault(of: path, checksums) == nil)
  }

  private func fault(of path: String, _ checksums: CheckpointFile.Checksums) -> FileError? {
    do throws(FileError) {
      _ = try CheckpointFile(path: path, checksums: checksums, budget: MemoryBudget())
      return nil
    } catch { return error }
  }
}
