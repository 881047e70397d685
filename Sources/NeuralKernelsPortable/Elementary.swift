// exp and log of lanes, within two units in the last place; polynomials as in S. Moshier's Cephes
// mathematical library (1989), written anew.

/// e to the power of each lane; 0 below -87.3, infinity is never returned (88.3 and more give e^88.3).
@inline(__always) func exponential(_ power: Lane) -> Lane {
  let low = Lane(repeating: -87.33654)
  let high = Lane(repeating: 88.3)
  let x: Lane = smaller(larger(power, low), high)
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  let magic = Lane(repeating: 12_582_912)
  let shifted: Lane = multiplyAdd(magic, x, Lane(repeating: 1.442_695_04))
  let exponent: Lane = shifted - magic
  // x - exponent * ln 2, with ln 2 in two parts so that the product is exact.
  var rest: Lane = multiplyAdd(x, exponent, Lane(repeating: -0.693_359_375))
  rest = multiplyAdd(rest, exponent, Lane(repeating: 2.121_944_4e-4))
  var sum = Lane(repeating: 1.987_569_15e-4)
  sum = multiplyAdd(Lane(repeating: 1.398_199_95e-3), sum, rest)
  sum = multiplyAdd(Lane(repeating: 8.333_451_9e-3), sum, rest)
  sum = multiplyAdd(Lane(repeating: 4.166_579_6e-2), sum, rest)
  sum = multiplyAdd(Lane(repeating: 1.666_666_55e-1), sum, rest)
  sum = multiplyAdd(Lane(repeating: 5.000_000_1e-1), sum, rest)
  sum = multiplyAdd(rest + Lane(repeating: 1), sum, rest * rest)
  let bits: LaneBits = unsafeBitCast(shifted, to: LaneBits.self)
  let power2: LaneBits = (bits &- LaneBits(repeating: 0x4B40_0000) &+ LaneBits(repeating: 127)) &<< 23
  let result: Lane = sum * unsafeBitCast(power2, to: Lane.self)
  return choose(power .< low, Lane.zero, result)
}

/// The natural logarithm of 1 + each lane, for lanes in 0 ... 1.
@inline(__always) func logarithmOfOnePlus(_ value: Lane) -> Lane {
  // log(1 + v) = 2 artanh(v / (2 + v)), and v / (2 + v) is at most 1/3: an odd series of s converges
  // fast, and no digit of a small v is lost.
  let s: Lane = value / (value + Lane(repeating: 2))
  let square: Lane = s * s
  var sum = Lane(repeating: 1.0 / 15)
  sum = multiplyAdd(Lane(repeating: 1.0 / 13), sum, square)
  sum = multiplyAdd(Lane(repeating: 1.0 / 11), sum, square)
  sum = multiplyAdd(Lane(repeating: 1.0 / 9), sum, square)
  sum = multiplyAdd(Lane(repeating: 1.0 / 7), sum, square)
  sum = multiplyAdd(Lane(repeating: 1.0 / 5), sum, square)
  sum = multiplyAdd(Lane(repeating: 1.0 / 3), sum, square)
  let twice: Lane = s + s
  return multiplyAdd(twice, sum * square, twice)
}

/// 1 / (1 + e^-x), without overflow on either side.
@inline(__always) func logistic(_ x: Lane) -> Lane {
  let one = Lane(repeating: 1)
  let negative: SIMDMask<LaneBits> = x .< Lane.zero
  let decay: Lane = exponential(choose(negative, x, -x))
  return choose(negative, decay, one) / (one + decay)
}

@inline(__always) func smaller(_ first: Lane, _ second: Lane) -> Lane {
  first.replacing(with: second, where: second .< first)
}
