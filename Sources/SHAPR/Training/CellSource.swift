public import ComputeRuntime

/// Cells to learn from, wherever they come from: a folder, arrays, a generator.
///
/// Asked from the training thread and from a loading thread at the same time.
public protocol CellSource: Sendable {
  var count: Int { get }
  /// Height and width of the images, depth of the objects.
  var extent: CellExtent { get }
  /// The name of a cell, which predictions are filed under.
  func name(of index: Int) -> String
  /// Writes what the network sees, `2 x H x W`: the mask, and the image times the mask; and, where there is
  /// room for it, the object, `D x H x W`. All values are in [0, 1].
  func load(
    _ index: Int, input: FencedPointer<Float>, object: FencedPointer<Float>?
  ) throws
}

/// Voxels of a cell's object; its image has those of one slice.
public struct CellExtent: Equatable, Sendable {
  public var depth: Int
  public var height: Int
  public var width: Int

  public init(depth: Int = 64, height: Int = 64, width: Int = 64) {
    (self.depth, self.height, self.width) = (depth, height, width)
  }

  public var inputCount: Int { 2 * height * width }
  public var objectCount: Int { depth * height * width }
}

extension CellSource {
  public func className(of index: Int) -> String { SHAPR.className(of: name(of: index)) }
}

/// The class of a cell: its name without the digits at its end, as in `A_cell_clusters000604`.
public func className(of name: String) -> String {
  let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
  guard let last = name.utf8.lastIndex(where: { !isDigit($0) }) else { return "" }
  return String(name[...last])
}
