public import ComputeRuntime
public import PersistentHomology
internal import TopologicalLoss

/// Cells in a caller's memory, as training asks for them: images and masks `N x H x W`, objects
/// `N x 64 x H x W`, of any strides.
///
/// Values are fractions of the element type's full scale (255, 65535, or 1 for truth values and floating point), so
/// that they are the same as those of a file with the same elements.
public struct ArrayCells: CellSource, @unchecked Sendable {
  private let images: Part
  private let masks: Part
  private let objects: Part?
  private let names: [String]?
  public let count: Int
  public let extent: CellExtent

  /// One of the arrays, and how errors call it. Only read.
  private struct Part {
    let name: String
    let volumes: StridedVolumes
  }

  /// - Parameters:
  ///   - objects: nil when cells are only to be predicted.
  ///   - names: nil for "0", "1", ...
  /// - Precondition: the arrays' memory stays as it is while this value is used.
  public init(
    images: StridedVolumes, masks: StridedVolumes, objects: StridedVolumes?, names: [String]? = nil
  ) throws(ArrayCellsError) {
    self.images = Part(name: "images", volumes: images)
    self.masks = Part(name: "masks", volumes: masks)
    self.objects = objects.map { Part(name: "objects", volumes: $0) }
    self.names = names
    count = images.count
    let plane = images.shape.extents
    for part in [self.images, self.masks, self.objects].compactMap({ $0 }) {
      guard part.volumes.scalarType.fullScale != nil else { throw .elementType(part.name) }
      guard part.volumes.count == count else {
        throw .shape("\(part.name) are of \(part.volumes.count) cells, but images of \(count)")
      }
    }
    guard plane.count == 2, plane.allSatisfy({ $0 % 4 == 0 }) else {
      throw .shape("images are N x H x W with H and W multiples of 4, got \(plane) for H and W")
    }
    extent = CellExtent(depth: Generator.depth, height: plane[0], width: plane[1])
    guard masks.shape.extents == plane else {
      throw .shape("masks are \(masks.shape.extents) each, but images \(plane)")
    }
    let expected = [extent.depth] + plane
    guard objects == nil || objects?.shape.extents == expected else {
      throw .shape("objects are \(objects?.shape.extents ?? []) each; \(expected) is needed for these images")
    }
    guard names == nil || names?.count == count else {
      throw .shape("\(names?.count ?? 0) names for \(count) cells")
    }
  }

  public func name(of index: Int) -> String { names?[index] ?? "\(index)" }

  public func load(
    _ index: Int, input: FencedPointer<Float>, object: FencedPointer<Float>?
  ) throws {
    let plane = extent.height * extent.width
    let (mask, masked) = (input.prefix(plane), input.suffix(from: plane).prefix(plane))
    try copy(masks, index, to: mask)
    try copy(images, index, to: masked)
    for pixel in 0..<plane { masked[pixel] *= mask[pixel] }
    if let object, let objects { try copy(objects, index, to: object.prefix(extent.objectCount)) }
  }

  /// Reads every value once.
  ///
  /// - Throws: ``ArrayCellsError`` or ``ComputeError``.
  public func check(budget: MemoryBudget, interruption: Interruption) throws {
    let buffer = try Scratch<Float>(count: extent.objectCount, budget: budget)
    for part in [images, masks, objects].compactMap({ $0 }) {
      var largest: Float = 0
      for index in 0..<count {
        try interruption.check()
        let values = buffer.cells.prefix(part.volumes.shape.voxels)
        try copy(part, index, to: values)
        for place in 0..<values.count { largest = max(largest, values[place]) }
      }
      // 0 and 1 in bytes: black and nearly black, which nobody means.
      guard largest != 1 / (part.volumes.scalarType.fullScale ?? 1) || largest == 1 else {
        throw ArrayCellsError.nearlyBlack(part.name)
      }
    }
    withExtendedLifetime(buffer) {}
  }

  private func copy(
    _ part: Part, _ index: Int, to output: FencedPointer<Float>
  ) throws(ArrayCellsError) {
    if let flaw = part.volumes.copyFractions(ofVolume: index, into: output) {
      throw .value(part.name, index: flaw.index, flaw.value)
    }
  }
}

/// Why arrays cannot be used as cells.
public enum ArrayCellsError: Error, Equatable, Sendable, CustomStringConvertible {
  case shape(String)
  /// Elements of which nothing says which value is white.
  case elementType(String)
  /// A value that is NaN or not from 0 to 1, and its flat index.
  case value(String, index: Int, Float)
  /// Integers, none of them above 1.
  case nearlyBlack(String)

  public var description: String {
    switch self {
    case .shape(let sentence): sentence
    case .elementType(let part):
      "\(part): nothing says which value of this element type is white; expected bool, uint8, uint16, "
        + "float16, float32 or float64"
    case .value(let part, let index, let value):
      "\(part): the value at flat index \(index) is \(value); floating-point values are from 0 to 1"
    case .nearlyBlack(let part):
      "\(part): no value is above 1, and white is 255 for uint8, 65535 for uint16; make truth values bool"
    }
  }
}
