// Raw addresses: the tiles want them. Every address comes from a buffer whose size ``StencilLayout``
// computed.
public import ComputeRuntime

/// Sums that batch norm needs of the gradient that a layer hands back: see `gradientMoments` in
/// NeuralKernelsPortable.
public struct GradientMomentRequest: Sendable {
  /// What is pending on the values that the layer was given.
  public var forward: ChannelMap
  /// The mean of each channel of these values.
  public var means: Floats
  /// `[planes][channels][2]`.
  public var sums: Floats

  public init(forward: ChannelMap, means: Floats, sums: Floats) {
    (self.forward, self.means, self.sums) = (forward, means, sums)
  }
}

extension StencilPlan {
  /// Carries a gradient back through the map.
  ///
  /// Each plane is visited once: the slab that the input's gradient is computed from serves the
  /// weights' gradient too.
  ///
  /// - Parameters:
  ///   - input: what ``forward(_:weights:strides:to:moments:team:)`` was given.
  ///   - gradient: with respect to the output.
  ///   - weightGradient: through `strides`; what is computed is added. nil leaves it out.
  ///   - inputGradient: with respect to the input's values after what is pending on them; overwritten.
  ///     nil leaves it out.
  ///   - moments: to be taken of the input's gradient.
  public func backward(
    input: Signal, gradient: GradientSignal, weights: Floats, strides: WeightStrides,
    weightGradient: Floats?, inputGradient: Floats?, moments: GradientMomentRequest?,
    team: WorkTeam
  ) {
    precondition(team.count <= workspace.threads, "a team larger than its workspace")
    if inputGradient != nil { packBackward(weights, strides, team: team) }
    let ranges = layout.inputRanges
    let job = workspace.beginJob()
    team.share(layout.chunks * ranges.count) { worker, item in
      let slab = workspace.slab(of: worker)
      if workspace.isFirstItem(of: worker, in: job) {
        slab.fill(0..<layout.backwardSlabCount, with: 0)
      }
      let visit = Visit(
        plan: self, chunk: item / ranges.count, inputs: ranges[item % ranges.count],
        slab: slab, planes: workspace.planes(of: worker))
      visit.run(
        input: input, gradient: gradient, sumsWeights: weightGradient != nil,
        inputGradient: inputGradient, moments: moments)
    }
    if let weightGradient { addPartialSums(to: weightGradient, strides, team: team) }
  }

  /// Adds the chunks' sums, always in the same order.
  private func addPartialSums(to gradient: Floats, _ strides: WeightStrides, team: WorkTeam) {
    let kernels = workspace.kernels
    let (outputs, tapCount) = (map.outputs, map.tapCount)
    let partial = workspace.partialSums
    // A share is a block of ten input channels, whose sums are neighbours.
    let shares = (map.columns + 9) / 10
    team.share(shares) { _, share in
      let columns = share * 10..<min(map.columns, share * 10 + 10)
      let first = firstSum(ofColumn: columns.lowerBound)
      let count = kernels.tapSumCount(
        inputs: columns.count, channels: outputs, tapCount: tapCount)
      let total = partial.suffix(from: first)
      for chunk in 1..<max(1, layout.chunks) {
        let next = partial.suffix(from: chunk * sumsPerChunk + first)
        unsafe kernels.addValues(next.pointer, to: total.pointer, count: count)
      }
      for column in columns {
        for output in 0..<outputs {
          var place = 0
          for parity in 0..<map.parities {
            let first =
              parity * strides.parity + output * strides.output + column * strides.column
            for tap in map.taps[parity].indices {
              let index = kernels.tapSumIndex(
                input: column - columns.lowerBound, channel: output, tap: place,
                channels: outputs, tapCount: tapCount)
              gradient[first + tap * strides.tap] += total[index]
              place += 1
            }
          }
        }
      }
    }
  }

  /// Where the sums of an input channel begin, a multiple of ten.
  fileprivate func firstSum(ofColumn column: Int) -> Int {
    workspace.kernels.tapSumCount(
      inputs: column, channels: map.outputs, tapCount: map.tapCount)
  }
}

/// One work item of the backward pass: some planes, some input channels.
private struct Visit {
  let plan: StencilPlan
  let chunk: Int
  let inputs: Range<Int>
  let slab: Floats
  let planes: Floats

  private var map: StencilMap { plan.map }
  private var layout: StencilLayout { plan.layout }
  private var kernels: Kernels { plan.workspace.kernels }

