internal import ComputeRuntime
internal import NeuralNetwork

/// The paper's augmentation: a horizontal flip, a vertical flip and a quarter turn (counter-clockwise, in
/// the image's plane), each with probability 0.33, of image, mask and object together.
///
/// What a cell gets follows from seed, epoch and cell alone.
public struct Augmentation: Equatable, Sendable {
  public var flipsHorizontally = false
  public var flipsVertically = false
  public var turns = false

  static let probability = 0.33

  public init() {}

  /// - Parameter sample: the cell's index in its source.
  public init(seed: UInt64, epoch: Int, sample: Int) {
    var generator = KeyedGenerator(
      seed: seed, epoch: epoch, sample: sample, purpose: .augmentation)
    let draws = (0..<3).map { _ in generator.uniform() as Double }
    flipsHorizontally = draws[0] < Self.probability
    flipsVertically = draws[1] < Self.probability
    turns = draws[2] < Self.probability
  }

  public var changesNothing: Bool { !flipsHorizontally && !flipsVertically && !turns }

  /// Writes `planes` slices of `size x size`, changed; flips come first, then the turn.
  ///
  /// - Precondition: source and target do not overlap.
  func apply(
    _ source: FencedPointer<Float>, planes: Int, size: Int, to target: FencedPointer<Float>
  ) {
    for y in 0..<size {
      for x in 0..<size {
        // Where the value of (y, x) comes from: the turn undone, then the flips.
        let (turnedY, turnedX) = turns ? (x, size - 1 - y) : (y, x)
        let fromY = flipsVertically ? size - 1 - turnedY : turnedY
        let fromX = flipsHorizontally ? size - 1 - turnedX : turnedX
        let (from, to) = (fromY * size + fromX, y * size + x)
        for plane in 0..<planes {
          target[plane * size * size + to] = source[plane * size * size + from]
        }
      }
    }
  }
}
