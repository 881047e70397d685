// Sums over one plane that batch norm needs, while the plane is still in the cache.

/// The sum of `count` values and the sum of the squares of their differences from their mean.
///
/// Two passes, since the square of a sum loses digits where the mean is large.
public func moments(
  _ values: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>
) {
  var (sums, more): (Lane, Lane) = (Lane.zero, Lane.zero)
  var x = 0
  while x &+ 2 &* laneCount <= count {
    sums += load(values + x)
    more += load(values + (x &+ laneCount))
    x &+= 2 &* laneCount
  }
  var sum: Float = total(sums + more)
  while x < count {
    sum += values[x]
    x &+= 1
  }
  let mean: Float = sum / Float(count)
  let means = Lane(repeating: mean)
  (sums, more) = (Lane.zero, Lane.zero)
  x = 0
  while x &+ 2 &* laneCount <= count {
    let first: Lane = load(values + x) - means
    let second: Lane = load(values + (x &+ laneCount)) - means
    sums = multiplyAdd(sums, first, first)
    more = multiplyAdd(more, second, second)
    x &+= 2 &* laneCount
  }
  var squares: Float = total(sums + more)
  while x < count {
    squares = multiplyAdd(squares, values[x] - mean, values[x] - mean)
    x &+= 1
  }
  result[0] = sum
  result[1] = squares
}

/// For `g` = the gradient where `scale * value + shift > 0` (everywhere unless `rectified`):
/// the sum of `g` and the sum of `g * (value - mean)`.
public func gradientMoments(
  _ gradient: UnsafePointer<Float>, values: UnsafePointer<Float>, count: Int,
  scale: Float, shift: Float, rectified: Bool, mean: Float,
  into result: UnsafeMutablePointer<Float>
) {
  let (scales, shifts): (Lane, Lane) = (Lane(repeating: scale), Lane(repeating: shift))
  let limit: Float = rectified ? 0 : -Float.infinity
  let (limits, means): (Lane, Lane) = (Lane(repeating: limit), Lane(repeating: mean))
  var (sums, products): (Lane, Lane) = (Lane.zero, Lane.zero)
  var x = 0
  while x &+ laneCount <= count {
    let v: Lane = load(values + x)
    let passes: SIMDMask<LaneBits> = multiplyAdd(shifts, scales, v) .> limits
    let g: Lane = choose(passes, load(gradient + x), Lane.zero)
    sums += g
    products = multiplyAdd(products, g, v - means)
    x &+= laneCount
  }
  var (sum, product): (Float, Float) = (total(sums), total(products))
  while x < count {
    if multiplyAdd(shift, scale, values[x]) > limit {
      sum += gradient[x]
      product = multiplyAdd(product, gradient[x], values[x] - mean)
    }
    x &+= 1
  }
  result[0] = sum
  result[1] = product
}
