/// Linear interpolation along every axis with aligned corners, as a matrix that is written out.
///
/// Along an axis of n voxels that becomes m, voxel i of the result lies at i (n - 1) / (m - 1): first on
/// first, last on last. One voxel lies on the first. Row = voxel of the result, column = voxel of the input.
public struct NaiveResampling: Sendable {
  public let inputShape: [Int]
  public let outputShape: [Int]
  public let matrix: [[Double]]

  /// - Parameter resolution: wanted extent of each axis; `nil`, or more than there is: unchanged.
  public init(shape: [Int], resolution: [Int?]) {
    inputShape = shape
    outputShape = zip(shape, resolution).map { min($0, $1 ?? $0) }
    // The weight of a voxel is the product of its weights along the axes.
    matrix = zip(shape, outputShape).reduce([[1.0]]) { matrix, axis in
      let weights = lineWeights(from: axis.0, to: axis.1)
      return matrix.flatMap { row in
        weights.map { line in row.flatMap { outer in line.map { outer * $0 } } }
      }
    }
  }

  public func callAsFunction(_ values: [Double]) -> [Double] {
    matrix.map { row in zip(row, values).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  /// The transposed matrix: carries a gradient at the result back to the input.
  public func adjoint(_ gradient: [Double]) -> [Double] {
    matrix[0].indices.map { column in matrix.indices.reduce(0) { $0 + matrix[$1][column] * gradient[$1] } }
  }
}

private func lineWeights(from extent: Int, to count: Int) -> [[Double]] {
  (0..<count).map { index in
    var row = [Double](repeating: 0, count: extent)
    guard count > 1 else {
      row[0] = 1
      return row
    }
    // In whole numbers, so that a place on a voxel is exactly on it.
    let (before, rest) = (index * (extent - 1)).quotientAndRemainder(dividingBy: count - 1)
    let fraction = Double(rest) / Double(count - 1)
    row[before] = 1 - fraction
    if rest > 0 { row[before + 1] = fraction }
    return row
  }
}
