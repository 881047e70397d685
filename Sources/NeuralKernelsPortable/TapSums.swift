// The gradient with respect to the weights: the sums over voxels stay in registers.

/// Input channels of one block of sums.
private let inputsPerBlock = 5
#if KERNELS_V4 || arch(arm64)
  /// Taps of one block: 15 sums, for which 8 loads serve 15 multiply-adds.
  private let tapsPerBlock = 3
  private typealias BlockSums = InlineArray<16, Lane>
#else
  private let tapsPerBlock = 2
  private typealias BlockSums = InlineArray<10, Lane>
#endif
/// Elements that a block takes in memory: its 15 (or 10) sums and what makes it a whole lane.
private let blockSize = 16

/// Elements that ``addTapSums`` needs for its sums.
public func tapSumCount(inputs: Int, channels: Int, tapCount: Int) -> Int {
  let inputBlocks: Int = (inputs &+ inputsPerBlock &- 1) / inputsPerBlock
  let tapBlocks: Int = (tapCount &+ tapsPerBlock &- 1) / tapsPerBlock
  return inputBlocks &* channels &* tapBlocks &* blockSize
}

/// Where the sum of an input channel, a channel of the slab and a tap stands among the sums.
public func tapSumIndex(input: Int, channel: Int, tap: Int, channels: Int, tapCount: Int) -> Int {
  let tapBlocks: Int = (tapCount &+ tapsPerBlock &- 1) / tapsPerBlock
  let block: Int =
    (input / inputsPerBlock &* channels &+ channel) &* tapBlocks &+ tap / tapsPerBlock
  return block &* blockSize &+ input % inputsPerBlock &* tapsPerBlock &+ tap % tapsPerBlock
}

/// Adds to the sum of every input channel `i`, channel `c` of the slab and tap `t`, wherever
/// ``tapSumIndex`` says that it stands:
/// `sum over r, x of input[i][r][x] * slab[c][taps[t] + r * slabRow + x]`.
///
/// - `columns`: a multiple of 16. Few rows at a time (about 64 lanes) keep the input in the cache.
public func addTapSums(
  input: UnsafePointer<Float>, inputStride: Int, inputRow: Int, inputs: Int,
  slab: UnsafePointer<Float>, slabStride: Int, slabRow: Int, channels: Int,
  taps: UnsafePointer<Int>, tapCount: Int, rows: Int, columns: Int,
  sums: UnsafeMutablePointer<Float>
) {
  var place: Target = sums
  var i = 0
  while i < inputs {
    let values: Source = input + i &* inputStride
    let count: Int = inputs &- i < inputsPerBlock ? inputs &- i : inputsPerBlock
    var c = 0
    while c < channels {
      let plane: Source = slab + c &* slabStride
      var t = 0
      while t < tapCount {
        let tapsLeft: Int = tapCount &- t
        if count == inputsPerBlock && tapsLeft >= tapsPerBlock {
          addBlock(
            values, inputStride, inputRow, plane + taps[t], taps[t &+ 1] &- taps[t],
            taps[t &+ tapsPerBlock &- 1] &- taps[t], slabRow, rows, columns, place)
        } else {
          for tap in 0..<tapsPerBlock where tap < tapsLeft {
            for j in 0..<count {
              addOne(
                values + j &* inputStride, inputRow, plane + taps[t &+ tap], slabRow, rows,
                columns, place + (j &* tapsPerBlock &+ tap))
            }
          }
        }
        place += blockSize
        t &+= tapsPerBlock
      }
      c &+= 1
    }
    i &+= inputsPerBlock
  }
}

/// Five input channels times `tapsPerBlock` taps.
@inline(__always) private func addBlock(
  _ input: Source, _ inputStride: Int, _ inputRow: Int,
  _ slab: Source, _ secondTap: Int, _ lastTap: Int, _ slabRow: Int,
  _ rows: Int, _ columns: Int, _ place: Target
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
  addTotals(sums, place)
}

#if KERNELS_V4
  /// Adds the total of each of 16 lanes to 16 neighbouring numbers: neighbours are added four times,
  /// two lanes into one, three instructions for each total instead of nine.
  @inline(__always) private func addTotals(_ sums: BlockSums, _ place: Target) {
    var lanes: BlockSums = sums
    var count = 16
    for _ in 0..<4 {
      count /= 2
      for i in 0..<8 where i < count {
        let (first, second): (Lane, Lane) = (lanes[2 &* i], lanes[2 &* i &+ 1])
        lanes[i] =
          Lane(lowHalf: first.evenHalf, highHalf: second.evenHalf)
          + Lane(lowHalf: first.oddHalf, highHalf: second.oddHalf)
      }
    }
    store(load(place) + lanes[0], place)
  }
#else
  @inline(__always) private func addTotals(_ sums: BlockSums, _ place: Target) {
    for i in 0..<inputsPerBlock &* tapsPerBlock { place[i] += total(sums[i]) }
  }
#endif

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
