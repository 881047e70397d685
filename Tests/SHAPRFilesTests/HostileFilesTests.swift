import ComputeRuntime
import NeuralNetwork
import TestOracles
import Testing

@testable import SHAPRFiles

/// C1 and C2 of docs/reliability.md for TIFF, NPY and PNG.
@Suite("Hostile files", .serialized)
struct HostileFilesTests {
  private static let seed: UInt64 = 0xF11E5

  @Test("C2: each gets its error, or is read, within 2 s with a budget of 64 MiB + 2 x file") func crafted() {
    var tally = Tally("C2", seed: 0)
    let folder = TemporaryFolder()
    for one in CraftedFile.tiffs + CraftedFile.npys {
      let path = folder.write(one.bytes, as: one.name)
      let time = processorSeconds {
        do throws(FileError) {
          _ = try PixelArray.read(path, budget: Self.budget(one.bytes.count))
          tally.check(one.row == nil, "\(one.name): was read")
        } catch {
          tally.check(
            error.row == one.row && error.reason.contains(one.reason), "\(one.name): \(error.row) \(error)")
        }
      }
      tally.check(time < 2, "\(one.name): took \(time) s")
    }
    tally.report()
    #expect(CraftedFile.tiffs.count + CraftedFile.npys.count >= 120)
    #expect(tally.run == tally.passed, "\(tally.firstFailure ?? "")")
  }

  /// Truncations, flipped bits, replaced numbers, splices and repeated blocks. A trap or an access beyond
  /// a fence would end the tests.
  @Test(
    "C1: damaged files are read or refused", .timeLimit(.minutes(5)),
    arguments: [
      [
        "u2-zlib-le.tif", "tiles-lzw-predictor.tif", "big-zlib-tiles-le.tif", "imagej-one.tif",
        "f4-packbits-be.tif",
      ],
      ["uint16-be-fortran.npy", "float16.npy", "version2.npy"],
      ["grey16.png", "grey-palette.png", "grey1.png"],
    ])
  func mutations(names: [String]) {
    var tally = Tally("C1", seed: Self.seed)
    var generator = SeededGenerator(seed: Self.seed)
    let folder = TemporaryFolder()
    var valid = 0
    for name in names {
      let original = bytes(ofFile: fixture("images/files/\(name)"))
      #expect(!original.isEmpty)
      for index in 0..<Tier.cases(2000, release: 50_000) / names.count {
        var mutant = mutant(of: original, index, &generator)
        if name.hasSuffix(".png"), index % 2 == 0 { repairChecksums(&mutant) }
        let path = folder.write(mutant, as: name)
        let time = processorSeconds {
          do throws(FileError) {
            let array = try PixelArray.read(path, budget: Self.budget(mutant.count))
            tally.check(array.count > 0 && array.values.count == array.count, "\(name) \(index)")
            valid += 1
          } catch {
            let isOfFiles =
              [.format, .unsupported, .limit, .shape, .elementType].contains(error.row) || error.isOfMemory
            tally.check(
              isOfFiles && !error.description.contains("\n"), "\(name) \(index): \(error.row) \(error)")
          }
        }
        tally.check(time < 2, "\(name) \(index): took \(time) s")
      }
    }
    tally.report()
    #expect(valid > 0)
    #expect(tally.run == tally.passed, "\(tally.firstFailure ?? "")")
  }

  /// What the promise allows: 64 MiB + 2 x file. (Other tests run in this process, so that its own size
  /// tells nothing.)
  private static func budget(_ bytes: Int) -> MemoryBudget {
    MemoryBudget(limit: UInt64(64 << 20 + 2 * bytes))
  }

  private func mutant(of file: [UInt8], _ index: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    // First every truncation and every bit of the first 64 bytes, as far as the number of cases goes.
    if index % 4 == 0, index / 4 < file.count { return Array(file[..<(index / 4)]) }
    var mutant = file
    func place(_ width: Int = 1) -> Int { Int(generator.next() % UInt64(max(1, file.count - width))) }
    let (first, second) = (place(), place())
    switch generator.next() % 5 {
    case 0: mutant[first] ^= 1 << UInt8(generator.next() % 8)
    case 1: for _ in 0..<16 { mutant[place()] ^= 1 << UInt8(generator.next() % 8) }
    case 2:
      let numbers: [UInt64] = [0, 1, 1 << 15, 1 << 16 - 1, 1 << 31, 1 << 32 - 1, 1 << 63]
      let number = numbers[Int(generator.next() % 7)]
      let width = [2, 4, 8][Int(generator.next() % 3)]
      let isBigEndian = generator.next() % 2 == 0
      // Numbers of a file stand at even places.
      let start = place(8) & ~1
      for byte in 0..<min(width, file.count - start) {
        mutant[start + byte] = UInt8(
          truncatingIfNeeded: number >> UInt64(8 * (isBigEndian ? width - 1 - byte : byte)))
      }
    case 3: mutant = Array(file[..<first]) + Array(file[second...])
    default:
      let block = min(first, second)..<min(max(first, second), min(first, second) + 64)
      mutant.insert(contentsOf: file[block], at: block.upperBound)
    }
    return mutant
  }

  /// Gives every chunk the checksum of what it holds now, so that the damage is seen by what reads it.
  private func repairChecksums(_ file: inout [UInt8]) {
    var place = 8
    while place + 12 <= file.count {
      let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= file.count - place - 12 else { return }
      let end = place + 8 + length
      var checksum: UInt32 = 0xFFFF_FFFF
      for byte in file[place + 4..<end] {
        checksum ^= UInt32(byte)
        for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
      for byte in 0..<4 { file[end + byte] = UInt8(truncatingIfNeeded: ~checksum >> UInt32(24 - 8 * byte)) }
      place = end + 4
    }
  }
}

extension FileError {
  fileprivate var isOfMemory: Bool { if case .memory = row { true } else { false } }
}
