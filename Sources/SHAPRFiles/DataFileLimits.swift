/// What a data file may ask for before it is refused. Larger values can be set where they are needed.
public struct DataFileLimits: Sendable {
  /// Voxels along one axis.
  public var axis = 1 << 21
  /// Voxels of an image or volume.
  public var voxels = Int(Int32.max)
  /// Bytes of a file.
  public var fileBytes = 4 << 30
  /// Bytes of an image or volume in memory.
  public var decodedBytes = 4 << 30
  /// How many times larger than its file an image or volume may be, besides 1 MiB: no more than what
  /// deflate (1,032 times) can do, so that a small file never asks for much memory.
  public var expansion = 1100
  /// Directories of a TIFF file: one for each plane.
  public var tiffDirectories = 65_536
  /// Fields of one TIFF directory.
  public var tiffFields = 4096
  /// Bytes of the header of an NPY file.
  public var npyHeaderBytes = 65_535

  public init() {}

  /// Bytes that a compressed file may grow to.
  func largestExpansion(ofFile bytes: Int) -> Int {
    let (product, overflow) = bytes.multipliedReportingOverflow(by: expansion)
    return overflow ? decodedBytes : min(decodedBytes, product &+ 1 << 20)
  }
}
