import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import PersistentHomology
import SHAPR
import TestOracles
import Testing

@testable import SHAPRFiles

@Suite("Tools on files")
struct AnalysisTests {
  private let folder = TemporaryFolder()
  private let budget = MemoryBudget()
  private static let extents = [6, 7, 8]

  init() { for name in ["found", "true", "out"] { folder.makeFolder(name) } }

  /// A few soft blobs with noise, different for each seed.
  private func volume(_ seed: UInt64, _ extents: [Int] = extents) -> Scratch<Float> {
    var generator = SeededGenerator(seed: seed)
    let values = scratch(extents.reduce(1, *), of: Float.self)
    for index in 0..<values.capacity {
      let place = Double(index) / Double(values.capacity)
      values.cells[index] = Float(
        max(0, 0.7 - 3 * (place - 0.5) * (place - 0.5)) + 0.3 * generator.unit())
    }
    return values
  }

  private func write(
    _ values: Scratch<Float>, _ name: String, _ extents: [Int] = extents,
    as element: VolumeWriter.Element = .float32
  ) throws {
    let writer = VolumeWriter(values.cells, extents: extents, budget: budget)
    try name.hasSuffix("npy")
      ? writer.writeNPY(to: folder[name], as: element) : writer.writeTIFF(to: folder[name], as: element)
    withExtendedLifetime(values) {}
  }

  private func scores(_ evaluation: Evaluation = Evaluation(), threads: Int = 1) throws -> Scores {
    let pairs = try VolumePairs(predictions: folder["found"], truth: folder["true"])
    return try WorkTeam.run(threads: threads) { team in
      try pairs.scores(evaluation, team: team, budget: budget)
    }
  }

  private func refusal(_ body: () throws -> Void) -> FileError? {
    do {
      try body()
      return nil
    } catch { return error as? FileError }
  }

  // MARK: - Scores

