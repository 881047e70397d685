/// The cubical complex of a small grid, spelled out cell by cell: the slow obvious twin of
/// what `PersistentHomology` never stores.
///
/// A cell is a point of a finer grid. Along each axis an even coordinate means "a point",
/// an odd coordinate "the open interval between its two even neighbours", so the dimension of
/// a cell is the number of its odd coordinates, and its boundary is found by moving one odd
/// coordinate one step down or up. (Kaczynski, Mischaikow, Mrozek, *Computational Homology*,
/// 2004, section 2.1.) The code counts axes nowhere, so it holds in any dimension.
public struct CubicalComplex: Sendable {
  /// What a voxel of the grid is in the complex.
  public enum Construction: Sendable, CaseIterable {
    /// V: a voxel is a vertex. `n` voxels along an axis make `2n - 1` cells.
    case vertices
    /// T: a voxel is a top-dimensional cell. `n` voxels along an axis make `2n + 1` cells.
    case topCells
  }

  public let shape: [Int]
  public let construction: Construction
  /// Dimension of each cell.
  public let dimensions: [Int]
  /// For each cell, the cells of one dimension less that bound it.
  public let boundaries: [[Int]]
  /// For each cell, the voxels it touches: V: the corners of the cell. T: the top cells around it.
  public let voxels: [[Int]]

  /// - Parameter shape: voxels along each axis, all positive; row-major, the last axis fastest.
  public init(shape: [Int], construction: Construction) {
    precondition(shape.allSatisfy { $0 > 0 }, "every axis needs a voxel")
    self.shape = shape
    self.construction = construction
    let fineShape = shape.map { construction == .vertices ? 2 * $0 - 1 : 2 * $0 + 1 }
    let cells = (0..<fineShape.reduce(1, *)).map { coordinates(of: $0, in: fineShape) }
    dimensions = cells.map { cell in cell.count { $0 % 2 == 1 } }
    boundaries = cells.map { cell in
      cell.indices.filter { cell[$0] % 2 == 1 }.flatMap { axis in
        [-1, +1].map { step in
          var face = cell
          face[axis] += step
          return flatIndex(of: face, in: fineShape)
        }
      }
    }
    // Voxels sit on the even points of the fine grid in V and on the odd points in T. Along
    // an axis a cell touches the voxel it sits on, or else the one or two voxels beside it.
    let parity = construction == .vertices ? 0 : 1
    voxels = cells.map { cell in
      var touched: [[Int]] = [[]]
      for axis in cell.indices {
        let onAxis = cell[axis] % 2 == parity ? [cell[axis]] : [cell[axis] - 1, cell[axis] + 1]
        let inside = onAxis.filter { (0..<fineShape[axis]).contains($0) }
        touched = touched.flatMap { start in inside.map { start + [$0 / 2] } }
      }
      return touched.map { flatIndex(of: $0, in: shape) }
    }
  }
}

private func coordinates(of index: Int, in shape: [Int]) -> [Int] {
  var (rest, result) = (index, [Int]())
  for extent in shape.reversed() {
    result.append(rest % extent)
    rest /= extent
  }
  return result.reversed()
}

private func flatIndex(of coordinates: [Int], in shape: [Int]) -> Int {
  zip(coordinates, shape).reduce(0) { $0 * $1.1 + $1.0 }
}
