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
/// `sum over planes z, r, x of input[i][z][r][x] * slab[c][z][taps[t] + r * slabRow + x]`.
///
/// - `columns`: a multiple of 16. About 64 lanes in all are best: the input stays in the first cache, and
///   adding up the registers' lanes at the end does not matter.
public func addTapSums(
  input: UnsafePointer<Float>, inputStride: Int, inputPlane: Int, inputRow: Int, inputs: Int,
  slab: UnsafePointer<Float>, slabStride: Int, slabPlane: Int, slabRow: Int, channels: Int,
  taps: UnsafePointer<Int>, tapCount: Int, planes: Int, rows: Int, columns: Int,
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
        // The last block repeats its last tap where there are none left; nobody reads those sums.
        let last: Int = tapCount &- 1
        let second: Int = taps[t &+ 1 < last ? t &+ 1 : last] &- taps[t]
        let third: Int = taps[t &+ 2 < last ? t &+ 2 : last] &- taps[t]
        if count == inputsPerBlock {
          addBlock(
            values, inputStride, inputPlane, inputRow, plane + taps[t], second, third, slabPlane,
            slabRow, planes, rows, columns, place)
        } else {
          for j in 0..<count {
            addOne(
              values + j &* inputStride, inputPlane, inputRow, plane + taps[t], second, third,
              slabPlane, slabRow, planes, rows, columns, place + j &* tapsPerBlock)
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
  _ input: Source, _ inputStride: Int, _ inputPlane: Int, _ inputRow: Int,
  _ slab: Source, _ secondTap: Int, _ thirdTap: Int, _ slabPlane: Int, _ slabRow: Int,
  _ planes: Int, _ rows: Int, _ columns: Int, _ place: Target
) {
  var sums = BlockSums(repeating: Lane.zero)
  forEachLane(planes, rows, columns) { plane, row, x in
    let position: Source = slab + (plane &* slabPlane &+ row &* slabRow &+ x)
    let values: Source = input + (plane &* inputPlane &+ row &* inputRow &+ x)
    #if KERNELS_V4 || arch(arm64)
      let (first, second, third): (Lane, Lane, Lane) = (
        load(position), load(position + secondTap), load(position + thirdTap)
      )
      for i in 0..<inputsPerBlock {
        let value: Lane = load(values + i &* inputStride)
        sums[3 &* i] = multiplyAdd(sums[3 &* i], value, first)
        sums[3 &* i &+ 1] = multiplyAdd(sums[3 &* i &+ 1], value, second)
        sums[3 &* i &+ 2] = multiplyAdd(sums[3 &* i &+ 2], value, third)
      }
    #else
      let (first, second): (Lane, Lane) = (load(position), load(position + secondTap))
      for i in 0..<inputsPerBlock {
        let value: Lane = load(values + i &* inputStride)
        sums[2 &* i] = multiplyAdd(sums[2 &* i], value, first)
        sums[2 &* i &+ 1] = multiplyAdd(sums[2 &* i &+ 1], value, second)
      }
    #endif
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

/// One input channel times `tapsPerBlock` taps: for the channels that fill no block.
@inline(__always) private func addOne(
  _ input: Source, _ inputPlane: Int, _ inputRow: Int, _ slab: Source, _ secondTap: Int,
  _ thirdTap: Int, _ slabPlane: Int, _ slabRow: Int, _ planes: Int, _ rows: Int, _ columns: Int,
  _ place: Target
) {
  var (first, second, third): (Lane, Lane, Lane) = (Lane.zero, Lane.zero, Lane.zero)
  forEachLane(planes, rows, columns) { plane, row, x in
    let value: Lane = load(input + (plane &* inputPlane &+ row &* inputRow &+ x))
    let position: Source = slab + (plane &* slabPlane &+ row &* slabRow &+ x)
    first = multiplyAdd(first, value, load(position))
    second = multiplyAdd(second, value, load(position + secondTap))
    if tapsPerBlock > 2 { third = multiplyAdd(third, value, load(position + thirdTap)) }
  }
  place[0] += total(first)
  place[1] += total(second)
  if tapsPerBlock > 2 { place[2] += total(third) }
}

@inline(__always) private func forEachLane(
  _ planes: Int, _ rows: Int, _ columns: Int, _ body: (Int, Int, Int) -> Void
) {
  var plane = 0
  while plane < planes {
    var row = 0
    while row < rows {
      var x = 0
      while x < columns {
        body(plane, row, x)
        x &+= laneCount
      }
      row &+= 1
    }
    plane &+= 1
  }
}