  func run(
    input: Signal, gradient: GradientSignal, sumsWeights: Bool, inputGradient: Floats?,
    moments: GradientMomentRequest?
  ) {
    let sums = plan.workspace.partialSums
      .suffix(
        from: sumsWeights ? chunk * plan.sumsPerChunk + plan.firstSum(ofColumn: inputs.lowerBound) : 0)
    if sumsWeights {
      let count = kernels.tapSumCount(
        inputs: inputs.count, channels: map.outputs, tapCount: map.tapCount)
      sums.fill(0..<count, with: 0)
    }
    for index in layout.groups(inChunk: chunk) {
      let group = layout.groups[index]
      fillSlab(gradient, group)
      if let inputGradient {
        computeInputGradient(group, to: inputGradient)
        if let moments { addMoments(moments, input.values, inputGradient, group) }
      }
      if sumsWeights { addWeightSums(input, group, to: sums) }
    }
  }

  /// The output's gradient, parity by parity, with what is pending on it.
  private func fillSlab(_ gradient: GradientSignal, _ group: StencilLayout.Group) {
    let reach = map.reach.depth
    for slabPlane in 0..<group.count + 2 * reach {
      let depth = group.depth + slabPlane - reach
      let isInside = depth >= 0 && depth < layout.extent.depth
      for channel in 0..<map.outputs {
        for depthParity in 0..<map.growth.depth {
          let place = slab.suffix(
            from: channel * layout.backwardChannelStride + slabPlane * layout.backwardPlaneStride
              + depthParity * map.growth.height * map.growth.width * layout.slabPlane)
          if isInside {
            loadPlane(
              gradient, group.sample, channel, depth * map.growth.depth + depthParity, to: place)
          } else {
            // The frame is zero already; so are planes outside the volume then.
            place.fill(
              0..<map.growth.height * map.growth.width * layout.slabPlane, with: 0)
          }
        }
      }
    }
  }

  /// One plane of the output's gradient into its parities.
  private func loadPlane(
    _ gradient: GradientSignal, _ sample: Int, _ channel: Int, _ depth: Int, to place: Floats
  ) {
    let extent = layout.outputExtent
    let start =
      ((sample * map.outputs + channel) * extent.depth + depth) * extent.height * extent.width
    if map.growth.height == 1, map.growth.width == 1 {
      mapRows(
        gradient, channel, from: start, to: place.suffix(from: layout.origin), row: layout.slabRow)
      return
    }
    var (source, row) = (gradient.values.suffix(from: start), extent.width)
    if gradient.pending != nil {
      mapRows(gradient, channel, from: start, to: planes, row: row)
      source = planes
    }
    row *= map.growth.height
    for y in 0..<map.growth.height {
      let from = source.suffix(from: y * extent.width)
      let to = place.suffix(from: y * map.growth.width * layout.slabPlane + layout.origin)
      if map.growth.width == 2 {
        unsafe kernels.splitRows(
          from.pointer, sourceRow: row, even: to.pointer,
          odd: to.suffix(from: layout.slabPlane).pointer, targetRow: layout.slabRow,
          rows: layout.extent.height, pairs: layout.extent.width)
      } else {
        unsafe kernels.copyRows(
          from.pointer, sourceRow: row, to: to.pointer, targetRow: layout.slabRow,
          rows: layout.extent.height, columns: layout.extent.width)
      }
    }
  }

  private func mapRows(
    _ gradient: GradientSignal, _ channel: Int, from start: Int, to place: Floats, row: Int
  ) {
    let extent = layout.outputExtent
    let source = gradient.values.suffix(from: start)
    if let pending = gradient.pending {
      unsafe kernels.gradientRows(
        source.pointer, values: pending.values.suffix(from: start).pointer,
        sourceRow: extent.width, to: place.pointer, targetRow: row, rows: extent.height,
        columns: extent.width, scale: pending.forward.scale[channel],
        shift: pending.forward.shift[channel], rectified: pending.forward.rectified,
        slope: pending.slope[channel], factor: pending.factor[channel],
        offset: pending.offset[channel])
    } else {
      unsafe kernels.copyRows(
        source.pointer, sourceRow: extent.width, to: place.pointer, targetRow: row,
        rows: extent.height, columns: extent.width)
    }
  }

  /// Channels of this item that the input really has: not that of ones.
  private var realInputs: Range<Int> { inputs.clamped(to: 0..<map.inputs) }