  @Test("files are scored as their numbers are, by any number of threads") func fileScores() throws {
    for cell in UInt64(0)..<7 {
      let ends = cell % 2 == 0 ? ("tif", "npy") : ("npy", "tif")
      let element: VolumeWriter.Element = cell < 3 ? .uint8 : .float32
      try write(volume(cell), "found/disc00\(cell).\(ends.0)", as: element)
      try write(volume(cell + 100), "true/disc00\(cell).\(ends.1)", as: .uint8)
    }
    let found = try scores()
    #expect(found.cells.map(\.name) == (0..<7).map { "disc00\($0)" })
    for (cell, score) in found.cells.enumerated() {
      let (prediction, truth) = (volume(UInt64(cell)), volume(UInt64(cell) + 100))
      for index in 0..<truth.capacity {
        truth.cells[index] = Float(VolumeWriter.eightBits(truth.cells[index])) / 255
        guard cell < 3 else { continue }
        prediction.cells[index] = Float(VolumeWriter.eightBits(prediction.cells[index])) / 255
      }
      let expected = try Evaluation().score(
        name: score.name, className: "disc", prediction: prediction.cells, truth: truth.cells,
        extent: Extent(6, 7, 8), budget: budget)
      #expect(score == expected)
    }
    for threads in [2, 5] { #expect(try scores(threads: threads).csv == found.csv) }
    var plain = Evaluation()
    (plain.topology, plain.binarisation.threshold) = (nil, .fixed(0.5))
    #expect(try scores(plain).measures == ErrorMeasure.ofShape)
    #expect(try scores(plain).csv != found.csv)
  }

  @Test("what has no partner is named; what does not fit is an error with the file's name")
  func pairing() throws {
    try write(volume(1), "found/a1.tif")
    try write(volume(2), "found/lost2.tif")
    #expect(
      refusal { _ = try VolumePairs(predictions: folder["found"], truth: folder["nothing"]) }?.row
        == .reading(errno: noSuchFile.number))
    #expect(
      refusal { _ = try VolumePairs(predictions: folder["found"], truth: folder["true"]) }?.row
        == .reading(errno: noSuchFile.number))
    try write(volume(3), "true/b3.npy")
    #expect(
      refusal { _ = try VolumePairs(predictions: folder["found"], truth: folder["true"]) }?.row == .path)
    try write(volume(3), "true/a1.npy")
    let pairs = try VolumePairs(predictions: folder["found"], truth: folder["true"])
    #expect(pairs.names == ["a1"])
    #expect(pairs.unpaired.map(\.files) == [[folder["found/lost2.tif"]], [folder["true/b3.npy"]]])
    #expect(pairs.unpaired[0].error.row == .reading(errno: noSuchFile.number))
    #expect(try scores().cells.count == 1)

    // Two files of one name.
    for end in ["tif", "npy"] { try write(volume(4), "out/twin.\(end)") }
    #expect(refusal { _ = try VolumeFolder(folder["out"]) }?.row == .path)

    for extents in [[6, 8, 7], [6, 56]] {
      try write(volume(5), "found/a1.tif", extents)
      let error = refusal { _ = try scores() }
      #expect(error?.row == .shape && error?.file == folder["found/a1.tif"], "\(extents)")
    }
    for (value, row) in [
      (Float.nan, FileError.Row.notANumber), (.infinity, .infinite), (1.5, .range), (-0.5, .range),
    ] {
      let values = volume(6)
      values.cells[17] = value
      try write(values, "found/a1.tif")
      let error = refusal { _ = try scores() }
      #expect(error?.row == row && error?.file == folder["found/a1.tif"], "\(value)")
    }
  }

  @Test("the first error is thrown, by any number of threads", arguments: [1, 2, 7])
  func firstError(threads: Int) throws {
    struct Late: Error { let element: Int }
    WorkTeam.run(threads: threads) { team in
      #expect(team.map(Array(0..<50)) { 3 * $0 } == (0..<50).map { 3 * $0 })
      for first in [0, 13, 49] {
        do throws(Late) {
          _ = try team.map(Array(0..<50)) { (element) throws(Late) in
            if element >= first { throw Late(element: element) }
            return element
          }
          Issue.record("no error")
        } catch { #expect(error.element == first) }
      }
    }
  }

  // MARK: - Diagrams

  @Test("diagrams of files are those of their values, by any number of threads") func fileDiagrams() throws {
    try write(volume(1), "found/a.tif")
    try write(volume(2, [20, 30]), "found/b.npy", [20, 30])
    try write(volume(3), "found/c.npy", as: .uint8)
    let files = try VolumeFolder.files([folder["found"], folder["found/c.npy"]])
    #expect(files == ["a.tif", "b.npy", "c.npy", "c.npy"].map { folder["found/\($0)"] })
    let tools = FileDiagrams(DiagramOptions(), budget: budget)
    let series = try WorkTeam.run(threads: 1) { try tools.series(files, team: $0) }
    let values = volume(1)
    let expected = try VolumeDiagrams(
      of: values.cells, extents: Self.extents, options: DiagramOptions(), budget: budget)
    #expect(series.files[0].diagrams.csv == expected.csv && series.files.map(\.name) == ["a", "b", "c", "c"])
    #expect(series.files[1].diagrams.dimensions == [0, 1])
    // An image has no cavities; from a file to itself there is no way to go.
    #expect(series.steps.map(\.count) == [2, 2, 3] && series.steps[2].allSatisfy { $0.distance == 0 })
    #expect(series.distancesCSV.split(separator: "\r\n").count == 8)
    for threads in [2, 3] {
      let other = try WorkTeam.run(threads: threads) { try tools.series(files, team: $0) }
      #expect(other.distancesCSV == series.distancesCSV)
      #expect(other.files.map(\.diagrams.csv) == series.files.map(\.diagrams.csv))
    }
    let without = try WorkTeam.run(threads: 2) {
      try tools.series(files, hasDistances: false, team: $0)
    }
    #expect(without.steps.isEmpty && without.summary == series.summary)
    // Threads that share one volume.
    let alone = try WorkTeam.run(threads: 4) { try tools.series([files[0]], team: $0) }
    #expect(alone.files[0].diagrams.csv == expected.csv && alone.steps.isEmpty)
    var options = DiagramOptions()
    options.dimensions = [2]
    let error = refusal {
      _ = try WorkTeam.run(threads: 2) {
        try FileDiagrams(options, budget: budget).series(files, team: $0)
      }
    }
    #expect(error?.row == .shape && error?.file == folder["found/b.npy"])
    withExtendedLifetime(values) {}
  }

  @Test("grey values of any range are taken, if they are finite") func greyValues() throws {
    let values = scratch(4, of: Float.self)
    for (index, value) in [-3, 0, 2.5, 1e30].enumerated() { values.cells[index] = Float(value) }
    try write(values, "found/any.npy", [2, 2])
    let volume = try GreyVolume(folder["found/any.npy"], budget: budget)
    #expect((0..<4).map { volume.values[$0] } == [-3, 0, 2.5, 1e30])
    #expect(
      refusal { _ = try GreyVolume(folder["found/any.npy"], values: .fractions, budget: budget) }?.row
        == .range)
    for (value, row) in [(Float.nan, FileError.Row.notANumber), (-.infinity, .infinite)] {
      values.cells[2] = value
      try write(values, "found/any.npy", [2, 2])
      #expect(refusal { _ = try GreyVolume(folder["found/any.npy"], budget: budget) }?.row == row)
    }
  }

  // MARK: - Conversion

  @Test("what was converted is read back", arguments: VolumeConversion.Format.allCases)
  func conversion(format: VolumeConversion.Format) throws {
    try write(volume(1), "found/grey.npy")
    try write(volume(2), "found/bytes.tif", as: .uint8)
    let spacing = VoxelSpacing(z: 0.5, y: 0.25, x: 0.125)
    for isBinary in [false, true] {
      let conversion = VolumeConversion(
        to: format, spacing: spacing, isBinary: isBinary, budget: budget)
      for name in ["grey.npy", "bytes.tif"] {
        let source = folder["found/\(name)"]
        let path = conversion.path(of: source, in: folder["out"])
        try conversion.convert(source, to: folder["out"])
        let before = try GreyVolume(source, budget: budget)
        if isBinary { Binarisation().apply(to: before.values) }
        let element: VolumeWriter.Element = isBinary || name == "bytes.tif" ? .uint8 : .float32
        guard format == .nrrd else {
          let after = try GreyVolume(path, budget: budget)
          let isSame = (0..<336).allSatisfy { before.values[$0] == after.values[$0] }
          #expect(isSame && after.extents == Self.extents)
          #expect(after.elementType == (element == .uint8 ? .uint8 : .float32))
          continue
        }
        // Nobody reads NRRD here; the writer's own files were read by other programs.
        try VolumeWriter(
          before.values, extents: before.extents, spacing: spacing, budget: budget
        ).writeNRRD(to: folder["out/expected.nrrd"], as: element)
        let isSame = bytes(ofFile: path) == bytes(ofFile: folder["out/expected.nrrd"])
        #expect(isSame)
      }
    }
    // No file takes its own place.
    let itself = VolumeConversion(to: .npy, spacing: nil, isBinary: false, budget: budget)
    #expect(refusal { try itself.convert(folder["found/grey.npy"], to: folder["found"]) }?.row == .path)
  }
}
