import ComputeRuntime
import Testing

@testable import SHAPRFiles

@Suite("The folder of synthetic cells")
struct SyntheticDataSetTests {
  private struct DiskFull: Error {}

  @Test("three folders with equal names, classes in turn, and the texts that belong to them")
  func layout() throws {
    let kinds: [CellKind] = [.discocyte, .cellCluster, .nucleus]
    let dataSet = SyntheticDataSet(SyntheticCells(seed: 1, size: 48, kinds: kinds), count: 15)
    var folders: [String] = []
    var arrays: [String: [Int]] = [:]
    var texts: [String: String] = [:]
    var told: [Int] = []
    let writer = SyntheticDataSet.Writer(
      makeFolder: { folders.append($0) },
      writeArray: { path, extents, values in
        #expect(values.count == extents.reduce(1, *))
        arrays[path] = extents
      },
      writeText: { texts[$0] = $1 })
    try dataSet.write(with: writer, budget: MemoryBudget()) { told.append($0) }
    #expect(folders == ["image", "mask", "obj"])
    #expect(told == Array(1...15))
    #expect(arrays.count == 45)
    let names = (0..<15).map { dataSet.cells.name(of: $0) }
    #expect(names[0] == "discocyte000000.tif" && names[13] == "cell_cluster000013.tif")
    for name in names {
      #expect(arrays["image/\(name)"] == [48, 48])
      #expect(arrays["mask/\(name)"] == [48, 48])
      #expect(arrays["obj/\(name)"] == [48, 48, 48])
    }
    let rows = try #require(texts["betti.csv"]).split(separator: "\n")
    #expect(rows.count == 16 && rows[0] == "name,class,b0,b1,b2")
    #expect(rows[1] == "discocyte000000.tif,discocyte,1,0,0")
    let split = try #require(texts["split.json"])
    let (train, rest) = try cut(split, at: "\"val\"")
    let (validation, test) = try cut(rest, at: "\"test\"")
    // Each class has five cells: three, one and one of them.
    for (part, share) in [(train, 3), (validation, 1), (test, 1)] {
      for kind in kinds {
        #expect(names.count { part.contains("\"\($0)\"") && $0.hasPrefix(kind.rawValue) } == share)
      }
    }
    #expect(texts["README.md"]?.contains("seed 1, 48 voxels") == true)
  }

  @Test("of five cells and more, every part has some, and each cell is in one of them")
  func smallSplits() throws {
    for count in 5...60 {
      let dataSet = SyntheticDataSet(SyntheticCells(seed: 1), count: count)
      let (train, rest) = try cut(dataSet.split, at: "\"val\"")
      let (validation, test) = try cut(rest, at: "\"test\"")
      let sizes = [train, validation, test].map { $0.split(separator: "\n").count { $0.hasPrefix("  ") } }
      #expect(sizes.reduce(0, +) == count && sizes.allSatisfy { $0 > 0 }, "\(count) cells: \(sizes)")
    }
  }

  private func cut(_ text: String, at word: String) throws -> (String, String) {
    let range = try #require(text.firstRange(of: word))
    return (String(text[..<range.lowerBound]), String(text[range.lowerBound...]))
  }

  @Test("classes are balanced: their numbers differ by one at most")
  func balance() {
    let cells = SyntheticCells(seed: 1)
    var counts: [CellKind: Int] = [:]
    for index in 0..<107 { counts[cells.kind(of: index), default: 0] += 1 }
    #expect(counts.count == 10)
    #expect(counts.values.allSatisfy { 10...11 ~= $0 })
  }

  @Test("the error of the writer comes through, and a budget too small is an error")
  func failures() {
    let dataSet = SyntheticDataSet(SyntheticCells(seed: 1, size: 48), count: 2)
    let writer = SyntheticDataSet.Writer(
      makeFolder: { _ in }, writeArray: { _, _, _ in throw DiskFull() }, writeText: { _, _ in })
    #expect(throws: DiskFull.self) { try dataSet.write(with: writer, budget: MemoryBudget()) }
    #expect(throws: ComputeError.self) {
      try dataSet.write(with: writer, budget: MemoryBudget(limit: 100_000))
    }
  }
}
