import ComputeRuntime
import Glibc
import NeuralNetwork
import TestOracles
import Testing

@testable import SHAPRFiles

@Suite("Folders of cells")
struct CellFolderTests {
  fileprivate let folder = TemporaryFolder()
  fileprivate let budget = MemoryBudget()

  init() { for part in CellFolder.Part.allCases { folder.makeFolder(part.rawValue) } }

  /// Writes values, all `value` but for one voxel of 0, as NPY or TIFF.
  fileprivate func put(
    _ name: String, _ extents: [Int], _ value: Float = 1, as element: VolumeWriter.Element = .uint8
  ) {
    let values = scratch(extents.reduce(1, *), of: Float.self)
    values.cells.fill(0..<values.capacity, with: value)
    values.cells[values.capacity / 2] = 0
    let writer = VolumeWriter(values.cells, extents: extents, budget: budget)
    let path = folder[name]
    do {
      try name.hasSuffix("npy")
        ? writer.writeNPY(to: path, as: element) : writer.writeTIFF(to: path, as: element)
    } catch { Issue.record("\(error)") }
    withExtendedLifetime(values) {}
  }

  private func putCell(_ name: String) {
    put("image/\(name).tif", [64, 64])
    put("mask/\(name).npy", [64, 64])
    put("obj/\(name).tiff", [64, 64, 64])
  }

  private func open(_ parts: CellFolder.Parts = .imagesAndObjects) throws -> CellFolder {
    try CellFolder(path: folder.path, parts: parts)
  }

  /// Loads a cell as training does.
  private func load(_ cells: CellFolder, _ index: Int) throws(FileError) {
    let (input, object) = (
      scratch(cells.inputCount, of: Float.self), scratch(cells.objectCount, of: Float.self)
    )
    try cells.load(index, input: input.cells, object: object.cells, budget: budget)
  }

  @Test("names are sorted by their bytes; the class is the name without digits at its end") func names()
    throws
  {
    for name in ["b2", "a10", "a9", "Ä1", "7", "x-1"] { putCell(name) }
    let cells = try open()
    #expect(cells.names == ["7", "a10", "a9", "b2", "x-1", "Ä1"])
    #expect(cells.names.indices.map(cells.className) == ["", "a", "a", "b", "x-", "Ä"])
    #expect(cells.check(budget: budget) == [])
    for index in cells.names.indices { try load(cells, index) }
  }

  @Test("a defect is found in its file, and loading says the same", arguments: 0..<17)
  func defect(index: Int) throws {
    putCell("c0")
    putCell("c1")
    putCell("c2")
    let defect = defects[index]
    defect.make(self)
    let cells = try open()
    let errors = cells.check(budget: budget).filter { $0.severity == .error }
    #expect(errors.count == 1)
    #expect(errors.first?.sample == "c1")
    guard case .defect(let error) = errors.first?.kind else {
      Issue.record("\(defect.name): \(errors)")
      return
    }
    #expect(error.row == defect.row, "\(defect.name): \(error)")
    #expect(error.file == "\(folder.path)/\(defect.file)")
    #expect(!error.description.contains("\n"))
    let thrown = #expect(throws: FileError.self) { try load(cells, 1) }
    #expect(thrown == error)
    try load(cells, 0)
    try load(cells, 2)
  }

  @Test("an integer type without a known white is a defect") func elementType() throws {
    putCell("c1")
    let header = "{'descr': '<i4', 'fortran_order': False, 'shape': (64, 64), }"
    folder.write(CraftedFile.npy("", header, nil, "", data: 4 * 4096).bytes, as: "mask/c1.npy")
    let cells = try open()
    let findings = cells.check(budget: budget)
    #expect(findings.count == 1)
    if case .defect(let error) = findings.first?.kind { #expect(error.row == .elementType) }
  }

  @Test("unsafe names are not used; a link that stays inside is") func hostileNames() throws {
    putCell("c1")
    put("image/evil\n\u{1B}[31m.tif", [64, 64])
    let latin = Array(folder["image/"].utf8) + [0xFF, 0xFE] + Array(".tif".utf8) + [0]
    let descriptor = unsafe latin.withUnsafeBytes { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) {
        unsafe creat($0.baseAddress!, 0o600)
      }
    }
    close(descriptor)
    put("image/x\\y.tif", [64, 64])
    for part in ["image/c2.tif", "mask/c2.npy", "obj/c2.tiff"] {
      let file = part.split(separator: "/")[1].replacing("c2", with: "c1")
      unsafe symlink(String(file), folder[part])
    }
    let cells = try open()
    #expect(cells.names == ["c1", "c2"])
    let findings = cells.check(budget: budget)
    #expect(findings.count == 3)
    for finding in findings {
      if case .defect(let error) = finding.kind {
        #expect(error.row == .path)
      } else {
        Issue.record("\(finding)")
      }
      #expect(!finding.description.utf8.contains { $0 < 32 })
    }
    try load(cells, 1)
  }

