// Raw addresses: the kernels want them.
public import ComputeRuntime

/// How many samples, channels and voxels a buffer `N C D H W` has.
public struct BufferShape: Equatable, Sendable {
  public var batch: Int
  public var channels: Int
  public var extent: Extent

  public init(batch: Int, channels: Int, extent: Extent) {
    (self.batch, self.channels, self.extent) = (batch, channels, extent)
  }

  public var count: Int { batch * channels * extent.count }
  /// Planes of one channel in all samples: each has moments of its own.
  public var planes: Int { batch * extent.depth }
  /// Elements of moments: two for each plane and channel.
  public var momentCount: Int { planes * channels * 2 }
}

/// What is pending, done; and the moments of whole buffers, where no layer took them on its way.
extension KernelWorkspace {
  /// Writes the values with what is pending on them.
  public func apply(
    _ signal: Signal, shape: BufferShape, to target: Floats, team: WorkTeam
  ) {
    let voxels = shape.extent.count
    team.share(shape.batch * shape.channels) { _, item in
      let (source, place) = (
        signal.values.suffix(from: item * voxels), target.suffix(from: item * voxels)
      )
      if let pending = signal.pending {
        let channel = item % shape.channels
        unsafe kernels.affineRows(
          source.pointer, sourceRow: voxels, to: place.pointer, targetRow: voxels, rows: 1,
          columns: voxels, scale: pending.scale[channel], shift: pending.shift[channel],
          rectified: pending.rectified)
      } else {
        place.copy(source, count: voxels, to: 0)
      }
    }
  }

  /// Writes the gradient with what is pending on it.
  public func apply(
    _ gradient: GradientSignal, shape: BufferShape, to target: Floats, team: WorkTeam
  ) {
    let voxels = shape.extent.count
    team.share(shape.batch * shape.channels) { _, item in
      let start = item * voxels
      let place = target.suffix(from: start)
      if let pending = gradient.pending {
        let channel = item % shape.channels
        unsafe kernels.gradientRows(
          gradient.values.suffix(from: start).pointer,
          values: pending.values.suffix(from: start).pointer, sourceRow: voxels,
          to: place.pointer, targetRow: voxels, rows: 1, columns: voxels,
          scale: pending.forward.scale[channel], shift: pending.forward.shift[channel],
          rectified: pending.forward.rectified, slope: pending.slope[channel],
          factor: pending.factor[channel], offset: pending.offset[channel])
      } else {
        place.copy(gradient.values.suffix(from: start), count: voxels, to: 0)
      }
    }
  }

  /// For each plane and channel the sum and the sum of squared differences from the plane's mean.
  public func moments(
    _ values: Floats, shape: BufferShape, to sums: Floats, team: WorkTeam
  ) {
    team.share(shape.planes) { _, plane in
      for channel in 0..<shape.channels {
        unsafe kernels.moments(
          values.suffix(from: shape.start(plane: plane, channel: channel)).pointer,
          count: shape.extent.height * shape.extent.width,
          into: sums.suffix(from: (plane * shape.channels + channel) * 2).pointer)
      }
    }
  }

  /// The sums that batch norm's gradient needs: see ``GradientMomentRequest``.
  public func gradientMoments(
    _ gradient: Floats, values: Floats, shape: BufferShape, request: GradientMomentRequest,
    team: WorkTeam
  ) {
    team.share(shape.planes) { _, plane in
      for channel in 0..<shape.channels {
        let start = shape.start(plane: plane, channel: channel)
        unsafe kernels.gradientMoments(
          gradient.suffix(from: start).pointer, values: values.suffix(from: start).pointer,
          count: shape.extent.height * shape.extent.width,
          scale: request.forward.scale[channel], shift: request.forward.shift[channel],
          rectified: request.forward.rectified, mean: request.means[channel],
          into: request.sums.suffix(from: (plane * shape.channels + channel) * 2).pointer)
      }
    }
  }
}

extension BufferShape {
  /// Where a plane of a channel begins; `plane` counts the planes of all samples.
  func start(plane: Int, channel: Int) -> Int {
    let (sample, depth) = (plane / extent.depth, plane % extent.depth)
    return ((sample * channels + channel) * extent.depth + depth) * extent.height * extent.width
  }
}
