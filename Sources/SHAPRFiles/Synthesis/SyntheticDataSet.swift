public import ComputeRuntime
public import NeuralKernels
internal import NeuralNetwork

/// A folder of synthetic cells in the layout that training reads.
///
/// `image/`, `mask/` and `obj/` hold one file each per cell, of equal names; `betti.csv` the Betti
/// numbers of the objects; `split.json` three cells of every five of a class (of all, where classes are
/// smaller) for training, one for validation and one for testing; `README.md` says what all this is.
public struct SyntheticDataSet {
  public let cells: SyntheticCells
  /// How many there are, from index 0 on.
  public let count: Int

  public init(_ cells: SyntheticCells, count: Int) {
    (self.cells, self.count) = (cells, count)
  }

  /// How files get written; paths are below the folder of the data set, with "/" between names.
  public struct Writer {
    let makeFolder: (_ path: String) throws -> Void
    /// Values between 0 and 1, all multiples of 1/255, row-major; extents are `[H, W]` or `[D, H, W]`.
    let writeArray: (_ path: String, _ extents: [Int], _ values: Floats) throws -> Void
    let writeText: (_ path: String, _ text: String) throws -> Void

    public init(
      makeFolder: @escaping (_ path: String) throws -> Void,
      writeArray: @escaping (_ path: String, _ extents: [Int], _ values: Floats) throws -> Void,
      writeText: @escaping (_ path: String, _ text: String) throws -> Void
    ) {
      (self.makeFolder, self.writeArray, self.writeText) = (makeFolder, writeArray, writeText)
    }
  }

  /// Draws and writes all cells, then the three texts.
  ///
  /// - Parameter progress: is told after each cell how many are written.
  /// - Throws: what the writer throws, or ``ComputeError`` when memory is refused.
  public func write(
    with writer: Writer, budget: MemoryBudget, progress: (Int) -> Void = { _ in }
  ) throws {
    let size = cells.size
    let workspace = try SynthesisWorkspace(size: size, budget: budget)
    let image = try Scratch<Float>(count: size * size, budget: budget)
    let mask = try Scratch<Float>(count: size * size, budget: budget)
    let object = try Scratch<Float>(count: size * size * size, budget: budget)
    for folder in ["image", "mask", "obj"] { try writer.makeFolder(folder) }
    var table = "name,class,b0,b1,b2\n"
    for index in 0..<count {
      let betti = cells.draw(
        index, image: image.cells, mask: mask.cells, object: object.cells, workspace: workspace)
      let name = cells.name(of: index)
      try writer.writeArray("image/\(name)", [size, size], image.cells)
      try writer.writeArray("mask/\(name)", [size, size], mask.cells)
      try writer.writeArray("obj/\(name)", [size, size, size], object.cells)
      table += "\(name),\(cells.kind(of: index).rawValue),"
      table += "\(betti.components),\(betti.loops),\(betti.cavities)\n"
      progress(index + 1)
    }
    try writer.writeText("betti.csv", table)
    try writer.writeText("split.json", split)
    try writer.writeText("README.md", explanation)
  }

  /// `{"train": [...], "val": [...], "test": [...]}`.
  var split: String {
    var parts = (train: [String](), validation: [String](), test: [String]())
    for index in 0..<count {
      // Counted within the class, so that each class is in every part; of fewer than five cells a class, over
      // all classes, so that at least no part is empty.
      let turn = index / cells.kinds.count
      switch (count < 5 * cells.kinds.count ? index + turn : turn) % 5 {
      case 3: parts.validation.append(cells.name(of: index))
      case 4: parts.test.append(cells.name(of: index))
      default: parts.train.append(cells.name(of: index))
      }
    }
    let lists = [("train", parts.train), ("val", parts.validation), ("test", parts.test)].map {
      part, names in
      "\"\(part)\": [\n" + names.map { "  \(quotedJSON($0))" }.joined(separator: ",\n") + "\n]"
    }
    return "{\n\(lists.joined(separator: ",\n"))\n}\n"
  }

  private var explanation: String {
    """
    # Synthetic cells

    \(count) cells that were computed, not imaged: seed \(cells.seed), \(cells.size) voxels along each axis.

    - `obj/`: the object, depth x height x width; its rim is grey.
    - `mask/`: the middle slice of the object.
    - `image/`: that slice as a confocal fluorescence microscope might show it: light from above and
      below it gets in, blurred; photons and the camera add noise.
    - `betti.csv`: how many components (b0), loops (b1) and cavities (b2) each object has, counting
      voxels of at least half of the full value and taking those that share a corner as connected.
    - `split.json`: which cells are for training, for validation and for testing.

    Classes: \(cells.kinds.map(\.rawValue).joined(separator: ", ")).

    """
  }
}
