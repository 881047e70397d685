// Raw addresses: the kernels want them.
public import ComputeRuntime

/// Max pooling of volumes with windows that do not overlap; voxels that fill no window are left out.
public struct Pooling: Sendable {
  public let shape: BufferShape
  public let window: Extent

  public init(shape: BufferShape, window: Extent) {
    (self.shape, self.window) = (shape, window)
  }

  public var output: BufferShape {
    BufferShape(
      batch: shape.batch, channels: shape.channels,
      extent: Extent(
        shape.extent.depth / window.depth, shape.extent.height / window.height,
        shape.extent.width / window.width))
  }

  /// Applies what is pending and pools.
  public func forward(
    _ input: Signal, to target: Floats, workspace: KernelWorkspace, team: WorkTeam
  ) {
    let (output, extent) = (output, shape.extent)
    let volumes = output.batch * output.channels
    team.share(volumes) { _, volume in
      let channel = volume % shape.channels
      for depth in 0..<output.extent.depth {
        let from = (volume * extent.depth + depth * window.depth) * extent.height * extent.width
        let to =
          (volume * output.extent.depth + depth) * output.extent.height * output.extent.width
        unsafe workspace.kernels.poolPlane(
          input.values.suffix(from: from).pointer, planeStride: extent.height * extent.width,
          inputRow: extent.width, windowDepth: window.depth, windowHeight: window.height,
          windowWidth: window.width, output: target.suffix(from: to).pointer,
          outputRow: output.extent.width, rows: output.extent.height,
          columns: output.extent.width, scale: input.pending?.scale[channel] ?? 1,
          shift: input.pending?.shift[channel] ?? 0,
          rectified: input.pending?.rectified ?? false)
      }
    }
  }

  /// Gives each window's gradient to its first maximum in scan order; `target` is overwritten.
  ///
  /// The gradient is that with respect to the values after what is pending on them, but for ReLU: a
  /// window without a positive value gives its gradient to a voxel that ReLU stops.
  public func backward(
    _ gradient: Floats, input: Signal, to target: Floats, workspace: KernelWorkspace,
    team: WorkTeam
  ) {
    let (output, extent) = (output, shape.extent)
    let leavesVoxelsOut =
      extent.depth % window.depth + extent.height % window.height + extent.width % window.width
      > 0
    team.share(output.batch * output.channels) { _, volume in
      let channel = volume % shape.channels
      if leavesVoxelsOut {
        target.fill(volume * extent.count..<(volume + 1) * extent.count, with: 0)
      }
      for depth in 0..<output.extent.depth {
        let from = (volume * extent.depth + depth * window.depth) * extent.height * extent.width
        let to =
          (volume * output.extent.depth + depth) * output.extent.height * output.extent.width
        unsafe workspace.kernels.poolPlaneBackward(
          input.values.suffix(from: from).pointer, planeStride: extent.height * extent.width,
          inputRow: extent.width, windowDepth: window.depth, windowHeight: window.height,
          windowWidth: window.width, gradient: gradient.suffix(from: to).pointer,
          gradientRow: output.extent.width, rows: output.extent.height,
          columns: output.extent.width, scale: input.pending?.scale[channel] ?? 1,
          shift: input.pending?.shift[channel] ?? 0, result: target.suffix(from: from).pointer)
      }
    }
  }
}
