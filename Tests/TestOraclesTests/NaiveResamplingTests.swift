import TestOracles
import Testing

@Suite("NaiveResampling")
struct NaiveResamplingTests {
  @Test("along one axis, by hand")
  func line() {
    #expect(NaiveResampling(shape: [3], resolution: [2])([1, 5, 9]) == [1, 9])
    // Places 0, 1.5 and 3.
    #expect(NaiveResampling(shape: [4], resolution: [3])([0, 1, 3, 10]) == [0, 2, 10])
    #expect(NaiveResampling(shape: [4], resolution: [1])([7, 1, 3, 10]) == [7])
    #expect(NaiveResampling(shape: [3], resolution: [5])([1, 5, 9]) == [1, 5, 9])
    #expect(NaiveResampling(shape: [3], resolution: [nil])([1, 5, 9]) == [1, 5, 9])
    #expect(NaiveResampling(shape: [4], resolution: [3]).adjoint([1, 2, 4]) == [1, 1, 1, 4])
  }

  @Test("a linear function stays the same function", arguments: [[5], [4, 7], [3, 4, 6]])
  func linearFunctions(shape: [Int]) {
    for extent in 2...3 {
      let resampling = NaiveResampling(shape: shape, resolution: shape.map { _ in extent })
      let found = resampling(linearFunction(on: shape, in: shape))
      let expected = linearFunction(on: resampling.outputShape, in: shape)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-13 })
      #expect(found.count == expected.count)
    }
  }

  /// 1 z + 10 y + 100 x of the place in the volume that was resampled.
  private func linearFunction(on grid: [Int], in shape: [Int]) -> [Double] {
    zip(grid, shape).reduce([0.0]) { sums, axis in
      sums.flatMap { sum in
        (0..<axis.0).map { 10 * sum + Double($0) * Double(axis.1 - 1) / Double(axis.0 - 1) }
      }
    }
  }

  @Test("weights of a voxel sum to one")
  func weights() {
    let matrix = NaiveResampling(shape: [5, 4, 6], resolution: [3, 4, 2]).matrix
    #expect(matrix.count == 24 && matrix[0].count == 120)
    #expect(matrix.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-15 && $0.allSatisfy { $0 >= 0 } })
  }
}
