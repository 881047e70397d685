import ComputeRuntime
import Glibc
import NeuralNetwork
import TestOracles
import Testing

@testable import SHAPRFiles

@Suite("Written volumes")
struct VolumeWriterTests {
  /// 3 x 4 x 5 values from 0 to 1, as Tests/Fixtures/written/check.py has them.
  private static func volume() -> Scratch<Float> {
    let values = scratch(60, of: Float.self)
    for index in 0..<60 { values.cells[index] = Float((index * 37 + 11) % 101) / 100 }
    return values
  }

  private static let spacing = VoxelSpacing(z: 0.5, y: 0.25, x: 0.125)

  private typealias Writing = @Sendable (VolumeWriter, String) throws -> Void

  /// Names of the recorded files, and how they are written.
  private static let files: [(name: String, write: Writing)] = [
    ("float32.tif", { try $0.writeTIFF(to: $1) }),
    ("uint8.tif", { try $0.writeTIFF(to: $1, as: .uint8) }),
    ("float32-deflate.tif", { try $0.writeTIFF(to: $1, isCompressed: true) }),
    ("uint8-deflate.tif", { try $0.writeTIFF(to: $1, as: .uint8, isCompressed: true) }),
    ("float32.nrrd", { try $0.writeNRRD(to: $1) }),
    ("uint8.nrrd", { try $0.writeNRRD(to: $1, as: .uint8) }),
    ("float32-gzip.nrrd", { try $0.writeNRRD(to: $1, isCompressed: true) }),
    ("float32.npy", { try $0.writeNPY(to: $1) }),
    ("uint8.npy", { try $0.writeNPY(to: $1, as: .uint8) }),
  ]

  /// The recorded files were read by tifffile, NumPy and gzip: Tests/Fixtures/written/check.py.
  /// (What deflate makes differs between versions of zlib.) `TOPOLOSS_RECORD` names a folder to put them in.
  @Test("files are those that other programs have read") func recorded() throws {
    let (temporary, values) = (TemporaryFolder(), Self.volume())
    let folder = unsafe getenv("TOPOLOSS_RECORD").map { unsafe String(cString: $0) } ?? temporary.path
    let writer = VolumeWriter(
      values.cells, extents: [3, 4, 5], spacing: Self.spacing, budget: MemoryBudget())
    for (name, write) in Self.files {
      let path = "\(folder)/\(name)"
      try write(writer, path)
      let found = bytes(ofFile: path)
      #expect(!found.isEmpty)
      if !name.contains("deflate"), !name.contains("gzip") {
        let isSame = found == bytes(ofFile: fixture("written/\(name)"))
        #expect(isSame, "\(name)")
      }
    }
    withExtendedLifetime((values, temporary)) {}
  }

  @Test(
    "what was written is read back",
    arguments: [
      "float32.tif", "uint8.tif", "float32-deflate.tif", "uint8-deflate.tif", "float32.npy", "uint8.npy",
    ])
  func roundTrip(name: String) throws {
    let (folder, values) = (TemporaryFolder(), Self.volume())
    let budget = MemoryBudget()
    for extents in [[3, 4, 5], [12, 5], [60, 1, 1], [1, 60, 1]] {
      let path = folder[name]
      let writer = VolumeWriter(values.cells, extents: extents, budget: budget)
      try Self.files.first { $0.name == name }?.write(writer, path)
      let array = try PixelArray.read(path, budget: budget)
      // A TIFF file of one plane is an image.
      let isOnePlane = extents[0] == 1 && name.hasSuffix("tif")
      #expect(array.extents == (isOnePlane ? Array(extents.dropFirst()) : extents))
      let expected = (0..<60).map { index in
        name.hasPrefix("uint8") ? Float(VolumeWriter.eightBits(values.cells[index])) : values.cells[index]
      }
      #expect(array.values == expected)
    }
    withExtendedLifetime(values) {}
  }

  @Test(
    "eight bits are rounded; outside is the nearer end",
    arguments: [
      (0, 0), (1, 255), (0.5, 128), (0.0019, 0), (0.002, 1), (-3, 0), (7, 255), (.nan, 0), (.infinity, 255),
    ] as [(Float, UInt8)])
  func eightBits(value: Float, expected: UInt8) { #expect(VolumeWriter.eightBits(value) == expected) }

  @Test("a file that cannot be created, and a name with a zero byte") func errors() {
    let (folder, values) = (TemporaryFolder(), Self.volume())
    let writer = VolumeWriter(values.cells, extents: [3, 4, 5], budget: MemoryBudget())
    let missing = #expect(throws: FileError.self) { try writer.writeTIFF(to: folder["none/x.tif"]) }
    #expect(missing?.row == .creating(errno: 2))
    let zero = #expect(throws: FileError.self) { try writer.writeNPY(to: folder["x\0.npy"]) }
    #expect(zero?.row == .path)
    let small = VolumeWriter(values.cells, extents: [3, 4, 5], budget: MemoryBudget(limit: 100))
    let refused = #expect(throws: FileError.self) { try small.writeNRRD(to: folder["x.nrrd"]) }
    if case .memory = refused?.row {} else { Issue.record("\(refused as Any)") }
    #expect(bytes(ofFile: folder["x.nrrd"]).isEmpty)
    withExtendedLifetime(values) {}
  }
}
