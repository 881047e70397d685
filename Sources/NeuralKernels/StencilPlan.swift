public import ComputeRuntime

/// A ``StencilMap`` that is ready to run for one batch size: remembers its layout, its packed weights
/// and its taps.
public final class StencilPlan {
  public let map: StencilMap
  let layout: StencilLayout
  let workspace: KernelWorkspace
  let forwardWeights: Scratch<Float>
  let backwardWeights: Scratch<Float>
  let forwardTaps: Scratch<Int>
  let backwardTaps: Scratch<Int>
  /// Where each parity's packed weights and taps begin.
  let parityWeights: [Int]
  let parityTaps: [Int]
  /// Elements of one chunk's sums for the weights' gradient.
  let sumsPerChunk: Int

  /// - Parameter training: whether ``backward(input:gradient:weights:strides:weightGradient:inputGradient:moments:team:)``
  ///   will be called.
  public init(
    map: StencilMap, batch: Int, extent: Extent, training: Bool, workspace: KernelWorkspace,
    budget: MemoryBudget
  ) throws(ComputeError) {
    self.map = map
    self.workspace = workspace
    layout = StencilLayout(map: map, batch: batch, extent: extent)
    let perTile = workspace.kernels.outputsInTile()
    let outputs = Self.packedCount(map.outputs, perTile: perTile)
    (parityWeights, parityTaps) = Self.starts(map, perTap: outputs * map.columns)
    forwardWeights = try Scratch(
      count: outputs * map.columns * map.tapCount, zeroed: true, budget: budget)
    backwardWeights = try Scratch(
      count: training
        ? Self.packedCount(map.inputs, perTile: perTile) * map.outputs * map.tapCount : 0,
      zeroed: true, budget: budget)
    forwardTaps = try Scratch(count: map.tapCount, budget: budget)
    backwardTaps = try Scratch(count: map.tapCount, budget: budget)
    for (index, tap) in layout.forwardTaps.joined().enumerated() { forwardTaps.cells[index] = tap }
    for (index, tap) in layout.backwardTaps.enumerated() { backwardTaps.cells[index] = tap }
    sumsPerChunk = workspace.kernels.tapSumCount(
      inputs: map.columns, channels: map.outputs, tapCount: map.tapCount)
    let (slab, planes, sums) = Self.needs(layout, perChunk: sumsPerChunk, training: training)
    try workspace.reserve(slab: slab, planes: planes, sums: sums)
  }

  /// Scratch elements per worker (slab, planes) and in all (sums).
  private static func needs(
    _ layout: StencilLayout, perChunk: Int, training: Bool
  ) -> (slab: Int, planes: Int, sums: Int) {
    let map = layout.map
    guard training else { return (layout.forwardSlabCount, layout.scratchCount, 0) }
    let inputs = map.columns * layout.inputStride
    return (
      max(layout.forwardSlabCount, layout.backwardSlabCount),
      max(layout.scratchCount, max(inputs, layout.backwardScratchCount)) + 32,
      layout.chunks * perChunk
    )
  }

  private static func starts(_ map: StencilMap, perTap: Int) -> (weights: [Int], taps: [Int]) {
    var (weights, taps) = ([Int](), [Int]())
    var seen = 0
    for parity in map.taps {
      weights.append(seen * perTap)
      taps.append(seen)
      seen += parity.count
    }
    return (weights, taps)
  }

  /// Outputs that a packed tap has room for: whole tiles, then single ones.
  static func packedCount(_ outputs: Int, perTile: Int) -> Int {
    (outputs + perTile - 1) / perTile * perTile
  }

  /// Planes of the output, each with moments of its own.
  public var outputPlanes: Int { layout.batch * layout.outputExtent.depth }
  public var inputPlanes: Int { layout.batch * layout.extent.depth }
}
