// What happens to values on their way into a slab: batch norm and ReLU of the layer before, forward
// and backward, so that no layer has to write and read a normalised copy of its values.

/// Copies `rows` rows of `columns` values.
public func copyRows(
  _ source: UnsafePointer<Float>, sourceRow: Int,
  to target: UnsafeMutablePointer<Float>, targetRow: Int, rows: Int, columns: Int
) {
  for row in 0..<rows {
    let (from, to): (Source, Target) = (source + row &* sourceRow, target + row &* targetRow)
    var x = 0
    while x &+ laneCount <= columns {
      store(load(from + x), to + x)
      x &+= laneCount
    }
    while x < columns {
      to[x] = from[x]
      x &+= 1
    }
  }
}

/// `scale * value + shift`, and 0 instead of what is negative if `rectified`.
public func affineRows(
  _ source: UnsafePointer<Float>, sourceRow: Int,
  to target: UnsafeMutablePointer<Float>, targetRow: Int, rows: Int, columns: Int,
  scale: Float, shift: Float, rectified: Bool
) {
  let (scales, shifts): (Lane, Lane) = (Lane(repeating: scale), Lane(repeating: shift))
  // The least value that may come out: 0, or nothing holds it back.
  let floor: Float = rectified ? 0 : -Float.infinity
  let floors = Lane(repeating: floor)
  for row in 0..<rows {
    let (from, to): (Source, Target) = (source + row &* sourceRow, target + row &* targetRow)
    var x = 0
    while x &+ laneCount <= columns {
      // In this order NaN stays NaN, so that a network that broke shows it.
      store(larger(multiplyAdd(shifts, scales, load(from + x)), floors), to + x)
      x &+= laneCount
    }
    while x < columns {
      let value: Float = multiplyAdd(shift, scale, from[x])
      to[x] = value < floor ? floor : value
      x &+= 1
    }
  }
}

/// The gradient with respect to what batch norm was given, from that with respect to what ReLU gave:
/// `slope * (gradient where scale * value + shift > 0, else 0) + factor * value + offset`.
///
/// `value` is what batch norm was given in the forward pass. Without ReLU (`rectified` false) every
/// gradient counts.
public func gradientRows(
  _ gradient: UnsafePointer<Float>, values: UnsafePointer<Float>, sourceRow: Int,
  to target: UnsafeMutablePointer<Float>, targetRow: Int, rows: Int, columns: Int,
  scale: Float, shift: Float, rectified: Bool, slope: Float, factor: Float, offset: Float
) {
  let (scales, shifts): (Lane, Lane) = (Lane(repeating: scale), Lane(repeating: shift))
  let (slopes, factors): (Lane, Lane) = (Lane(repeating: slope), Lane(repeating: factor))
  let offsets = Lane(repeating: offset)
  let limit: Float = rectified ? 0 : -Float.infinity
  let limits = Lane(repeating: limit)
  for row in 0..<rows {
    let from: Source = gradient + row &* sourceRow
    let value: Source = values + row &* sourceRow
    let to: Target = target + row &* targetRow
    var x = 0
    while x &+ laneCount <= columns {
      let v: Lane = load(value + x)
      let passes: SIMDMask<LaneBits> = multiplyAdd(shifts, scales, v) .> limits
      let g: Lane = choose(passes, load(from + x), Lane.zero)
      store(multiplyAdd(multiplyAdd(offsets, factors, v), slopes, g), to + x)
      x &+= laneCount
    }
    while x < columns {
      let g: Float = multiplyAdd(shift, scale, value[x]) > limit ? from[x] : 0
      to[x] = multiplyAdd(multiplyAdd(offset, factor, value[x]), slope, g)
      x &+= 1
    }
  }
}

/// Parts every row into its even and its odd columns: the inverse of ``joinRows``.
public func splitRows(
  _ source: UnsafePointer<Float>, sourceRow: Int,
  even: UnsafeMutablePointer<Float>, odd: UnsafeMutablePointer<Float>, targetRow: Int,
  rows: Int, pairs: Int
) {
  for row in 0..<rows {
    let from: Source = source + row &* sourceRow
    let (first, second): (Target, Target) = (even + row &* targetRow, odd + row &* targetRow)
    var x = 0
    while x &+ laneCount <= pairs {
      let (evens, odds): (Lane, Lane) = loadPairs(from + 2 &* x)
      store(evens, first + x)
      store(odds, second + x)
      x &+= laneCount
    }
    while x < pairs {
      first[x] = from[2 &* x]
      second[x] = from[2 &* x &+ 1]
      x &+= 1
    }
  }
}

/// Writes rows whose even columns are `even` and whose odd columns are `odd`.
public func joinRows(
  even: UnsafePointer<Float>, odd: UnsafePointer<Float>, sourceRow: Int,
  to target: UnsafeMutablePointer<Float>, targetRow: Int, rows: Int, pairs: Int
) {
  for row in 0..<rows {
    let (first, second): (Source, Source) = (even + row &* sourceRow, odd + row &* sourceRow)
    let to: Target = target + row &* targetRow
    var x = 0
    while x &+ laneCount <= pairs {
      storePairs(load(first + x), load(second + x), to + 2 &* x)
      x &+= laneCount
    }
    while x < pairs {
      to[2 &* x] = first[x]
      to[2 &* x &+ 1] = second[x]
      x &+= 1
    }
  }
}
