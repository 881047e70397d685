import ComputeRuntime
import TestOracles
import Testing

@testable import SHAPRFiles

@Suite("The real sample")
struct SampleTests {
  private let record = FixtureJSON(parsing: bytes(ofFile: fixture("images/sample.json"))).members ?? [:]

  /// The two sums of Tests/Fixtures/images/make_sample.py.
  private func sums(_ array: PixelArray) -> [Double] {
    var (sum, weighted) = (0, 0)
    for (index, value) in array.bytes.enumerated() {
      sum += Int(value)
      weighted += Int(value) * (index + 1)
    }
    return [Double(sum), Double(weighted % 65521)]
  }

  @Test("108 triples hold what tifffile reads") func sums() throws {
    guard let path = sampleFolder() else { return }
    let folder = try CellFolder(path: path)
    #expect(folder.count == 108)
    #expect(folder.names == record.keys.sorted())
    for index in folder.names.indices {
      let found = try CellFolder.Part.allCases.flatMap {
        sums(try folder.array($0, index, budget: MemoryBudget()))
      }
      #expect(found == record[folder.names[index]]?.numbers)
    }
    #expect(Set(folder.names.indices.map(folder.className)).count == 4)
    #expect(folder.className(of: 0) == "A_cell_clusters")
  }

  @Test("it has no defects, and is not resampled") func check() throws {
    guard let path = sampleFolder() else { return }
    let findings = try CellFolder(path: path).check(budget: MemoryBudget())
    #expect(findings == [])
  }

  @Test("inputs are mask and image times mask, objects their grey values") func load() throws {
    guard let path = sampleFolder() else { return }
    let folder = try CellFolder(path: path)
    let (input, object) = (
      scratch(folder.inputCount, of: Float.self), scratch(folder.objectCount, of: Float.self)
    )
    for index in stride(from: 0, to: folder.count, by: 10) {
      let (image, mask, truth) = (
        try folder.array(.image, index, budget: MemoryBudget()).values,
        try folder.array(.mask, index, budget: MemoryBudget()).values,
        try folder.array(.object, index, budget: MemoryBudget()).values
      )
      try folder.load(index, input: input.cells, object: object.cells, budget: MemoryBudget())
      #expect((0..<4096).allSatisfy { input.cells[$0] == mask[$0] / 255 })
      #expect((0..<4096).allSatisfy { input.cells[4096 + $0] == image[$0] / 255 * (mask[$0] / 255) })
      #expect((0..<64 * 4096).allSatisfy { object.cells[$0] == truth[$0] / 255 })
    }
    // Never the bottleneck: an epoch of 81 cells in less than a twentieth of its 2 seconds of training.
    let seconds = try processorSeconds {
      for index in 0..<81 {
        try folder.load(index, input: input.cells, object: object.cells, budget: MemoryBudget())
      }
    }
    print("81 cells are loaded in \(seconds) s")
    #expect(seconds < 1)
  }
}
