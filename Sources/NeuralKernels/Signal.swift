public import ComputeRuntime

/// A view of Float values, row-major.
public typealias Floats = FencedPointer<Float>

/// Numbers per axis of a volume.
public struct Extent: Equatable, Sendable {
  public var depth: Int
  public var height: Int
  public var width: Int

  public init(_ depth: Int, _ height: Int, _ width: Int) {
    (self.depth, self.height, self.width) = (depth, height, width)
  }

  public var count: Int { depth * height * width }
}

/// What is pending on the values of each channel: `scale * value + shift`, then ReLU if `rectified`.
///
/// Batch norm and ReLU do not write a new copy of their input; they leave this note, and the layer that
/// reads the values next applies it on the way.
public struct ChannelMap: Sendable {
  public var scale: Floats
  public var shift: Floats
  public var rectified: Bool

  public init(scale: Floats, shift: Floats, rectified: Bool) {
    (self.scale, self.shift, self.rectified) = (scale, shift, rectified)
  }
}

/// Values on their way forward, `N C D H W`.
public struct Signal: Sendable {
  public var values: Floats
  /// What the reader has to apply; nil when the values are final.
  public var pending: ChannelMap?

  public init(_ values: Floats, pending: ChannelMap? = nil) {
    (self.values, self.pending) = (values, pending)
  }
}

/// What batch norm leaves pending on a gradient on its way backward.
///
/// The gradient with respect to what batch norm was given is
/// `slope * g + factor * value + offset`, g the gradient where ReLU let the value pass, else 0.
public struct GradientMap: Sendable {
  /// What batch norm was given in the forward pass, `N C D H W`.
  public var values: Floats
  public var forward: ChannelMap
  public var slope: Floats
  public var factor: Floats
  public var offset: Floats

  public init(
    values: Floats, forward: ChannelMap, slope: Floats, factor: Floats, offset: Floats
  ) {
    (self.values, self.forward) = (values, forward)
    (self.slope, self.factor, self.offset) = (slope, factor, offset)
  }
}

/// A gradient on its way backward, `N C D H W`.
public struct GradientSignal: Sendable {
  public var values: Floats
  public var pending: GradientMap?

  public init(_ values: Floats, pending: GradientMap? = nil) {
    (self.values, self.pending) = (values, pending)
  }
}
