// Max pooling: windows that do not overlap, depth x height x width. What is pending on the input
// (batch norm and ReLU) is applied while it is read, forward and again backward.

/// Pools `windowDepth` neighbouring planes of one channel into one plane.
///
/// `output[r][x] = max over the window of (scale * value + shift, at least 0 if rectified)`
public func poolPlane(
  _ input: UnsafePointer<Float>, planeStride: Int, inputRow: Int,
  windowDepth: Int, windowHeight: Int, windowWidth: Int,
  output: UnsafeMutablePointer<Float>, outputRow: Int, rows: Int, columns: Int,
  scale: Float, shift: Float, rectified: Bool
) {
  let (scales, shifts): (Lane, Lane) = (Lane(repeating: scale), Lane(repeating: shift))
  let floor: Float = rectified ? 0 : -Float.infinity
  for row in 0..<rows {
    let corner: Source = input + row &* windowHeight &* inputRow
    let to: Target = output + row &* outputRow
    var x = 0
    if windowWidth == 2 {
      while x &+ laneCount <= columns {
        var best = Lane(repeating: floor)
        for z in 0..<windowDepth {
          for y in 0..<windowHeight {
            let from: Source = corner + (z &* planeStride &+ y &* inputRow &+ 2 &* x)
            let (even, odd): (Lane, Lane) = loadPairs(from)
            // In this order a window of NaN stays NaN, so that a network that broke shows it.
            best = larger(multiplyAdd(shifts, scales, even), best)
            best = larger(multiplyAdd(shifts, scales, odd), best)
          }
        }
        store(best, to + x)
        x &+= laneCount
      }
    }
    while x < columns {
      var best: Float = floor
      for z in 0..<windowDepth {
        for y in 0..<windowHeight {
          let from: Source = corner + (z &* planeStride &+ y &* inputRow &+ windowWidth &* x)
          for i in 0..<windowWidth {
            let value: Float = multiplyAdd(shift, scale, from[i])
            best = best > value ? best : value
          }
        }
      }
      to[x] = best
      x &+= 1
    }
  }
}

/// Gives each window's gradient to its first maximum in scan order, and 0 to the others.
///
/// The ReLU's own gradient is not applied: a window whose values are all negative gives its gradient
/// to its largest value, where ReLU stops it. Positions outside every window are not written.
public func poolPlaneBackward(
  _ input: UnsafePointer<Float>, planeStride: Int, inputRow: Int,
  windowDepth: Int, windowHeight: Int, windowWidth: Int,
  gradient: UnsafePointer<Float>, gradientRow: Int, rows: Int, columns: Int,
  scale: Float, shift: Float, result: UnsafeMutablePointer<Float>
) {
  let (scales, shifts): (Lane, Lane) = (Lane(repeating: scale), Lane(repeating: shift))
  for row in 0..<rows {
    let corner: Int = row &* windowHeight &* inputRow
    let given: Source = gradient + row &* gradientRow
    var x = 0
    if windowWidth == 2 {
      while x &+ laneCount <= columns {
        var best = Lane(repeating: -Float.infinity)
        for z in 0..<windowDepth {
          for y in 0..<windowHeight {
            let at: Int = corner &+ z &* planeStride &+ y &* inputRow &+ 2 &* x
            let (even, odd): (Lane, Lane) = loadPairs(input + at)
            best = larger(best, multiplyAdd(shifts, scales, even))
            best = larger(best, multiplyAdd(shifts, scales, odd))
          }
        }
        var rest: Lane = load(given + x)
        for z in 0..<windowDepth {
          for y in 0..<windowHeight {
            let at: Int = corner &+ z &* planeStride &+ y &* inputRow &+ 2 &* x
            let (even, odd): (Lane, Lane) = loadPairs(input + at)
            let evenWins: SIMDMask<LaneBits> = multiplyAdd(shifts, scales, even) .== best
            let evenGradient: Lane = choose(evenWins, rest, Lane.zero)
            rest = choose(evenWins, Lane.zero, rest)
            // A best that was found matches nothing after it.
            best = choose(evenWins, Lane(repeating: Float.infinity), best)
            let oddWins: SIMDMask<LaneBits> = multiplyAdd(shifts, scales, odd) .== best
            let oddGradient: Lane = choose(oddWins, rest, Lane.zero)
            rest = choose(oddWins, Lane.zero, rest)
            best = choose(oddWins, Lane(repeating: Float.infinity), best)
            storePairs(evenGradient, oddGradient, result + at)
          }
        }
        x &+= laneCount
      }
    }
    while x < columns {
      var best: Float = -Float.infinity
      var winner: Int = corner &+ windowWidth &* x
      for z in 0..<windowDepth {
        for y in 0..<windowHeight {
          let at: Int = corner &+ z &* planeStride &+ y &* inputRow &+ windowWidth &* x
          for i in 0..<windowWidth {
            result[at &+ i] = 0
            let value: Float = multiplyAdd(shift, scale, input[at &+ i])
            if value > best { (best, winner) = (value, at &+ i) }
          }
        }
      }
      result[winner] = given[x]
      x &+= 1
    }
  }
}
