// The inner loop of every convolution, forward and backward: see Lanes.swift for the way of one
// multiply-add.

#if KERNELS_V4 || arch(arm64)
  /// Output channels of one tile: ten channels times two lanes fill 20 of 32 registers.
  let outputsPerTile = 10
  typealias TileSums = InlineArray<20, Lane>
#else
  /// Output channels of one tile: five channels times two lanes fill 10 of 16 registers.
  let outputsPerTile = 5
  typealias TileSums = InlineArray<10, Lane>
#endif

/// How many output channels share a tile: the packing of the weights depends on it.
public func outputsInTile() -> Int { outputsPerTile }

/// Correlates one plane of a slab with the weights of all output channels.
///
/// `output[o][r][x] = sum over c, t of weights(o, c, t) * slab[c][taps[t] + r * slabRow + x]`
///
/// - `slab`: the first position of the plane; channels are `slabStride` elements apart.
/// - `weights`: packed as `[tile of outputsPerTile outputs][channel][tap][output]`; outputs after the
///   last whole tile follow one by one as `[channel][tap]`, or as one tile padded with zeros: see
///   ``trailingOutputsAreNarrow(_:)``.
/// - `columns`: a multiple of 16.
public func correlatePlane(
  slab: UnsafePointer<Float>, slabStride: Int, slabRow: Int, channels: Int,
  taps: UnsafePointer<Int>, tapCount: Int, weights: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>, outputStride: Int, outputRow: Int, outputs: Int,
  rows: Int, columns: Int
) {
  let lanesPerRow: Int = columns / laneCount
  let lanes: Int = rows &* lanesPerRow
  let weightsPerOutput: Int = channels &* tapCount
  var o = 0
  var packed: Source = weights
  while o < outputs {
    let left: Int = outputs &- o
    let place: Target = output + o &* outputStride
    if left >= outputsPerTile || !trailingOutputsAreNarrow(left) {
      let valid: Int = left < outputsPerTile ? left : outputsPerTile
      var lane = 0
      while lane < lanes {
        let second: Int = lane &+ 1 < lanes ? lane &+ 1 : lane
        let (row, column): (Int, Int) = (lane / lanesPerRow, lane % lanesPerRow &* laneCount)
        let (row2, column2): (Int, Int) = (second / lanesPerRow, second % lanesPerRow &* laneCount)
        let from: Int = row &* slabRow &+ column
        let from2: Int = row2 &* slabRow &+ column2
        let to: Int = row &* outputRow &+ column
        let to2: Int = row2 &* outputRow &+ column2
        wideTile(
          slab + from, from2 &- from, slabStride, channels, taps, tapCount, packed,
          place + to, to2 &- to, outputStride, valid)
        lane &+= 2
      }
      packed += weightsPerOutput &* outputsPerTile
      o &+= outputsPerTile
    } else {
      var lane = 0
      if lanesPerRow % 2 == 0 {
        // Whole groups of four rows first.
        while lane / lanesPerRow &+ 4 <= rows {
          let row: Int = lane / lanesPerRow
          var column = 0
          while column < lanesPerRow &* laneCount {
            squareTile(
              slab + (row &* slabRow &+ column), slabRow, slabStride, channels, taps, tapCount,
              packed, place + (row &* outputRow &+ column), outputRow)
            column &+= 2 &* laneCount
          }
          lane &+= 4 &* lanesPerRow
        }
      }
      while lane < lanes {
        narrowTile(
          slab, slabRow, slabStride, channels, taps, tapCount, packed, place, outputRow,
          lanesPerRow, lane, lanes)
        lane &+= narrowLanes
      }
      packed += weightsPerOutput
      o &+= 1
    }
  }
}

/// Whether outputs that do not fill a tile are computed one by one: cheaper than a tile that is mostly
/// zeros, up to half a tile.
public func trailingOutputsAreNarrow(_ outputs: Int) -> Bool { outputs &* 2 <= outputsPerTile }

/// Input channels that are summed up in registers before the sum goes to the output. Long chains of
/// additions lose digits: eighty channels times nine taps in one chain have three times the rounding error of
/// eight chains, and near a tie of ReLU or pooling that decides where gradients go.
private let channelsPerSum = 10