  @Test("a name that stands twice is an error") func twice() throws {
    putCell("c1")
    put("image/c1.npy", [64, 64])
    let findings = try open().check(budget: budget)
    #expect(findings.map(\.severity) == [.error])
    #expect(findings.first?.sample == "c1")
  }

  @Test("other files and folders are noticed, hidden ones are not") func otherFiles() throws {
    putCell("c1")
    folder.write([1], as: "image/notes.txt")
    folder.write([1], as: "image/.DS_Store")
    folder.write(bytes(ofFile: fixture("images/files/grey8.png")), as: "obj/c1.png")
    folder.makeFolder("mask/old.tif")
    let findings = try open().check(budget: budget)
    #expect(
      findings.map(\.kind) == [
        .ignored(file: folder["image/notes.txt"]), .ignored(file: folder["mask/old.tif"]),
        .ignored(file: folder["obj/c1.png"]),
      ])
    #expect(findings.allSatisfy { $0.severity == .notice })
  }

  @Test("other sizes are resampled, with a notice") func sizes() throws {
    put("image/c1.tif", [100, 50])
    put("mask/c1.npy", [100, 50])
    put("obj/c1.tiff", [20, 50, 25])
    let cells = try CellFolder(path: folder.path, size: (16, 32, 32))
    #expect(
      cells.check(budget: budget).map(\.kind) == [
        .resampled(file: folder["image/c1.tif"], from: [100, 50], to: [32, 32]),
        .resampled(file: folder["mask/c1.npy"], from: [100, 50], to: [32, 32]),
        .resampled(file: folder["obj/c1.tiff"], from: [20, 50, 25], to: [16, 32, 32]),
      ])
    let (input, object) = (
      scratch(cells.inputCount, of: Float.self), scratch(cells.objectCount, of: Float.self)
    )
    try cells.load(0, input: input.cells, object: object.cells, budget: budget)
    // One voxel of 5,000 and of 25,000 was black.
    #expect((0..<1024).filter { input.cells[$0] == 1 }.count >= 1020)
    #expect((0..<16 * 1024).filter { object.cells[$0] == 1 }.count >= 16 * 1024 - 8)
  }

  @Test("empty files and 0-and-1 files are noticed") func oddValues() throws {
    putCell("c1")
    put("mask/c1.npy", [64, 64], 0)
    put("image/c1.tif", [64, 64], 1 / 255)
    let findings = try open().check(budget: budget)
    #expect(
      findings.map(\.kind) == [
        .almostBlack(file: folder["image/c1.tif"]), .empty(file: folder["mask/c1.npy"]),
      ])
  }

  @Test("predictions need no objects") func predictions() throws {
    put("image/c1.tif", [64, 64])
    put("mask/c1.npy", [64, 64], 0.5, as: .float32)
    unsafe rmdir(folder["obj"])
    let cells = try open(.images)
    #expect(cells.check(budget: budget) == [])
    let input = scratch(cells.inputCount, of: Float.self)
    try cells.load(0, input: input.cells, budget: budget)
    #expect((input.cells[0], input.cells[4096]) == (0.5, 0.5))
    #expect((input.cells[2080], input.cells[4096 + 2080]) == (0.5, 0.5))
    let error = #expect(throws: FileError.self) { try open() }
    #expect(error?.row == .reading(errno: 2))
    #expect(error?.file == folder["obj"])
  }

  @Test("a folder that is not there, has nothing in it, or is elsewhere") func noFolder() throws {
    let empty = #expect(throws: FileError.self) { try open() }
    #expect(empty?.row == .reading(errno: 2))
    let missing = #expect(throws: FileError.self) { try CellFolder(path: folder["none"]) }
    #expect(missing?.row == .reading(errno: 2))
    let zero = #expect(throws: FileError.self) { try CellFolder(path: "a\0b") }
    #expect(zero?.row == .path)
    unsafe rmdir(folder["mask"])
    unsafe symlink("/tmp", folder["mask"])
    let outside = #expect(throws: FileError.self) { try open() }
    #expect(outside?.row == .path)
    unsafe unlink(folder["mask"])
  }

  @Test(
    "faults of names",
    arguments: [
      ("cell1", true), ("", false), (".", false), ("..", false), ("a/b", false), ("../x", false),
      ("a\0b", false),
      ("a\u{85}", false), ("a\u{2028}", false), (String(repeating: "x", count: 255), true),
      (String(repeating: "x", count: 256), false), ("Zelle ä", true), ("a..b", true),
    ])
  func faults(name: String, isGood: Bool) { #expect((faultOfFileName(name) == nil) == isGood) }
}

