import TestOracles
import Testing

/// Laws that tie the reduction to things counted without any matrix.
@Suite("NaivePersistence: laws")
struct NaivePersistenceLawTests {
  static let shapes = [[1], [6], [4, 5], [3, 3, 3], [2, 1, 4], [4, 3, 2], [2, 2, 2, 2]]

  @Test(
    "after every voxel the classes alive have the Euler characteristic of the cells present",
    arguments: shapes, CubicalComplex.Construction.allCases)
  func eulerCharacteristic(shape: [Int], construction: CubicalComplex.Construction) {
    let complex = CubicalComplex(shape: shape, construction: construction)
    var generator = SeededGenerator(seed: 1)
    for field in TestField.allCases {
      let values = field.values(shape: shape, using: &generator)
      let order = complex.voxelOrder(of: values, filtration: .superlevel)
      let voxelOfCell = complex.cellOrder(voxelOrder: order).voxelOfCell
      let pairs = complex.persistencePairs(of: values, filtration: .superlevel, keepsZeroPersistence: true)
      var (fromCells, fromPairs) = (0, 0)
      for voxel in order {
        for cell in voxelOfCell.indices where voxelOfCell[cell] == voxel {
          fromCells += sign(complex.dimensions[cell])
        }
        for pair in pairs {
          if pair.creator == voxel { fromPairs += sign(pair.dimension) }
          if pair.destroyer == voxel { fromPairs -= sign(pair.dimension) }
        }
        #expect(fromCells == fromPairs, "\(field), voxel \(voxel)")
      }
    }
  }

  @Test(
    "components alive are the pieces a flood fill finds",
    arguments: [[7], [4, 5], [3, 4, 3]], CubicalComplex.Construction.allCases)
  func floodFill(shape: [Int], construction: CubicalComplex.Construction) {
    let complex = CubicalComplex(shape: shape, construction: construction)
    var generator = SeededGenerator(seed: 2)
    for field in TestField.allCases {
      let values = field.values(shape: shape, using: &generator)
      let pairs = complex.persistencePairs(of: values, filtration: .sublevel)
      for level in Set(values) {
        let alive = pairs.count { $0.dimension == 0 && $0.birth <= level && level < $0.death }
        let pieces = pieceCount(
          of: values.map { $0 <= level }, shape: shape, diagonal: construction == .topCells)
        #expect(alive == pieces, "\(field) at level \(level)")
      }
    }
  }

  @Test("the components of V and the voids of T of the negative are not the same", arguments: [[4, 4, 4]])
  func constructionsDiffer(shape: [Int]) {
    var generator = SeededGenerator(seed: 3)
    let values = TestField.noise.values(shape: shape, using: &generator)
    let counts = CubicalComplex.Construction.allCases.map { construction in
      CubicalComplex(shape: shape, construction: construction)
        .persistencePairs(of: values, filtration: .sublevel).count { $0.dimension == 0 }
    }
    // More neighbours, fewer pieces.
    #expect(counts[0] > counts[1])
  }

  @Test("one more constant axis changes no point", arguments: CubicalComplex.Construction.allCases)
  func unitAxis(construction: CubicalComplex.Construction) {
    var generator = SeededGenerator(seed: 4)
    let values = TestField.noise.values(shape: [4, 5], using: &generator)
    let flat = CubicalComplex(shape: [4, 5], construction: construction)
      .persistencePairs(of: values, filtration: .sublevel)
    let thick = CubicalComplex(shape: [4, 1, 5], construction: construction)
      .persistencePairs(of: values, filtration: .sublevel)
    #expect(flat == thick && flat.contains { $0.dimension == 1 })
  }
}

private func sign(_ dimension: Int) -> Int { dimension % 2 == 0 ? 1 : -1 }

/// Pieces of a mask; neighbours share a facet, or with `diagonal` at least a corner.
private func pieceCount(of mask: [Bool], shape: [Int], diagonal: Bool) -> Int {
  func place(_ index: Int) -> [Int] {
    var rest = index
    return shape.reversed().map { extent in
      defer { rest /= extent }
      return rest % extent
    }
  }
  func areNeighbours(_ first: Int, _ second: Int) -> Bool {
    let steps = zip(place(first), place(second)).map { abs($0 - $1) }
    return diagonal ? steps.allSatisfy { $0 <= 1 } : steps.reduce(0, +) == 1
  }
  var unseen = Set(mask.indices.filter { mask[$0] })
  var pieces = 0
  while let start = unseen.popFirst() {
    pieces += 1
    var front = [start]
    while let voxel = front.popLast() {
      let next = unseen.filter { areNeighbours(voxel, $0) }
      unseen.subtract(next)
      front += next
    }
  }
  return pieces
}
