// The gradient with respect to the weights: the sums over voxels stay in registers.

#if KERNELS_V4 || arch(arm64)
  private let tapsPerBlock = 3
  private typealias BlockSums = InlineArray<15, Lane>
#else
  private let tapsPerBlock = 2
  private typealias BlockSums = InlineArray<10, Lane>
#endif
private let inputsPerBlock = 5

/// Adds to `sums[i][c][t]`, for every input channel `i`, channel `c` of the slab and tap `t`:
/// `sum over r, x of input[i][r][x] * slab[c][taps[t] + r * slabRow + x]`.
///
/// - `columns`: a multiple of 16. Few rows at a time (about 64 lanes) keep the input in the cache.
public func addTapSums(
  input: UnsafePointer<Float>, inputStride: Int, inputRow: Int, inputs: Int,
  slab: UnsafePointer<Float>, slabStride: Int, slabRow: Int, channels: Int,
  taps: UnsafePointer<Int>, tapCount: Int, rows: Int, columns: Int,
  sums: UnsafeMutablePointer<Float>
) {
  let sumStride: Int = channels &* tapCount
  var i = 0
  while i < inputs {
    let whole: Bool = inputs &- i >= inputsPerBlock
    let values: Source = input + i &* inputStride
    let rowOfSums: Target = sums + i &* sumStride
    var c = 0
    while c < channels {
      let plane: Source = slab + c &* slabStride
      let place: Target = rowOfSums + c &* tapCount
      var t = 0
      while t < tapCount {
        if whole && tapCount &- t >= tapsPerBlock {
          addBlock(
            values, inputStride, inputRow, plane + taps[t], taps[t &+ 1] &- taps[t],
            taps[t &+ tapsPerBlock &- 1] &- taps[t], slabRow, rows, columns, place + t, sumStride)
          t &+= tapsPerBlock
        } else {
          let left: Int = whole ? inputsPerBlock : inputs &- i
          for j in 0..<left {
            addOne(
              values + j &* inputStride, inputRow, plane + taps[t], slabRow, rows, columns,
              place + (j &* sumStride &+ t))
          }
          t &+= 1
        }
      }
      c &+= 1
    }
    i &+= whole ? inputsPerBlock : inputs &- i
  }
}

/// Five input channels times `tapsPerBlock` taps: 8 loads for 15 multiply-adds.
@inline(__always) private func addBlock(
  _ input: Source, _ inputStride: Int, _ inputRow: Int,
  _ slab: Source, _ secondTap: Int, _ lastTap: Int, _ slabRow: Int,
  _ rows: Int, _ columns: Int, _ place: Target, _ sumStride: Int
) {
  var sums = BlockSums(repeating: Lane.zero)
  var row = 0
  while row < rows {
    var x = 0
    while x < columns {
      let position: Source = slab + (row &* slabRow &+ x)
      let values: Source = input + (row &* inputRow &+ x)
      #if KERNELS_V4 || arch(arm64)
        let (first, second, third): (Lane, Lane, Lane) = (
          load(position), load(position + secondTap), load(position + lastTap)
        )
        for i in 0..<inputsPerBlock {
          let value: Lane = load(values + i &* inputStride)
          sums[3 &* i] = multiplyAdd(sums[3 &* i], value, first)
          sums[3 &* i &+ 1] = multiplyAdd(sums[3 &* i &+ 1], value, second)
          sums[3 &* i &+ 2] = multiplyAdd(sums[3 &* i &+ 2], value, third)
        }
      #else
        let (first, second): (Lane, Lane) = (load(position), load(position + lastTap))
        for i in 0..<inputsPerBlock {
          let value: Lane = load(values + i &* inputStride)
          sums[2 &* i] = multiplyAdd(sums[2 &* i], value, first)
          sums[2 &* i &+ 1] = multiplyAdd(sums[2 &* i &+ 1], value, second)
        }
      #endif
      x &+= laneCount
    }
    row &+= 1
  }
  for i in 0..<inputsPerBlock {
    for t in 0..<tapsPerBlock { place[i &* sumStride &+ t] += total(sums[tapsPerBlock &* i &+ t]) }
  }
}

/// One input channel, one tap.
@inline(__always) private func addOne(
  _ input: Source, _ inputRow: Int, _ slab: Source, _ slabRow: Int, _ rows: Int, _ columns: Int,
  _ place: Target
) {
  var (even, odd): (Lane, Lane) = (Lane.zero, Lane.zero)
  var row = 0
  while row < rows {
    let (values, position): (Source, Source) = (input + row &* inputRow, slab + row &* slabRow)
    var x = 0
    while x &+ laneCount < columns {
      even = multiplyAdd(even, load(values + x), load(position + x))
      odd = multiplyAdd(odd, load(values + (x &+ laneCount)), load(position + (x &+ laneCount)))
      x &+= laneCount &* 2
    }
    if x < columns { even = multiplyAdd(even, load(values + x), load(position + x)) }
    row &+= 1
  }
  place[0] += total(even + odd)
}