/// `outputsPerTile` channels times two lanes; stores the first `valid` channels.
///
/// `secondOutput` 0 says that there is no second lane.
@inline(__always) private func wideTile(
  _ slab: Source, _ secondLane: Int, _ slabStride: Int, _ channels: Int,
  _ taps: UnsafePointer<Int>, _ tapCount: Int, _ weights: Source,
  _ output: Target, _ secondOutput: Int, _ outputStride: Int, _ valid: Int
) {
  var weight: Source = weights
  var plane: Source = slab
  var channel = 0
  while channel < channels {
    var sums = TileSums(repeating: Lane.zero)
    let isFirst: Bool = channel == 0
    let end: Int = channel &+ channelsPerSum < channels ? channel &+ channelsPerSum : channels
    while channel < end {
      var tap = 0
      while tap < tapCount {
        let position: Source = plane + taps[tap]
        let first: Lane = load(position)
        let second: Lane = load(position + secondLane)
        for o in 0..<outputsPerTile {
          let factor = Lane(repeating: weight[o])
          sums[2 &* o] = multiplyAdd(sums[2 &* o], factor, first)
          sums[2 &* o &+ 1] = multiplyAdd(sums[2 &* o &+ 1], factor, second)
        }
        weight += outputsPerTile
        tap &+= 1
      }
      plane += slabStride
      channel &+= 1
    }
    for o in 0..<outputsPerTile where o < valid {
      let place: Target = output + o &* outputStride
      let other: Target = place + secondOutput
      let before: Lane = isFirst ? Lane.zero : load(place)
      let beforeOther: Lane = isFirst ? Lane.zero : load(other)
      store(before + sums[2 &* o], place)
      store(beforeOther + sums[2 &* o &+ 1], other)
    }
  }
}

/// One output channel, four rows times two lanes: the addresses of its eight lanes are few.
@inline(__always) private func squareTile(
  _ slab: Source, _ slabRow: Int, _ slabStride: Int, _ channels: Int,
  _ taps: UnsafePointer<Int>, _ tapCount: Int, _ weights: Source,
  _ output: Target, _ outputRow: Int
) {
  var sums = InlineArray<8, Lane>(repeating: Lane.zero)
  var weight: Source = weights
  var plane: Source = slab
  var channel = 0
  while channel < channels {
    var tap = 0
    while tap < tapCount {
      var position: Source = plane + taps[tap]
      let factor = Lane(repeating: weight[0])
      for row in 0..<4 {
        sums[2 &* row] = multiplyAdd(sums[2 &* row], factor, load(position))
        sums[2 &* row &+ 1] = multiplyAdd(
          sums[2 &* row &+ 1], factor, load(position + laneCount))
        position += slabRow
      }
      weight += 1
      tap &+= 1
    }
    plane += slabStride
    channel &+= 1
  }
  for row in 0..<4 {
    store(sums[2 &* row], output + row &* outputRow)
    store(sums[2 &* row &+ 1], output + (row &* outputRow &+ laneCount))
  }
}

private let narrowLanes = 8

/// One output channel, eight lanes: for the few channels that do not fill a tile.
@inline(__always) private func narrowTile(
  _ slab: Source, _ slabRow: Int, _ slabStride: Int, _ channels: Int,
  _ taps: UnsafePointer<Int>, _ tapCount: Int, _ weights: Source,
  _ output: Target, _ outputRow: Int, _ lanesPerRow: Int, _ firstLane: Int, _ lanes: Int
) {
  var from = InlineArray<8, Int>(repeating: 0)
  var to = InlineArray<8, Int>(repeating: 0)
  for i in 0..<narrowLanes {
    let lane: Int = firstLane &+ i < lanes ? firstLane &+ i : lanes &- 1
    let (row, column): (Int, Int) = (lane / lanesPerRow, lane % lanesPerRow &* laneCount)
    from[i] = row &* slabRow &+ column
    to[i] = row &* outputRow &+ column
  }
  var sums = InlineArray<8, Lane>(repeating: Lane.zero)
  var weight: Source = weights
  var plane: Source = slab
  var channel = 0
  while channel < channels {
    var tap = 0
    while tap < tapCount {
      let position: Source = plane + taps[tap]
      let factor = Lane(repeating: weight[0])
      for i in 0..<narrowLanes {
        sums[i] = multiplyAdd(sums[i], factor, load(position + from[i]))
      }
      weight += 1
      tap &+= 1
    }
    plane += slabStride
    channel &+= 1
  }
  for i in 0..<narrowLanes { store(sums[i], output + to[i]) }
}
