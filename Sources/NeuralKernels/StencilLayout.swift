/// How a ``StencilMap`` is computed for volumes of one size: where slabs, tiles and work items lie.
///
/// Nothing here depends on the number of threads: sums are formed in the order that this plan says.
struct StencilLayout: Sendable {
  let map: StencilMap
  let batch: Int
  /// Of the input; the output's is `map.growth` times as large.
  let extent: Extent

  /// Rows of a slab's plane, with the frame of zeros, and the distance between them.
  let slabRows: Int
  let slabRow: Int
  /// Elements of one plane of a slab.
  let slabPlane: Int
  /// Rows and columns that the tiles cover. Where the width is a multiple of 16 they are the volume's
  /// own; else one long row that runs through the frame, and what it computes there is dropped.
  let tileRows: Int
  let tileColumns: Int
  /// Distance of the rows of planes without a frame, in scratch memory.
  let plainRow: Int
  let plainPlane: Int
  /// Planes of one sample that are computed together: they share slab planes where taps reach in depth.
  let planesPerGroup: Int
  let groups: [Group]

  /// Multiply-adds of one sum of the weights' gradient, in lanes: enough that adding up the lanes at the
  /// end does not matter, few enough that five channels of input stay in the first cache.
  private static let lanesPerSum = 64
  /// What a group's slab and input may take of the second cache.
  private static let cacheElements = 160 << 10
  /// More would leave too few groups to share out.
  private static let mostPlanesPerGroup = 8

  /// Neighbouring input planes of one sample.
  struct Group: Sendable {
    let sample: Int
    let depth: Int
    let count: Int
  }

  init(map: StencilMap, batch: Int, extent: Extent) {
    (self.map, self.batch, self.extent) = (map, batch, extent)
    slabRows = extent.height + 2 * map.reach.height
    slabRow = extent.width + 2 * map.reach.width
    // A tile may read past the last row; room for that, and for planes that start at a lane.
    slabPlane = (slabRows * slabRow + 16 + 15) / 16 * 16
    isPlain = extent.width % 16 == 0
    tileRows = isPlain ? extent.height : 1
    tileColumns =
      isPlain
      ? extent.width : ((extent.height - 1) * slabRow + extent.width + 15) / 16 * 16
    plainRow = isPlain ? extent.width : slabRow
    plainPlane = isPlain ? extent.height * extent.width : tileColumns
    let lanes = tileRows * tileColumns / 16
    let forSums = (Self.lanesPerSum + lanes - 1) / lanes
    let forSlabs = map.reach.depth > 0 ? 4 : 1
    let perPlane = map.outputs * map.parities * slabPlane + map.columns * plainPlane
    let forCache = Self.cacheElements / perPlane
    planesPerGroup = max(
      1, min(max(min(forSums, forCache), forSlabs), Self.mostPlanesPerGroup, extent.depth))
    var groups: [Group] = []
    for sample in 0..<batch {
      for depth in stride(from: 0, to: extent.depth, by: planesPerGroup) {
        groups.append(
          Group(sample: sample, depth: depth, count: min(planesPerGroup, extent.depth - depth)))
      }
    }
    self.groups = groups
  }

  /// Whether tiles can write straight into the output.
  let isPlain: Bool
  var writesDirectly: Bool { isPlain && map.growth.height == 1 && map.growth.width == 1 }

  var outputExtent: Extent {
    Extent(
      extent.depth * map.growth.depth, extent.height * map.growth.height,
      extent.width * map.growth.width)
  }

  var slabPlanes: Int { planesPerGroup + 2 * map.reach.depth }

  /// Element of a slab's plane that the voxel (0, 0) stands at.
  var origin: Int { map.reach.height * slabRow + map.reach.width }

  // MARK: forward: the slab holds the input, a plane after the other

  var forwardChannelStride: Int { slabPlanes * slabPlane }
  var forwardSlabCount: Int { map.columns * forwardChannelStride + 64 }

  /// For each parity, where its taps are, seen from the plane of the first voxel.
  var forwardTaps: [[Int]] {
    map.taps.map { $0.map { ($0.depth + map.reach.depth) * slabPlane + offset($0) } }
  }

  /// Planes per parity and output channel that wait to be put together, if any.
  var scratchCount: Int {
    writesDirectly ? 0 : map.growth.height * map.growth.width * map.outputs * plainPlane
  }

  // MARK: backward: the slab holds the output's gradient, parity by parity

  var backwardPlaneStride: Int { map.parities * slabPlane }
  var backwardChannelStride: Int { slabPlanes * backwardPlaneStride }
  var backwardSlabCount: Int { map.outputs * backwardChannelStride + 64 }

  /// Where the taps of all parities are, parity by parity: an input voxel i was seen by the output
  /// voxels at i - tap.
  var backwardTaps: [Int] {
    map.taps.indices.flatMap { parity in
      map.taps[parity].map {
        (map.reach.depth - $0.depth) * backwardPlaneStride + parity * slabPlane
          + offset(Extent(0, -$0.height, -$0.width))
      }
    }
  }

  private func offset(_ tap: Extent) -> Int {
    (tap.height + map.reach.height) * slabRow + tap.width + map.reach.width
  }

  /// Distance of the input's channels in scratch memory; not a power of two, which would make
  /// neighbouring channels compete for the same places of the cache.
  var inputStride: Int { planesPerGroup * plainPlane + 16 }

  /// Rows that the weights' gradient is summed over at a time.
  var rowsPerSum: Int { max(1, Self.lanesPerSum * 16 / tileColumns) }

  /// One output plane before it is parted into parities, and the input's gradient where tiles run
  /// through the frame.
  var backwardScratchCount: Int {
    outputExtent.height * outputExtent.width + (isPlain ? 0 : map.inputs * plainPlane) + 32
  }

  // MARK: work items

  /// Items enough for many processors; a fixed number, so that no sum depends on the machine.
  private static let wantedItems = 24
  /// Weights' partial sums may take this many elements.
  private static let mostPartialSums = 1 << 19

  /// How many parts the groups are in when the weights' gradient is summed.
  var chunks: Int {
    let affordable = max(1, Self.mostPartialSums / max(1, map.weightCount))
    return max(1, min(groups.count, Self.wantedItems, affordable))
  }

  func groups(inChunk chunk: Int) -> Range<Int> {
    groups.count * chunk / chunks..<groups.count * (chunk + 1) / chunks
  }

  /// Input channels (with the one of ones) in parts, each a multiple of 10 but the last.
  var inputRanges: [Range<Int>] { Self.ranges(map.columns, parts: Self.wantedItems / chunks) }
  /// Output channels in parts: more than one only if there are few planes.
  var outputRanges: [Range<Int>] {
    Self.ranges(map.outputs, parts: Self.wantedItems / max(1, groups.count))
  }

  private static func ranges(_ count: Int, parts: Int) -> [Range<Int>] {
    let tens = (count + 9) / 10
    let size = (tens + max(1, min(parts, tens)) - 1) / max(1, min(parts, tens)) * 10
    return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }
}
