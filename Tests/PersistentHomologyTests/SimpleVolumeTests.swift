import PersistentHomology
import Testing

@Suite("Volumes whose answer needs no oracle")
struct SimpleVolumeTests {
  @Test("one voxel is one component that never ends", arguments: 1...3)
  func oneVoxel(rank: Int) throws {
    let shape = [Int](repeating: 1, count: rank)
    for filtration in [Filtration.sublevel, .superlevel] {
      for construction in [Construction.topCells, .vertices] {
        let options = PersistenceOptions(filtration: filtration, construction: construction)
        let diagrams = try persistenceDiagrams(of: [-2.5] as [Float], shape: shape, options: options)
        #expect(diagrams.map(\.count) == [1] + [Int](repeating: 0, count: rank - 1))
        let end: Double = filtration == .sublevel ? .infinity : -.infinity
        let only = PersistencePair(dimension: 0, birth: -2.5, death: end, creator: 0, destroyer: nil)
        #expect(diagrams[0].first == only && only.isEssential)
      }
    }
  }

  @Test(
    "one value everywhere is one component, also when equal values are kept",
    arguments: [[40], [1, 40], [9, 17], [5, 6, 7], [2, 2, 33]])
  func constant(shape: [Int]) throws {
    let values = [UInt8](repeating: 7, count: shape.reduce(1, *))
    for construction in [Construction.topCells, .vertices] {
      let options = PersistenceOptions(construction: construction, keepsZeroPersistence: true)
      let diagrams = try persistenceDiagrams(of: values, shape: shape, options: options)
      // The first voxel of the order: equal values enter by falling index in T, rising in V.
      let first = construction == .topCells ? values.count - 1 : 0
      let only = PersistencePair(dimension: 0, birth: 7, death: -.infinity, creator: first, destroyer: nil)
      #expect(diagrams.flatMap(Array.init) == [only])
    }
  }

  @Test("a hollow cube of n voxels a side holds one cavity", arguments: [3, 8, 17, 35])
  func hollowCube(side: Int) throws {
    var values = [Bool](repeating: true, count: side * side * side)
    for z in 1..<side - 1 {
      for y in 1..<side - 1 {
        for x in 1..<side - 1 { values[(z * side + y) * side + x] = false }
      }
    }
    for construction in [Construction.topCells, .vertices] {
      let options = PersistenceOptions(construction: construction)
      let diagrams = try persistenceDiagrams(of: values, shape: [side, side, side], options: options)
      #expect(diagrams.map(\.count) == [1, 0, 1])
      #expect(diagrams[2].first?.birth == 1 && diagrams[2].first?.death == 0)
    }
  }

  @Test("the essential class is the first voxel of the order and comes last")
  func essentialClass() throws {
    let values: [Float] = [3, 1, 5, 0, 4, 2]
    let highest = try persistenceDiagrams(of: values, shape: [6])[0]
    #expect(highest.last?.creator == 2 && highest.last?.isEssential == true)
    let lowest = try persistenceDiagrams(of: values, shape: [6], options: .init(filtration: .sublevel))[0]
    #expect(lowest.last?.creator == 3 && lowest.last?.death == .infinity)
    #expect(lowest.count { $0.isEssential } == 1)
  }
}
