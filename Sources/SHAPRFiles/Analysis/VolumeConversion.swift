internal import PersistentHomology
public import NeuralNetwork
public import ComputeRuntime
internal import SHAPR

/// Writes images and volumes of one format in another.
public struct VolumeConversion: Sendable {
  public enum Format: String, Sendable, CaseIterable {
    case nrrd, tiff, npy

    /// The end of its files' names.
    var end: String { self == .tiff ? "tif" : rawValue }
  }

  public let format: Format
  public let spacing: VoxelSpacing?
  /// Whether what is above Otsu's threshold is 1 and the rest 0.
  public let isBinary: Bool
  private let budget: MemoryBudget

  public init(
    to format: Format, spacing: VoxelSpacing?, isBinary: Bool, budget: MemoryBudget
  ) {
    (self.format, self.spacing, self.isBinary) = (format, spacing, isBinary)
    self.budget = budget
  }

  /// Where a file goes in `folder`.
  public func path(of file: String, in folder: String) -> String {
    "\(folder)/\(nameWithoutEnd(file)).\(format.end)"
  }

  /// Reads `file` and writes it to ``path(of:in:)``: 8-bit values and binary ones as 8 bits, all others as
  /// 32-bit floating point.
  ///
  /// - Throws: also when the file would take its own place.
  public func convert(_ file: String, to folder: String) throws(FileError) {
    let path = path(of: file, in: folder)
    if let source = try? resolvedPath(file), source == (try? resolvedPath(path)) {
      throw FileError(.path, file: path, "is the file that is converted: choose another folder")
    }
    let volume = try GreyVolume(file, budget: budget)
    if isBinary { Binarisation().apply(to: volume.values) }
    let isBytes = isBinary || volume.elementType.byteCount == 1 && volume.elementType != .int8
    let writer = VolumeWriter(
      volume.values, extents: volume.extents, spacing: spacing, budget: budget)
    let element: VolumeWriter.Element = isBytes ? .uint8 : .float32
    switch format {
    case .nrrd: try writer.writeNRRD(to: path, as: element)
    case .tiff: try writer.writeTIFF(to: path, as: element)
    case .npy: try writer.writeNPY(to: path, as: element)
    }
    withExtendedLifetime(volume) {}
  }
}
