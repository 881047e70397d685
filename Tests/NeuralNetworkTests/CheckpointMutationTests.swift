import ComputeRuntime
import TestOracles
import Testing

@testable import NeuralNetwork

/// C1 and C6 of docs/reliability.md: files that were damaged by chance.
@Suite("Damaged checkpoints")
struct CheckpointMutationTests {
  private static let seed: UInt64 = 0xC1
  private let own = bytes(ofFixture: "checkpoint/own.safetensors")
  private let foreign = bytes(ofFixture: "checkpoint/types.safetensors")

  private enum Outcome: Equatable { case valid, refused, unnamed }

  /// Opens a file and reads all of it. A trap or an access beyond the fence would end the tests.
  private func outcome(
    _ bytes: [UInt8], _ folder: TemporaryFolder, _ checksums: CheckpointFile.Checksums
  ) -> Outcome {
    do throws(FileError) {
      let file = try folder.open(bytes, checksums: checksums, budget: MemoryBudget(limit: 1 << 20))
      try file.readEverything()
      return .valid
    } catch {
      // Every row is one of the table's for files that are there, and the message is one line.
      let isOfFiles = [.format, .unsupported, .checksum, .limit, .path].contains(error.row)
      return isOfFiles && !error.description.contains("\n") ? .refused : .unnamed
    }
  }

  /// Truncation at every byte, every bit of length and header flipped, integers replaced, and random
  /// 16-bit flips, splices and repeated blocks. What is damaged is refused where checksums are required,
  /// and otherwise refused or read, within the time limit.
  @Test("C1: mutations of our file and of another tool's", .timeLimit(.minutes(5)))
  func mutations() {
    var tally = Tally("C1", seed: Self.seed)
    var generator = SeededGenerator(seed: Self.seed)
    let folder = TemporaryFolder()
    for original in [own, foreign] {
      #expect(outcome(original, folder, .whenPresent) == .valid || original == foreign)
      var mutants = truncations(original) + headerFlips(original) + replacedIntegers(original)
      while mutants.count < Tier.cases(10_000, release: 50_000) {
        mutants.append(randomMutant(of: original, &generator))
      }
      for (index, mutant) in mutants.enumerated() {
        let lenient = outcome(mutant, folder, .whenPresent)
        tally.check(lenient != .unnamed, "mutant \(index): an error outside the table")
        // The other file has no checksums: it is never taken as our own.
        guard original == own, mutant != original else { continue }
        tally.check(outcome(mutant, folder, .required) == .refused, "mutant \(index) was taken as our own")
      }
    }
    tally.report()
    #expect(tally.run == tally.passed, "\(tally.firstFailure ?? "")")
  }

  /// 5,000 bits; before a release one of every byte. (What a training writes: SHAPRTests/FlippedBitTests.swift.)
  @Test("C6: single flipped bits of our checkpoint are all detected") func bitFlips() throws {
    var tally = Tally("C6", seed: Self.seed)
    var generator = SeededGenerator(seed: Self.seed)
    let folder = TemporaryFolder()
    let values = scratch((0..<48_000).map { _ in Float(generator.unit()) })
    var writer = CheckpointWriter()
    for index in 0..<12 {
      writer.add(
        "layer\(index).weight", shape: [4, 1000],
        values: values.cells.suffix(from: index * 4000).prefix(4000))
    }
    writer.add("steps", shape: [], integers: [42])
    writer.metadata = ["epoch": "3"]
    let path = folder["own"]
    try writer.write(to: path, budget: MemoryBudget())
    withExtendedLifetime(values) {}
    let original = bytes(ofFile: path)
    let header = 8 + original[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    for index in 0..<Tier.cases(5000, release: original.count) {
      // Half of the flips hit the header, which is a hundredth of the file.
      let range = index % 2 == 0 ? original.count : header
      let place = Tier.isRelease ? index : Int(generator.next() % UInt64(range))
      var damaged = original
      damaged[place] ^= 1 << UInt8(generator.next() % 8)
      tally.check(outcome(damaged, folder, .required) == .refused, "byte \(place) was flipped unseen")
    }
    tally.report()
    #expect(tally.run == tally.passed, "\(tally.firstFailure ?? "")")
    #expect(outcome(original, folder, .required) == .valid)
  }

  // MARK: Mutants

  private func truncations(_ file: [UInt8]) -> [[UInt8]] { file.indices.map { Array(file[..<$0]) } }

  private func headerFlips(_ file: [UInt8]) -> [[UInt8]] {
    let header = 8 + file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    return (0..<8 * header).map { bit in
      var mutant = file
      mutant[bit / 8] ^= 1 << UInt8(bit % 8)
      return mutant
    }
  }

  /// Every number in the header, and the length before it, in turn set to the numbers that overflow
  /// something.
  private func replacedIntegers(_ file: [UInt8]) -> [[UInt8]] {
    let numbers = ["0", "1", "32768", "65535", "2147483648", "4294967295", "9223372036854775808"]
    let header = 8 + file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var mutants: [[UInt8]] = []
    let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    var place = 8
    while place < header {
      let end = file[place..<header].firstIndex { !isDigit($0) } ?? header
      if end > place, [UInt8(ascii: ","), UInt8(ascii: "[")].contains(file[place - 1]) {
        for number in numbers {
          let text = Array(file[8..<place]) + Array(number.utf8) + Array(file[end..<header])
          mutants.append(length(UInt64(text.count)) + text + Array(file[header...]))
        }
      }
      place = max(end, place + 1)
    }
    for number in numbers { mutants.append(length(UInt64(number) ?? 0) + Array(file[8...])) }
    return mutants
  }

  private func length(_ count: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
  }

  private func randomMutant(of file: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var mutant = file
    let first = Int(generator.next() % UInt64(file.count))
    let second = Int(generator.next() % UInt64(file.count))
    let block = min(first, second)..<min(max(first, second), min(first, second) + 64)
    switch generator.next() % 3 {
    case 0:
      for _ in 0..<16 {
        mutant[Int(generator.next() % UInt64(file.count))] ^= 1 << UInt8(generator.next() % 8)
      }
    case 1: mutant = Array(file[..<first]) + Array(file[second...])
    default: mutant.insert(contentsOf: file[block], at: block.upperBound)
    }
    return mutant
  }
}
