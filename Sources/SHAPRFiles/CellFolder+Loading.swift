public import NeuralNetwork
public import ComputeRuntime

extension CellFolder {
  /// Reads one cell, for training: what the network sees, and the shape it should find.
  ///
  /// - Parameters:
  ///   - input: filled with two channels of `height x width`: mask, and image times mask, each from 0 to 1.
  ///   - object: filled with `depth x height x width` values from 0 to 1.
  /// - Precondition: there is room, and the folder was listed with its objects.
  /// - Throws: ``FileError`` for every defect that ``check(budget:)`` would find.
  public func load(
    _ index: Int, input: FencedPointer<Float>, object: FencedPointer<Float>, budget: MemoryBudget
  ) throws(FileError) {
    precondition(parts == .imagesAndObjects, "the folder was listed without objects")
    precondition(object.count >= objectCount, "no room for an object")
    let plane = try loadImages(index, input: input, budget: budget)
    let volume = try array(.object, index, budget: budget)
    try checkPlane(of: volume, is: plane)
    try fill(object.prefix(objectCount), [depth, height, width], from: volume, budget: budget)
  }

  /// Reads the image and the mask of one cell, for a prediction.
  public func load(
    _ index: Int, input: FencedPointer<Float>, budget: MemoryBudget
  ) throws(FileError) {
    _ = try loadImages(index, input: input, budget: budget)
  }

  /// - Returns: the extents of the image in its file.
  private func loadImages(
    _ index: Int, input: FencedPointer<Float>, budget: MemoryBudget
  ) throws(FileError) -> [Int] {
    precondition(input.count >= inputCount, "no room for two channels")
    let planeCount = height * width
    let mask = input.prefix(planeCount)
    let masked = input.suffix(from: planeCount).prefix(planeCount)
    let (maskArray, imageArray) = (
      try array(.mask, index, budget: budget), try array(.image, index, budget: budget)
    )
    try checkSameSize(maskArray, imageArray)
    try fill(mask, [height, width], from: maskArray, budget: budget)
    try fill(masked, [height, width], from: imageArray, budget: budget)
    for pixel in 0..<planeCount { masked[pixel] *= mask[pixel] }
    return imageArray.extents
  }

  /// The file of a cell, decoded, with as many axes as it must have.
  func array(
    _ part: Part, _ index: Int, budget: MemoryBudget
  ) throws(FileError) -> PixelArray {
    let (file, format) = try open(part, index)
    let array = try PixelArray.read(file, as: format, limits: limits, budget: budget)
    guard array.extents.count == part.rank else {
      throw FileError(
        .shape, file: file.path,
        "is \(shapeText(array.extents)); \(part.rank == 2 ? "one image" : "a volume") is needed here")
    }
    return array
  }

  func checkSameSize(_ mask: PixelArray, _ image: PixelArray) throws(FileError) {
    guard mask.extents == image.extents else {
      throw FileError(
        .shape, file: mask.path,
        "is \(shapeText(mask.extents)), but its image is \(shapeText(image.extents))")
    }
  }

  /// A plane of an object is the image's, if need be smaller or larger, but not stretched.
  func checkPlane(of object: PixelArray, is image: [Int]) throws(FileError) {
    // Axes are at most 2^21 voxels long.
    guard object.extents[1] * image[1] == object.extents[2] * image[0] else {
      throw FileError(
        .shape, file: object.path,
        "is \(shapeText(object.extents)), but its image is \(shapeText(image)): not of the same proportions")
    }
  }

  /// Writes the values of `array` from 0 to 1 to `output`, resampled to `extents`.
  private func fill(
    _ output: FencedPointer<Float>, _ extents: [Int], from array: PixelArray, budget: MemoryBudget
  ) throws(FileError) {
    guard array.extents != extents else { return try array.copyFractions(into: output) }
    let values = try namingMemory(of: array.path) { () throws(ComputeError) in
      try Scratch<Float>(count: array.count, budget: budget)
    }
    try array.copyFractions(into: values.cells)
    LinearResampling(from: array.extents, to: extents).resample(values.cells, into: output)
    withExtendedLifetime(values) {}
  }
}
