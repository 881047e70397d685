public import ComputeRuntime
public import SHAPR

/// A folder of cells, as training asks for them.
public struct FolderSource: CellSource {
  public let folder: CellFolder
  private let budget: MemoryBudget

  public init(_ folder: CellFolder, budget: MemoryBudget) {
    (self.folder, self.budget) = (folder, budget)
  }

  public var count: Int { folder.count }

  public var extent: CellExtent {
    CellExtent(depth: folder.depth, height: folder.height, width: folder.width)
  }

  public func name(of index: Int) -> String { folder.names[index] }

  public func load(
    _ index: Int, input: FencedPointer<Float>, object: FencedPointer<Float>?
  ) throws {
    if let object {
      try folder.load(index, input: input, object: object, budget: budget)
    } else {
      try folder.load(index, input: input, budget: budget)
    }
  }
}