/// For each defect: how it is made, in which file it is found, and its row.
private let defects:
  [(name: String, make: @Sendable (CellFolderTests) -> Void, file: String, row: FileError.Row)] = [
    ("no mask", { unsafe unlink($0.folder["mask/c1.npy"]) }, "mask/c1.*", .reading(errno: 2)),
    ("no object", { unsafe unlink($0.folder["obj/c1.tiff"]) }, "obj/c1.*", .reading(errno: 2)),
    ("volume as image", { $0.put("image/c1.tif", [3, 64, 64]) }, "image/c1.tif", .shape),
    ("image as object", { $0.put("obj/c1.tiff", [64, 64]) }, "obj/c1.tiff", .shape),
    ("mask of another size", { $0.put("mask/c1.npy", [32, 32]) }, "mask/c1.npy", .shape),
    ("stretched object", { $0.put("obj/c1.tiff", [64, 64, 32]) }, "obj/c1.tiff", .shape),
    ("NaN", { $0.put("mask/c1.npy", [64, 64], .nan, as: .float32) }, "mask/c1.npy", .notANumber),
    (
      "infinity", { $0.put("obj/c1.tiff", [64, 64, 64], .infinity, as: .float32) }, "obj/c1.tiff", .infinite
    ),
    ("2.0", { $0.put("image/c1.tif", [64, 64], 2, as: .float32) }, "image/c1.tif", .range),
    ("text", { $0.folder.write(Array("hello".utf8), as: "image/c1.tif") }, "image/c1.tif", .format),
    ("nothing", { $0.folder.write([], as: "mask/c1.npy") }, "mask/c1.npy", .format),
    (
      "cut off",
      { $0.folder.write(Array(bytes(ofFile: $0.folder["obj/c1.tiff"]).dropLast()), as: "obj/c1.tiff") },
      "obj/c1.tiff", .format
    ),
    (
      "wrong type",
      { $0.folder.write(bytes(ofFile: fixture("images/files/int32.npy")), as: "mask/c1.npy") },
      "mask/c1.npy",
      .shape
    ),
    (
      "pipe",
      {
        unsafe unlink($0.folder["image/c1.tif"])
        unsafe mkfifo($0.folder["image/c1.tif"], 0o600)
      }, "image/c1.tif", .reading(errno: EINVAL)
    ),
    (
      "link to outside",
      {
        unsafe unlink($0.folder["image/c1.tif"])
        unsafe symlink(fixture("images/files/image.tif"), $0.folder["image/c1.tif"])
      }, "image/c1.tif", .path
    ),
    (
      "link to a device",
      {
        unsafe unlink($0.folder["image/c1.tif"])
        unsafe symlink("/dev/zero", $0.folder["image/c1.tif"])
      }, "image/c1.tif", .path
    ),
    (
      "link to nothing",
      {
        unsafe unlink($0.folder["image/c1.tif"])
        unsafe symlink("none", $0.folder["image/c1.tif"])
      }, "image/c1.tif", .reading(errno: 2)
    ),
  ]
