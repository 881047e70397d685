/// A linear map between volumes in which every output voxel sees a small neighbourhood:
///
///     y[o][u * i + p] = sum over c, t of K[p][t][o][c] * x[c][i + taps[p][t]]
///
/// i is an input voxel, u the factor by which each axis grows, p = 0 ..< u the *parity* of the output
/// voxel; x is 0 outside the volume. A convolution has u = 1 and one parity; a transposed convolution
/// whose kernel equals its stride has one tap per parity; and both in a row are again such a map: with
/// it, a network never computes the large volume between them. An offset that the first of the two adds
/// is the weight of one more input channel, of ones.
public struct StencilMap: Sendable, Equatable {
  /// Channels of the input; the channel of ones is not among them.
  public let inputs: Int
  public let outputs: Int
  public let hasOnes: Bool
  /// The factor by which each axis grows.
  public let growth: Extent
  /// For each parity (depth, height, width; width fastest) the input offsets that its voxels see.
  public let taps: [[Extent]]
  /// How far the taps reach in each direction.
  public let reach: Extent

  public var parities: Int { taps.count }
  /// Taps of all parities together.
  public var tapCount: Int { taps.reduce(0) { $0 + $1.count } }
  /// Input channels with that of ones.
  public var columns: Int { inputs + (hasOnes ? 1 : 0) }
  /// Weights of the map.
  public var weightCount: Int { columns * outputs * tapCount }

  /// A convolution with an odd kernel, stride 1, zeros around the volume, and no bias.
  public static func convolution(inputs: Int, outputs: Int, kernel: Extent) -> StencilMap {
    StencilMap(
      inputs: inputs, outputs: outputs, hasOnes: false, growth: Extent(1, 1, 1), kernel: kernel)
  }

  /// A transposed convolution with bias whose kernel and stride are both `growth`.
  public static func transposed(inputs: Int, outputs: Int, growth: Extent) -> StencilMap {
    StencilMap(
      inputs: inputs, outputs: outputs, hasOnes: true, growth: growth, kernel: Extent(1, 1, 1))
  }

  /// A transposed convolution with bias, followed by a convolution with `kernel`.
  public static func composed(
    inputs: Int, outputs: Int, growth: Extent, kernel: Extent
  ) -> StencilMap {
    StencilMap(inputs: inputs, outputs: outputs, hasOnes: true, growth: growth, kernel: kernel)
  }

  private init(inputs: Int, outputs: Int, hasOnes: Bool, growth: Extent, kernel: Extent) {
    precondition(kernel.depth % 2 == 1 && kernel.height % 2 == 1 && kernel.width % 2 == 1)
    precondition(growth.width <= 2, "rows grow by 1 or 2")
    (self.inputs, self.outputs, self.hasOnes, self.growth) = (inputs, outputs, hasOnes, growth)
    let (depth, height, width) = (
      Self.axisTaps(growth.depth, kernel.depth), Self.axisTaps(growth.height, kernel.height),
      Self.axisTaps(growth.width, kernel.width)
    )
    taps = depth.flatMap { depths in
      height.flatMap { heights in
        width.map { widths in
          depths.flatMap { z in heights.flatMap { y in widths.map { x in Extent(z, y, x) } } }
        }
      }
    }
    reach = Extent(Self.reach(depth), Self.reach(height), Self.reach(width))
  }

  /// For each parity of one axis, the input offsets that a kernel around its voxel meets.
  private static func axisTaps(_ growth: Int, _ kernel: Int) -> [[Int]] {
    (0..<growth).map { parity in
      let first = floorDivide(parity - kernel / 2, growth)
      return Array(first...floorDivide(parity + kernel / 2, growth))
    }
  }

  private static func reach(_ taps: [[Int]]) -> Int { taps.joined().map(abs).max() ?? 0 }

  static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
  }
}

/// Where the weight of (parity, tap, output, column) stands: `sum of index * stride`.
///
/// Taps of one parity are `tap` apart; so a convolution's own weights, `[out][in][kernel]`, serve as
/// they are.
public struct WeightStrides: Sendable {
  public var parity: Int
  public var tap: Int
  public var output: Int
  public var column: Int

  public init(parity: Int, tap: Int, output: Int, column: Int) {
    (self.parity, self.tap, self.output, self.column) = (parity, tap, output, column)
  }

  /// `[out][in][kernel]`, as a convolution keeps its weights.
  public static func convolution(_ map: StencilMap) -> WeightStrides {
    WeightStrides(
      parity: 0, tap: 1, output: map.inputs * map.tapCount, column: map.tapCount)
  }

  /// `[parity][tap][output][column]`, columns padded to a multiple of 16.
  public static func composed(_ map: StencilMap) -> WeightStrides {
    let column = map.paddedColumns
    // Every parity of one map has room for as many taps as the one with the most.
    return WeightStrides(
      parity: map.mostTaps * map.outputs * column, tap: map.outputs * column, output: column,
      column: 1)
  }
}

extension StencilMap {
  var paddedColumns: Int { (columns + 15) / 16 * 16 }
  var mostTaps: Int { taps.map(\.count).max() ?? 0 }
  /// Elements of a buffer with the strides of ``WeightStrides/composed(_:)``.
  public var composedCount: Int { parities * mostTaps * outputs * paddedColumns }
}