  private func computeInputGradient(_ group: StencilLayout.Group, to gradient: Floats) {
    guard !realInputs.isEmpty else { return }
    let extent = layout.extent
    let weights = plan.backwardWeights.cells
      .suffix(from: inputs.lowerBound * map.outputs * map.tapCount)
    for plane in 0..<group.count {
      let start = planeStart(group.sample, realInputs.lowerBound, group.depth + plane)
      let scratch = planes.suffix(
        from: layout.outputExtent.height * layout.outputExtent.width + 32)
      let target = layout.isPlain ? gradient.suffix(from: start) : scratch
      unsafe kernels.correlatePlane(
        slab: slab.suffix(from: plane * layout.backwardPlaneStride).pointer,
        slabStride: layout.backwardChannelStride, slabRow: layout.slabRow, channels: map.outputs,
        taps: plan.backwardTaps.cells.pointer, tapCount: map.tapCount,
        weights: weights.pointer, output: target.pointer,
        outputStride: layout.isPlain ? extent.count : layout.plainPlane,
        outputRow: layout.plainRow, outputs: realInputs.count, rows: layout.tileRows,
        columns: layout.tileColumns)
      if !layout.isPlain {
        for channel in 0..<realInputs.count {
          unsafe kernels.copyRows(
            scratch.suffix(from: channel * layout.plainPlane).pointer,
            sourceRow: layout.plainRow,
            to: gradient.suffix(from: start + channel * extent.count).pointer,
            targetRow: extent.width, rows: extent.height, columns: extent.width)
        }
      }
    }
  }

  private func planeStart(_ sample: Int, _ channel: Int, _ depth: Int) -> Int {
    let extent = layout.extent
    return ((sample * map.inputs + channel) * extent.depth + depth) * extent.height * extent.width
  }

  private func addMoments(
    _ request: GradientMomentRequest, _ values: Floats, _ gradient: Floats,
    _ group: StencilLayout.Group
  ) {
    for depth in group.depth..<group.depth + group.count {
      let plane = group.sample * layout.extent.depth + depth
      for channel in realInputs {
        let start = planeStart(group.sample, channel, depth)
        unsafe kernels.gradientMoments(
          gradient.suffix(from: start).pointer, values: values.suffix(from: start).pointer,
          count: layout.extent.height * layout.extent.width,
          scale: request.forward.scale[channel], shift: request.forward.shift[channel],
          rectified: request.forward.rectified, mean: request.means[channel],
          into: request.sums.suffix(from: (plane * map.inputs + channel) * 2).pointer)
      }
    }
  }

  /// The input without a frame times the slab, tap by tap.
  private func addWeightSums(_ input: Signal, _ group: StencilLayout.Group, to sums: Floats) {
    for plane in 0..<group.count { loadInput(input, group.sample, group.depth + plane, plane) }
    let step = layout.rowsPerSum
    for row in stride(from: 0, to: layout.tileRows, by: step) {
      unsafe kernels.addTapSums(
        input: planes.suffix(from: row * layout.plainRow).pointer,
        inputStride: layout.inputStride, inputPlane: layout.plainPlane,
        inputRow: layout.plainRow, inputs: inputs.count,
        slab: slab.suffix(from: row * layout.slabRow).pointer,
        slabStride: layout.backwardChannelStride, slabPlane: layout.backwardPlaneStride,
        slabRow: layout.slabRow, channels: map.outputs,
        taps: plan.backwardTaps.cells.pointer, tapCount: map.tapCount, planes: group.count,
        rows: min(step, layout.tileRows - row), columns: layout.tileColumns, sums: sums.pointer)
    }
  }

  /// One plane of this item's input channels into scratch memory.
  private func loadInput(_ input: Signal, _ sample: Int, _ depth: Int, _ plane: Int) {
    for (index, channel) in inputs.enumerated() {
      let place = planes.suffix(from: index * layout.inputStride + plane * layout.plainPlane)
      if !layout.isPlain { place.fill(0..<layout.tileColumns, with: 0) }
      if channel == map.inputs {
        for row in 0..<layout.extent.height {
          let start = row * layout.plainRow
          place.fill(start..<start + layout.extent.width, with: 1)
        }
      } else {
        plan.loadRows(
          input, channel: channel, from: planeStart(sample, channel, depth), to: place,
          row: layout.plainRow)
      }
    }
  }
}
