// Raw addresses: the tiles want them. Every address comes from a buffer whose size ``StencilLayout``
// computed.
public import ComputeRuntime

extension StencilPlan {
  /// Computes the map.
  ///
  /// - Parameters:
  ///   - input: `[batch][inputs][extent]`.
  ///   - weights: read through `strides`.
  ///   - output: `[batch][outputs][extent * growth]`, overwritten.
  ///   - moments: for each output plane and channel its sum and the sum of the squared differences from
  ///     its mean, `[batch * depth][outputs][2]`; nil if nobody wants them.
  public func forward(
    _ input: Signal, weights: Floats, strides: WeightStrides, to output: Floats, moments: Floats?,
    team: WorkTeam
  ) {
    packForward(weights, strides, team: team)
    forward(input, to: output, moments: moments, team: team)
  }

  /// The same with the weights of the call before, for prediction.
  public func forward(_ input: Signal, to output: Floats, moments: Floats?, team: WorkTeam) {
    precondition(team.count <= workspace.threads, "a team larger than its workspace")
    let ranges = layout.outputRanges
    let job = workspace.beginJob()
    team.share(layout.groups.count * ranges.count) { worker, item in
      let group = layout.groups[item / ranges.count]
      let outputs = ranges[item % ranges.count]
      let slab = workspace.slab(of: worker)
      if workspace.isFirstItem(of: worker, in: job) { slab.fill(0..<layout.forwardSlabCount, with: 0) }
      fillForwardSlab(slab, input, group)
      for plane in 0..<group.count {
        for depthParity in 0..<map.growth.depth {
          let depth = (group.depth + plane) * map.growth.depth + depthParity
          computePlane(
            slab, plane: plane, depthParity: depthParity, outputs: outputs,
            scratch: workspace.planes(of: worker), to: output,
            at: planeStart(of: output, sample: group.sample, outputs.lowerBound, depth))
          if let moments {
            addMoments(of: output, group.sample, outputs, depth, to: moments)
          }
        }
      }
    }
  }

  private func planeStart(of output: Floats, sample: Int, _ channel: Int, _ depth: Int) -> Int {
    let extent = layout.outputExtent
    return ((sample * map.outputs + channel) * extent.depth + depth) * extent.height * extent.width
  }

  /// The planes that the group's voxels see, each channel's neighbours in depth side by side.
  private func fillForwardSlab(_ slab: Floats, _ input: Signal, _ group: StencilLayout.Group) {
    let extent = layout.extent
    let reach = map.reach.depth
    for slabPlane in 0..<group.count + 2 * reach {
      let depth = group.depth + slabPlane - reach
      let isInside = depth >= 0 && depth < extent.depth
      for column in 0..<map.columns {
        let place = slab.suffix(
          from: column * layout.forwardChannelStride + slabPlane * layout.slabPlane + layout.origin)
        if !isInside {
          fillRows(place, with: 0)
        } else if column == map.inputs {
          fillRows(place, with: 1)
        } else {
          let plane = (group.sample * map.inputs + column) * extent.depth + depth
          loadRows(
            input, channel: column, from: plane * extent.height * extent.width, to: place,
            row: layout.slabRow)
        }
      }
    }
  }

  private func fillRows(_ place: Floats, with value: Float) {
    for row in 0..<layout.extent.height {
      place.fill(row * layout.slabRow..<row * layout.slabRow + layout.extent.width, with: value)
    }
  }

  /// One plane of the input with what is pending on it.
  func loadRows(_ input: Signal, channel: Int, from start: Int, to place: Floats, row: Int) {
    let (height, width) = (layout.extent.height, layout.extent.width)
    let source = input.values.suffix(from: start)
    if let pending = input.pending {
      unsafe workspace.kernels.affineRows(
        source.pointer, sourceRow: width, to: place.pointer, targetRow: row, rows: height,
        columns: width, scale: pending.scale[channel], shift: pending.shift[channel],
        rectified: pending.rectified)
    } else {
      unsafe workspace.kernels.copyRows(
        source.pointer, sourceRow: width, to: place.pointer, targetRow: row, rows: height,
        columns: width)
    }
  }

  /// All voxels of one output plane, for a range of channels; `start` is the first channel's plane.
  private func computePlane(
    _ slab: Floats, plane: Int, depthParity: Int, outputs: Range<Int>, scratch: Floats,
    to output: Floats, at start: Int
  ) {
    let extent = layout.outputExtent
    let perDepth = map.growth.height * map.growth.width
    let channelStride = extent.count
    for parity in 0..<perDepth {
      let parityOfAll = depthParity * perDepth + parity
      let target =
        layout.writesDirectly
        ? output.suffix(from: start)
        : scratch.suffix(from: parity * outputs.count * layout.plainPlane)
      let taps = map.taps[parityOfAll].count
      let weights =
        parityWeights[parityOfAll] + outputs.lowerBound * map.columns * taps
      unsafe workspace.kernels.correlatePlane(
        slab: slab.suffix(from: plane * layout.slabPlane).pointer,
        slabStride: layout.forwardChannelStride, slabRow: layout.slabRow, channels: map.columns,
        taps: forwardTaps.cells.suffix(from: parityTaps[parityOfAll]).pointer, tapCount: taps,
        weights: forwardWeights.cells.suffix(from: weights).pointer,
        output: target.pointer,
        outputStride: layout.writesDirectly ? channelStride : layout.plainPlane,
        outputRow: layout.plainRow, outputs: outputs.count, rows: layout.tileRows,
        columns: layout.tileColumns)
    }
    if !layout.writesDirectly {
      for channel in 0..<outputs.count {
        putTogether(
          scratch.suffix(from: channel * layout.plainPlane),
          parityStride: outputs.count * layout.plainPlane,
          to: output.suffix(from: start + channel * channelStride))
      }
    }
  }

  /// One channel's output plane from its parities.
  private func putTogether(_ scratch: Floats, parityStride: Int, to plane: Floats) {
    let (height, width) = (layout.extent.height, layout.extent.width)
    let (growth, row) = (map.growth, layout.outputExtent.width)
    for y in 0..<growth.height {
      let target = plane.suffix(from: y * row)
      let first = scratch.suffix(from: y * growth.width * parityStride)
      if growth.width == 2 {
        unsafe workspace.kernels.joinRows(
          even: first.pointer, odd: first.suffix(from: parityStride).pointer,
          sourceRow: layout.plainRow, to: target.pointer, targetRow: row * growth.height,
          rows: height, pairs: width)
      } else {
        unsafe workspace.kernels.copyRows(
          first.pointer, sourceRow: layout.plainRow, to: target.pointer,
          targetRow: row * growth.height, rows: height, columns: width)
      }
    }
  }

  private func addMoments(
    of output: Floats, _ sample: Int, _ outputs: Range<Int>, _ depth: Int, to moments: Floats
  ) {
    let extent = layout.outputExtent
    let plane = sample * extent.depth + depth
    for channel in outputs {
      let start = planeStart(of: output, sample: sample, channel, depth)
      unsafe workspace.kernels.moments(
        output.suffix(from: start).pointer, count: extent.height * extent.width,
        into: moments.suffix(from: (plane * map.outputs + channel) * 2).pointer)
    }
  }
}
