internal import PersistentHomology
internal import NeuralNetwork
public import ComputeRuntime

extension CellFolder {
  /// Reads every file, and says all that is wrong: first about names, then cell by cell.
  ///
  /// - Returns: empty when there is nothing to say. With a finding of severity error, loading the
  ///   cell fails.
  public func check(budget: MemoryBudget) -> [Finding] {
    namingFindings + names.indices.flatMap { check($0, budget: budget) }
  }

  /// The findings about one cell.
  public func check(_ index: Int, budget: MemoryBudget) -> [Finding] {
    var (findings, arrays): ([Finding], [Part: PixelArray]) = ([], [:])
    func note(_ kind: Finding.Kind) { findings.append(Finding(names[index], kind)) }
    for part in parts.all {
      do throws(FileError) {
        let array = try array(part, index, budget: budget)
        arrays[part] = array
        for kind in try remarks(on: array, part, budget: budget) { note(kind) }
      } catch {
        note(.defect(error))
      }
    }
    do throws(FileError) {
      guard let image = arrays[.image] else { return findings }
      if let mask = arrays[.mask] { try checkSameSize(mask, image) }
    } catch {
      note(.defect(error))
    }
    do throws(FileError) {
      guard let image = arrays[.image] else { return findings }
      if let object = arrays[.object] { try checkPlane(of: object, is: image.extents) }
    } catch {
      note(.defect(error))
    }
    return findings
  }

  /// Checks the values of a file, and says what is odd about it.
  private func remarks(
    on array: PixelArray, _ part: Part, budget: MemoryBudget
  ) throws(FileError) -> [Finding.Kind] {
    let values = try namingMemory(of: array.path) { () throws(ComputeError) in
      try Scratch<Float>(count: array.count, budget: budget)
    }
    defer { withExtendedLifetime(values) {} }
    try array.copyFractions(into: values.cells)
    var kinds: [Finding.Kind] = []
    let target = part == .object ? [depth, height, width] : [height, width]
    if array.extents != target {
      kinds.append(.resampled(file: array.path, from: array.extents, to: target))
    }
    var greatest: Float = 0
    for voxel in 0..<array.count { greatest = max(greatest, values.cells[voxel]) }
    if greatest == 0 {
      kinds.append(.empty(file: array.path))
    } else if let fullScale = array.elementType.fullScale, fullScale > 1, greatest <= 1 / fullScale {
      kinds.append(.almostBlack(file: array.path))
    }
    return kinds
  }
}
