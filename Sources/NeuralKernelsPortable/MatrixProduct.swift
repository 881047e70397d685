// Products of small matrices: two linear layers in a row become one.

/// `result[r][x] += sum over k of left[r][k] * right[k][x]`
///
/// All row-major; `columns` is a multiple of 16.
public func addMatrixProduct(
  left: UnsafePointer<Float>, leftRow: Int, right: UnsafePointer<Float>, rightRow: Int,
  result: UnsafeMutablePointer<Float>, resultRow: Int, rows: Int, inner: Int, columns: Int
) {
  var row = 0
  while row < rows {
    let count: Int = rows &- row < 4 ? rows &- row : 4
    let factors: Source = left + row &* leftRow
    let place: Target = result + row &* resultRow
    // Rows that are missing in the last block repeat its last row, and are not stored.
    let second: Int = count > 1 ? leftRow : 0
    let third: Int = count > 2 ? 2 &* leftRow : second
    let fourth: Int = count > 3 ? 3 &* leftRow : third
    var x = 0
    while x < columns {
      var (a, b, c, d): (Lane, Lane, Lane, Lane) = (Lane.zero, Lane.zero, Lane.zero, Lane.zero)
      for k in 0..<inner {
        let value: Lane = load(right + (k &* rightRow &+ x))
        a = multiplyAdd(a, Lane(repeating: factors[k]), value)
        b = multiplyAdd(b, Lane(repeating: factors[second &+ k]), value)
        c = multiplyAdd(c, Lane(repeating: factors[third &+ k]), value)
        d = multiplyAdd(d, Lane(repeating: factors[fourth &+ k]), value)
      }
      store(load(place + x) + a, place + x)
      if count > 1 { store(load(place + (resultRow &+ x)) + b, place + (resultRow &+ x)) }
      if count > 2 {
        store(load(place + (2 &* resultRow &+ x)) + c, place + (2 &* resultRow &+ x))
      }
      if count > 3 {
        store(load(place + (3 &* resultRow &+ x)) + d, place + (3 &* resultRow &+ x))
      }
      x &+= laneCount
    }
    row &+= count
  }
}
