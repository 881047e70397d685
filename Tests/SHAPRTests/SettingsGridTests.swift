import Testing

@testable import SHAPR

@Suite("Settings: grids")
struct SettingsGridTests {
  private func points(_ texts: [String], _ base: Settings = Settings()) throws(SettingsError)
    -> [SettingsGrid.Point]
  {
    try SettingsGrid(texts).points(of: base)
  }

  private func fault(_ texts: String...) -> String? {
    do throws(SettingsError) {
      _ = try points(texts)
      return nil
    } catch { return error.reason }
  }

  @Test("every combination once, the last axis fastest; what is no axis stays") func product() throws {
    var base = Settings()
    base.epochs = 7
    let found = try points(["topological_weight=0,0.1", "topological-resolution=16,null"], base)
    #expect(
      found.map(\.name) == [
        "topological_weight=0,topological_resolution=16", "topological_weight=0,topological_resolution=null",
        "topological_weight=0.1,topological_resolution=16",
        "topological_weight=0.1,topological_resolution=null",
      ])
    #expect(found.map(\.settings.topologicalWeight) == [0, 0, 0.1, 0.1])
    #expect(found.map(\.settings.topologicalResolution) == [16, nil, 16, nil])
    #expect(found.allSatisfy { $0.settings.epochs == 7 })
    #expect(found[1].values == ["0", "null"])
  }

  @Test(
    "lists are one value each with semicolons or brackets",
    arguments: [
      ("2;0,1,2", [[2], [0, 1, 2]]), ("[2],[0,1,2]", [[2], [0, 1, 2]]),
      ("[2]; [0, 1, 2]", [[2], [0, 1, 2]]),
      ("0,1,2", [[0], [1], [2]]),
    ])
  func lists(text: String, expected: [[Int]]) throws {
    let found = try points(["topological_dimensions=\(text)"])
    #expect(found.map(\.settings.topologicalDimensions) == expected)
    #expect(
      found.map(\.name)
        == expected.map { "topological_dimensions=" + $0.map { "\($0)" }.joined(separator: "+") })
  }

  /// A name is one word of any shell, one folder, and no option.
  @Test("names have no character that needs care") func names() throws {
    let found = try points([
      "data=/cells/a b,../c'$(d)", "filtration=superlevel,sublevel", "weight-decay=1e-5",
    ])
    #expect(found.map(\.name).first == "data=_cells_a_b,filtration=superlevel,weight_decay=1e-05")
    for point in found {
      #expect(point.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/'\"$()\\ ;&|<>*?".utf8.contains($0) })
    }
    // The settings keep what the name had to change.
    #expect(found[0].settings.data == "/cells/a b" && found[2].settings.data == "../c'$(d)")
  }

  @Test("mistakes say what to do") func mistakes() {
    #expect(
      fault("topological_wieght=0")
        == "there is no setting \"topological_wieght\"; did you mean topological_weight?")
    #expect(fault("seeds=0,1") == "seeds is not for a grid: it has the flag --seeds")
    #expect(fault("epochs") == "\"epochs\" has no values: write NAME=VALUE,VALUE")
    #expect(fault("epochs=1,,2") == "epochs has an empty value in the grid")
    #expect(fault("epochs=1", "epochs=2") == "epochs stands twice in the grid")
    // 0.1 and 1e-1 are one value, so they would be one folder.
    #expect(fault("topological_weight=0.1,1e-1") == "topological_weight=0.1 stands twice in the grid")
    #expect(fault("epochs=many")?.hasPrefix("epochs must be a whole number") == true)
    let many = "=" + (0..<101).map { "\($0)" }.joined(separator: ",")
    #expect(fault("epochs" + many, "order" + many) == "the grid has more than 10000 points")
  }
}
