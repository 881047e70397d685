/// A persistence pair as the boundary matrix gives it.
public struct NaivePair: Hashable, Sendable {
  public let dimension: Int
  public let birth: Double
  /// Of an essential class: +inf for a sublevel, -inf for a superlevel filtration.
  public let death: Double
  /// Flat index of the voxel that brings the feature.
  public let creator: Int
  /// Flat index of the voxel that ends it; `nil` for an essential class.
  public let destroyer: Int?

  public init(dimension: Int, birth: Double, death: Double, creator: Int, destroyer: Int?) {
    self.dimension = dimension
    self.birth = birth
    self.death = death
    self.creator = creator
    self.destroyer = destroyer
  }
}

public enum NaiveFiltration: Sendable, CaseIterable { case sublevel, superlevel }

extension CubicalComplex {
  /// The voxels in the order in which they enter the filtration.
  ///
  /// Sublevel: smaller values first; superlevel: larger values first. Equal values enter by
  /// flat index, ascending in V and descending in T, so the order is strict.
  public func voxelOrder(of values: [Double], filtration: NaiveFiltration) -> [Int] {
    precondition(values.count == shape.reduce(1, *), "one value for each voxel")
    precondition(values.allSatisfy { !$0.isNaN }, "NaN has no place in an order")
    return values.indices.sorted { first, second in
      if values[first] != values[second] {
        return (values[first] < values[second]) == (filtration == .sublevel)
      }
      return (first < second) == (construction == .vertices)
    }
  }

  /// All cells in the order in which they enter, and for each cell the voxel it enters with.
  ///
  /// V: a cell enters with the last of its corners; T: with the first of its top cells. Among
  /// the cells of one voxel, faces come before what they bound.
  public func cellOrder(voxelOrder: [Int]) -> (cells: [Int], voxelOfCell: [Int]) {
    var rank = [Int](repeating: 0, count: voxelOrder.count)
    for (position, voxel) in voxelOrder.enumerated() { rank[voxel] = position }
    let rankOfCell = voxels.map { touched in
      let ranks = touched.lazy.map { rank[$0] }
      return (construction == .vertices ? ranks.max() : ranks.min()) ?? 0
    }
    // One integer for (rank of the voxel, dimension of the cell, number of the cell).
    let keys = dimensions.indices.map { cell in
      (rankOfCell[cell] * (shape.count + 1) + dimensions[cell]) * dimensions.count + cell
    }
    return (keys.sorted().map { $0 % dimensions.count }, rankOfCell.map { voxelOrder[$0] })
  }

  /// Persistence pairs by reduction of the whole boundary matrix over the field of two elements.
  ///
  /// The order of the voxels is strict, so the pairs of voxels are a property of the input: an
  /// exact program has to return the same ones, in whatever order.
  /// (Edelsbrunner & Harer, *Computational Topology*, 2010, section VII.1.)
  ///
  /// - Parameter keepsZeroPersistence: also pairs of two voxels of the same value. Pairs of a
  ///   voxel with itself never count.
  /// - Returns: pairs by rising dimension, then creator, then destroyer.
  /// - Complexity: cubic in the number of cells at worst, which is 8 for each voxel in 3-D.
  public func persistencePairs(
    of values: [Double], filtration: NaiveFiltration, keepsZeroPersistence: Bool = false
  ) -> [NaivePair] {
    let (cells, voxelOfCell) = cellOrder(
      voxelOrder: voxelOrder(of: values, filtration: filtration))
    let essentialDeath: Double = filtration == .sublevel ? .infinity : -.infinity
    return pairedPositions(cells).compactMap { birth, death -> NaivePair? in
      let creator = voxelOfCell[cells[birth]]
      let destroyer = death.map { voxelOfCell[cells[$0]] }
      if let destroyer {
        guard destroyer != creator else { return nil }
        guard keepsZeroPersistence || values[destroyer] != values[creator] else { return nil }
      }
      return NaivePair(
        dimension: dimensions[cells[birth]], birth: values[creator],
        death: destroyer.map { values[$0] } ?? essentialDeath,
        creator: creator, destroyer: destroyer)
    }.sorted()
  }

  /// Left-to-right column reduction; positions are places in `cells`, the filtration order.
  private func pairedPositions(_ cells: [Int]) -> [(birth: Int, death: Int?)] {
    var position = [Int](repeating: 0, count: cells.count)
    for (place, cell) in cells.enumerated() { position[cell] = place }
    // The reduced column whose last entry is at this row, and where that column stands.
    var columnWithPivot = [[Int]](repeating: [], count: cells.count)
    var deathOfBirth = [Int?](repeating: nil, count: cells.count)
    var creates = [Bool](repeating: true, count: cells.count)
    for place in cells.indices {
      var column = boundaries[cells[place]].map { position[$0] }.sorted()
      while let pivot = column.last, deathOfBirth[pivot] != nil {
        column = symmetricDifference(column, columnWithPivot[pivot])
      }
      guard let pivot = column.last else { continue }
      columnWithPivot[pivot] = column
      deathOfBirth[pivot] = place
      creates[place] = false
    }
    return cells.indices.filter { creates[$0] }.map { ($0, deathOfBirth[$0]) }
  }
}

/// The sum of two sorted columns over the field of two elements.
func symmetricDifference(_ first: [Int], _ second: [Int]) -> [Int] {
  var (result, i, j) = ([Int](), 0, 0)
  result.reserveCapacity(first.count + second.count)
  while i < first.count, j < second.count {
    if first[i] == second[j] {
      i += 1
      j += 1
    } else if first[i] < second[j] {
      result.append(first[i])
      i += 1
    } else {
      result.append(second[j])
      j += 1
    }
  }
  result.append(contentsOf: first[i...])
  result.append(contentsOf: second[j...])
  return result
}
