public import PersistentHomology
public import NeuralNetwork
public import ComputeRuntime

/// An image or volume from a file, as numbers in memory of its own.
public struct GreyVolume: Sendable {
  /// Which numbers a file may hold.
  public enum Values: Sendable {
    /// From 0 to 1, as training takes them.
    case fractions
    /// Any that are finite.
    case any
  }

  /// The path as it was given.
  public let file: String
  /// (Depth,) height, width.
  public let extents: [Int]
  /// What the elements of the file are.
  public let elementType: ScalarType
  private let memory: Scratch<Float>

  /// The numbers, row-major; valid as long as this volume.
  public var values: FencedPointer<Float> { memory.cells }

  /// Reads a TIFF, NumPy or PNG file: 8 and 16 bit become fractions of their full scale, others are taken as
  /// they are, rounded to 32 bits.
  public init(
    _ file: String, values: Values = .any, budget: MemoryBudget
  ) throws(FileError) {
    let array = try PixelArray.read(file, budget: budget)
    let memory = try namingMemory(of: file) { () throws(ComputeError) in
      try Scratch<Float>(count: array.count, budget: budget)
    }
    switch values {
    case .fractions: try array.copyFractions(into: memory.cells)
    case .any: try array.copyGreyValues(into: memory.cells)
    }
    (self.file, extents, elementType) = (file, array.extents, array.elementType)
    self.memory = memory
  }
}
