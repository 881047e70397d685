import TestOracles
import Testing

private typealias Construction = CubicalComplex.Construction

private func pairs(
  _ values: [Double], _ shape: [Int], _ construction: Construction,
  _ filtration: NaiveFiltration = .sublevel, keepsZeroPersistence: Bool = false
) -> [NaivePair] {
  CubicalComplex(shape: shape, construction: construction)
    .persistencePairs(of: values, filtration: filtration, keepsZeroPersistence: keepsZeroPersistence)
}

private func pair(_ dimension: Int, _ birth: Double, _ death: Double, _ creator: Int, _ destroyer: Int?)
  -> NaivePair
{
  NaivePair(dimension: dimension, birth: birth, death: death, creator: creator, destroyer: destroyer)
}

/// A 3x3x3 block of 0 with a 1 in the middle.
private let hollowBox = (0..<27).map { $0 == 13 ? 1.0 : 0.0 }

@Suite("NaivePersistence: shapes whose answer is known")
struct NaivePersistenceTests {
  @Test("one voxel is one component that never ends", arguments: Construction.allCases)
  func singleVoxel(construction: CubicalComplex.Construction) {
    for shape in [[1], [1, 1], [1, 1, 1]] {
      #expect(pairs([7], shape, construction) == [pair(0, 7, .infinity, 0, nil)])
      #expect(pairs([7], shape, construction, .superlevel) == [pair(0, 7, -.infinity, 0, nil)])
    }
  }

  @Test("of two minima the younger ends where they meet", arguments: Construction.allCases)
  func twoMinima(construction: CubicalComplex.Construction) {
    #expect(
      pairs([0, 2, 1], [3], construction) == [pair(0, 0, .infinity, 0, nil), pair(0, 1, 2, 2, 1)])
    #expect(
      pairs([0, 2, 1], [3], construction, .superlevel) == [pair(0, 2, -.infinity, 1, nil)])
  }

  @Test("of two equal minima the one that enters later ends: V by rising index, T by falling index")
  func equalMinima() {
    #expect(pairs([0, 2, 0], [3], .vertices) == [pair(0, 0, .infinity, 0, nil), pair(0, 0, 2, 2, 1)])
    #expect(pairs([0, 2, 0], [3], .topCells) == [pair(0, 0, 2, 0, 1), pair(0, 0, .infinity, 2, nil)])
  }

  @Test("a ring around a higher voxel is one loop")
  func ring() {
    let values: [Double] = [0, 0, 0, 0, 1, 0, 0, 0, 0]
    // V: the ring is closed by its last vertex. T: cells 1 and 3 touch at a corner, so cell 0
    // adds nothing.
    #expect(pairs(values, [3, 3], .vertices) == [pair(0, 0, .infinity, 0, nil), pair(1, 0, 1, 8, 4)])
    #expect(pairs(values, [3, 3], .topCells) == [pair(0, 0, .infinity, 8, nil), pair(1, 0, 1, 1, 4)])
  }

  @Test("a box around a higher voxel is one void, and no loop", arguments: Construction.allCases)
  func box(construction: CubicalComplex.Construction) {
    let found = pairs(hollowBox, [3, 3, 3], construction)
    #expect(found.map(\.dimension) == [0, 2])
    #expect(found.last?.birth == 0 && found.last?.death == 1 && found.last?.destroyer == 13)
    let upsideDown = pairs(hollowBox.map { -$0 }, [3, 3, 3], construction, .superlevel)
    #expect(upsideDown.map(\.creator) == found.map(\.creator))
  }

  @Test("the same box in the middle of four axes bounds nothing")
  func fourAxes() {
    #expect(pairs(hollowBox + hollowBox, [2, 3, 3, 3], .topCells).map(\.dimension) == [0, 2])
    let shell = (0..<81).map { $0 == 40 ? 1.0 : 0.0 }
    #expect(pairs(shell, [3, 3, 3, 3], .vertices).map(\.dimension) == [0, 3])
  }

  @Test("a diagonal pair is one piece in T and two in V")
  func diagonal() {
    let values: [Double] = [0, 1, 1, 0]
    #expect(pairs(values, [2, 2], .topCells) == [pair(0, 0, .infinity, 3, nil)])
    #expect(pairs(values, [2, 2], .vertices) == [pair(0, 0, .infinity, 0, nil), pair(0, 0, 1, 3, 1)])
  }

  @Test("pairs of equal values are kept on demand, pairs of a voxel with itself never")
  func zeroPersistence() {
    // Voxels 0 and 2 of the lower value are one piece only once 5, of the same value, is there.
    let values: [Double] = [1, 9, 1, 1, 1, 1]
    let essential = pair(0, 1, .infinity, 0, nil)
    #expect(pairs(values, [2, 3], .vertices) == [essential])
    #expect(
      pairs(values, [2, 3], .vertices, keepsZeroPersistence: true) == [essential, pair(0, 1, 1, 2, 5)])
  }

  @Test("infinities are values, and -0 ties with +0")
  func specialValues() {
    #expect(
      pairs([-.infinity, .infinity, 0], [3], .vertices)
        == [pair(0, -.infinity, .infinity, 0, nil), pair(0, 0, .infinity, 2, 1)])
    #expect(pairs([0.0, 1, -0.0], [3], .vertices) == [pair(0, 0, .infinity, 0, nil), pair(0, 0, 1, 2, 1)])
  }
}
