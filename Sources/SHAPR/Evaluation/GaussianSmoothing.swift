internal import ComputeRuntime
internal import NeuralKernels
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Smooths objects with a Gaussian of standard deviation 2 voxels.
///
/// As `scipy.ndimage.gaussian_filter(object.astype(float64), 2)` has it: weights exp(-x^2 / 8) for |x| <= 8
/// (four deviations), divided by their sum; voxels beyond the border mirror those inside, the last one
/// included (`d c b a | a b c d | d c b a`); 64-bit floats, one axis after the other, first axis first.
/// Sums may differ from scipy's in the last bits.
enum GaussianSmoothing {
  static let deviation = 2.0
  static let radius = 8

  /// The weights of distance 0 to 8.
  static let weights: [Double] = {
    let values = (0...radius).map { exp(-0.5 * Double($0 * $0) / (deviation * deviation)) }
    let total = values[0] + 2 * values.dropFirst().reduce(0, +)
    return values.map { $0 / total }
  }()

  /// The voxels where the smoothed object is above 1/2.
  static func smooth(
    _ object: BinaryObject, budget: MemoryBudget
  ) throws(ComputeError) -> BinaryObject {
    let values = try smoothedValues(object, budget: budget)
    let result = try BinaryObject(object.extent, budget: budget)
    let (cells, voxels) = (values.cells, result.voxels)
    for index in 0..<object.extent.count { voxels[index] = cells[index] > 0.5 ? 1 : 0 }
    return result
  }

  static func smoothedValues(
    _ object: BinaryObject, budget: MemoryBudget
  ) throws(ComputeError) -> Scratch<Double> {
    let extent = object.extent
    let (depth, height, width) = (extent.depth, extent.height, extent.width)
    let first = try Scratch<Double>(count: extent.count, budget: budget)
    let second = try Scratch<Double>(count: extent.count, budget: budget)
    for index in 0..<extent.count { second.cells[index] = Double(object.voxels[index]) }
    let line = try Scratch<Double>(count: width + 2 * radius, budget: budget)
    smooth(second.cells, blocks: 1, length: depth, stride: height * width, to: first.cells)
    smooth(first.cells, blocks: depth, length: height, stride: width, to: second.cells)
    smoothRows(second.cells, rows: depth * height, length: width, line.cells, to: first.cells)
    withExtendedLifetime((second, line)) {}
    return first
  }

  /// Along an axis whose places are rows or planes: see ``FencedPointer/keepInner(blocks:length:stride:to:)``.
  private static func smooth(
    _ source: FencedPointer<Double>, blocks: Int, length: Int, stride: Int,
    to target: FencedPointer<Double>
  ) {
    // In pieces that stay in the nearest cache while all their neighbours are added.
    let piece = 512
    for block in 0..<blocks {
      let start = block * length * stride
      for first in Swift.stride(from: 0, to: stride, by: piece) {
        let count = min(piece, stride - first)
        for place in 0..<length {
          let here = target.suffix(from: start + place * stride + first)
          scale(source.suffix(from: start + place * stride + first), count: count, to: here)
          for distance in 1...radius {
            add(
              source.suffix(from: start + mirrored(place - distance, length) * stride + first),
              source.suffix(from: start + mirrored(place + distance, length) * stride + first),
              times: weights[distance], count: count, to: here)
          }
        }
      }
    }
  }

  /// Along the last axis, where neighbours follow each other.
  private static func smoothRows(
    _ source: FencedPointer<Double>, rows: Int, length: Int, _ line: FencedPointer<Double>,
    to target: FencedPointer<Double>
  ) {
    for row in 0..<rows {
      let values = source.suffix(from: row * length)
      for place in -radius..<length + radius {
        line[place + radius] = values[mirrored(place, length)]
      }
      let here = target.suffix(from: row * length)
      scale(line.suffix(from: radius), count: length, to: here)
      for distance in 1...radius {
        add(
          line.suffix(from: radius - distance), line.suffix(from: radius + distance),
          times: weights[distance], count: length, to: here)
      }
    }
  }

  /// Where a place beyond the border is mirrored to, as often as it takes.
  private static func mirrored(_ place: Int, _ length: Int) -> Int {
    if place >= 0, place < length { return place }
    let period = 2 * length
    let rest = (place % period + period) % period
    return rest < length ? rest : period - 1 - rest
  }

  @inline(__always)
  private static func scale(
    _ source: FencedPointer<Double>, count: Int, to target: FencedPointer<Double>
  ) {
    let weight = weights[0]
    for index in 0..<count { target[index] = weight * source[index] }
  }

  @inline(__always)
  private static func add(
    _ one: FencedPointer<Double>, _ other: FencedPointer<Double>, times weight: Double, count: Int,
    to target: FencedPointer<Double>
  ) {
    for index in 0..<count { target[index] += weight * (one[index] + other[index]) }
  }
}
