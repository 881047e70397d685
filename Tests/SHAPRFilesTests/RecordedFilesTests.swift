import ComputeRuntime
import NeuralNetwork
import PersistentHomology
import TestOracles
import Testing

@testable import SHAPRFiles

/// Files of tifffile, NumPy and Pillow: Tests/Fixtures/images/make.py.
@Suite("Files of other programs")
struct RecordedFilesTests {
  private let record = FixtureJSON(parsing: bytes(ofFile: fixture("images/files.json"))).members ?? [:]

  /// Sum of the bytes, and sum of byte times (position + 1) modulo 65521.
  private func sums(_ bytes: [UInt8]) -> [Double] {
    var (sum, weighted) = (0, 0)
    for (index, value) in bytes.enumerated() {
      sum += Int(value)
      weighted += Int(value) * (index + 1)
    }
    return [Double(sum), Double(weighted % 65521)]
  }

  @Test("C9: every type, byte order, packing and layout is read as its program wrote it") func recorded() {
    var tally = Tally("C9", seed: 0)
    for (name, expected) in record.sorted(by: { $0.key < $1.key }) {
      do throws(FileError) {
        let array = try PixelArray.read(fixture("images/files/\(name)"), budget: MemoryBudget())
        let isSame =
          array.extents.map(Double.init) == expected["shape"]?.numbers
          && array.elementType.rawValue == expected["type"]?.string
          && sums(array.bytes) == expected["sums"]?.numbers
        tally.check(isSame, "\(name): \(array.extents) \(array.elementType) \(sums(array.bytes))")
      } catch {
        tally.check(expected["row"]?.string == "\(error.row)", "\(error)")
      }
    }
    tally.report()
    #expect(record.count > 100)
    #expect(tally.run == tally.passed, "\(tally.firstFailure ?? "")")
  }

  @Test("bits can be stored from the lowest on") func fillOrder() throws {
    let folder = TemporaryFolder()
    let path = folder.write(CraftedTIFF([266: CraftedTIFF.short(2)]).bytes, as: "x.tif")
    // The crafted file is full of 0b0000_0111.
    let array = try PixelArray.read(path, budget: MemoryBudget())
    #expect(array.values == [Float](repeating: 0b1110_0000, count: 256))
  }

  @Test("what a budget does not have is refused, with the bytes it takes") func budget() {
    for name in ["strips-lzw.tif", "float64.npy", "grey8.png"] {
      let error = #expect(throws: FileError.self) {
        try PixelArray.read(fixture("images/files/\(name)"), budget: MemoryBudget(limit: 50))
      }
      if case .memory(let bytes) = error?.row {
        #expect(bytes > 50)
      } else {
        Issue.record("\(name): \(error as Any)")
      }
    }
  }
}

@Suite("Values from 0 to 1")
struct FractionTests {
  private func array(_ name: String) throws -> PixelArray {
    try PixelArray.read(fixture("images/files/\(name)"), budget: MemoryBudget())
  }

  @Test(
    "full scale is 255, 65535, 1",
    arguments: [
      ("grey8.png", 255 as Float), ("grey16.png", 65535), ("float32.npy", 1), ("float16.npy", 1),
      ("bool.npy", 1),
    ])
  func fullScale(name: String, scale: Float) throws {
    let array = try array(name)
    #expect(try array.fractions() == array.values.map { $0 / scale })
  }

  @Test("integers without a known white are refused", arguments: ["int16", "uint32", "int64"])
  func noFullScale(name: String) throws {
    let array = try array("\(name).npy")
    let error = #expect(throws: FileError.self) { try array.fractions() }
    #expect(error?.row == .elementType)
  }

  @Test(
    "NaN, infinity and values outside are named with their place",
    arguments: [
      (Float.nan, FileError.Row.notANumber, "a value is NaN, at (z 1, y 0, x 2)"),
      (.infinity, .infinite, "a value is infinite, at (z 1, y 0, x 2)"),
      (1.5, .range, "a value is 1.5, at (z 1, y 0, x 2); floating-point values are from 0 to 1"),
      (-0.25, .range, "a value is -0.25, at (z 1, y 0, x 2); floating-point values are from 0 to 1"),
    ])
  func outside(value: Float, row: FileError.Row, reason: String) throws {
    let folder = TemporaryFolder()
    let values = scratch(2 * 3 * 4, of: Float.self)
    values.cells[14] = value
    let path = folder["volume.npy"]
    try VolumeWriter(values.cells, extents: [2, 3, 4], budget: MemoryBudget()).writeNPY(to: path)
    withExtendedLifetime(values) {}
    let array = try PixelArray.read(path, budget: MemoryBudget())
    let error = #expect(throws: FileError.self) { try array.fractions() }
    #expect(error?.row == row)
    #expect(error?.reason == reason)
  }
}

@Suite("Resampling of images")
struct LinearResamplingTests {
  @Test("as scipy.ndimage.zoom of order 1 on grids that cover the same box") func scipy() {
    let cases = FixtureJSON(parsing: bytes(ofFile: fixture("images/resampling.json"))).elements ?? []
    #expect(cases.count == 4)
    for one in cases {
      let (from, to) = (one["from"]?.numbers ?? [], one["to"]?.numbers ?? [])
      let (input, expected) = (one["input"]?.numbers ?? [], one["output"]?.numbers ?? [])
      let (source, result) = (scratch(input.count, of: Float.self), scratch(expected.count, of: Float.self))
      for (index, value) in input.enumerated() { source.cells[index] = Float(value) }
      LinearResampling(from: from.map { Int($0) }, to: to.map { Int($0) })
        .resample(source.cells, into: result.cells)
      for (index, value) in expected.enumerated() {
        // Three roundings of Float, of values below 1.
        #expect(abs(Double(result.cells[index]) - value) < 4e-7)
      }
      withExtendedLifetime(source) {}
    }
  }

  @Test("a constant stays itself, bit for bit") func constant() {
    let (source, result) = (scratch(5 * 6 * 7, of: Float.self), scratch(64 * 64 * 64, of: Float.self))
    source.cells.fill(0..<210, with: 0.3)
    LinearResampling(from: [5, 6, 7], to: [64, 64, 64]).resample(source.cells, into: result.cells)
    #expect((0..<64 * 64 * 64).allSatisfy { result.cells[$0] == 0.3 })
    withExtendedLifetime(source) {}
  }
}
