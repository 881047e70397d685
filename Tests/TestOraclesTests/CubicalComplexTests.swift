import TestOracles
import Testing

private let shapes = [[1], [4], [1, 1], [2, 3], [3, 1, 2], [2, 2, 2], [2, 1, 2, 2]]

@Suite("CubicalComplex")
struct CubicalComplexTests {
  @Test("every cell is there once", arguments: shapes)
  func cellCounts(shape: [Int]) {
    let vertices = CubicalComplex(shape: shape, construction: .vertices)
    #expect(vertices.dimensions.count == shape.reduce(1) { $0 * (2 * $1 - 1) })
    #expect(vertices.dimensions.count { $0 == 0 } == shape.reduce(1, *))
    let topCells = CubicalComplex(shape: shape, construction: .topCells)
    #expect(topCells.dimensions.count == shape.reduce(1) { $0 * (2 * $1 + 1) })
    #expect(topCells.dimensions.count { $0 == shape.count } == shape.reduce(1, *))
  }

  @Test("the boundary of a boundary is zero", arguments: shapes)
  func boundaryOfBoundary(shape: [Int]) {
    for construction in CubicalComplex.Construction.allCases {
      let complex = CubicalComplex(shape: shape, construction: construction)
      for (cell, faces) in complex.boundaries.enumerated() {
        #expect(faces.count == 2 * complex.dimensions[cell])
        #expect(faces.allSatisfy { complex.dimensions[$0] == complex.dimensions[cell] - 1 })
        let twice = faces.flatMap { complex.boundaries[$0] }
        #expect(twice.allSatisfy { face in twice.count { $0 == face } == 2 })
      }
    }
  }

  @Test("a cell touches its corners (V) or the top cells around it (T)", arguments: shapes)
  func touchedVoxels(shape: [Int]) {
    let vertices = CubicalComplex(shape: shape, construction: .vertices)
    for cell in vertices.dimensions.indices {
      #expect(vertices.voxels[cell].count == 1 << vertices.dimensions[cell])
    }
    // A face of a cell touches fewer corners, but more top cells.
    let topCells = CubicalComplex(shape: shape, construction: .topCells)
    for cell in topCells.dimensions.indices {
      for face in topCells.boundaries[cell] {
        #expect(Set(topCells.voxels[cell]).isSubset(of: topCells.voxels[face]))
      }
    }
    for cell in vertices.dimensions.indices {
      for face in vertices.boundaries[cell] {
        #expect(Set(vertices.voxels[face]).isSubset(of: vertices.voxels[cell]))
      }
    }
  }
}
