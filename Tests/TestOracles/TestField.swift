/// Volumes that are hard for some step of a persistence program, each for its own reason.
/// All values are exact in a Float.
public enum TestField: String, Sendable, CaseIterable {
  /// Independent values: many pairs, long columns, no ties worth speaking of.
  case noise
  /// Noise averaged over neighbours a few times: few critical cells, long descending paths.
  case smooth
  /// Smooth, cut to five levels: large plateaus, so almost every comparison is a tie.
  case plateaus
  /// Two values at random: ties everywhere and thousands of loops of equal birth.
  case binary
  /// Two values alternating: V and T differ most, since only diagonals touch.
  case checkerboard
  /// One corridor that winds through the whole volume between high walls, falling all the way:
  /// the longest path a walk can meet.
  case snake
  /// Closed shells around a centre: as many nested voids as fit.
  case shells
  /// One value: everything is decided by ties.
  case constant

  public func values(shape: [Int], using generator: inout SeededGenerator) -> [Double] {
    let count = shape.reduce(1, *)
    switch self {
    case .noise: return (0..<count).map { _ in generator.unit() }
    case .smooth: return smoothed(count: count, shape: shape, using: &generator)
    case .plateaus:
      let smooth = smoothed(count: count, shape: shape, using: &generator)
      let low = smooth.min() ?? 0
      let step = max(((smooth.max() ?? 1) - low) / 5, .leastNormalMagnitude)
      return smooth.map { (($0 - low) / step).rounded(.down) }
    case .binary: return (0..<count).map { _ in Double(generator.next() & 1) }
    case .checkerboard:
      return places(in: shape).map { Double($0.reduce(0, +) % 2) }
    case .snake: return windingCorridor(shape: shape, using: &generator)
    case .shells:
      return places(in: shape).map { place in
        let distance = zip(place, shape).map { abs(2 * $0 - $1 + 1) / 2 }.max() ?? 0
        return (Double(distance % 2) + generator.unit() / 8).roundedToFloat
      }
    case .constant: return [Double](repeating: 3.5, count: count)
    }
  }
}

/// Coordinates of every voxel, in flat order.
private func places(in shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { starts, extent in starts.flatMap { start in (0..<extent).map { start + [$0] } } }
}

/// Three rounds of the mean of each voxel and the next one along every axis, with wrap-around.
private func smoothed(count: Int, shape: [Int], using generator: inout SeededGenerator) -> [Double] {
  var values = (0..<count).map { _ in generator.unit() }
  for _ in 0..<3 {
    var stride = count
    for extent in shape {
      let block = stride
      stride /= extent
      values = values.indices.map { index in
        let next = index / block * block + (index % block + stride) % block
        return (values[index] + values[next]) / 2
      }
    }
  }
  return values.map(\.roundedToFloat)
}

/// Walls of high noise everywhere but along one corridor, which falls from its first voxel to its last.
private func windingCorridor(shape: [Int], using generator: inout SeededGenerator) -> [Double] {
  let height = Double(shape.reduce(1, *))
  var values = (0..<shape.reduce(1, *)).map { _ in (height + generator.unit()).roundedToFloat }
  for (step, place) in corridor(in: shape).enumerated() {
    values[zip(place, shape).reduce(0) { $0 * $1.1 + $1.0 }] = height - Double(step)
  }
  return values
}

/// Every second slice holds the corridor of one dimension less, walked to and fro in turn; the
/// slices between are walls with one gap, where the corridor below ends.
private func corridor(in shape: [Int]) -> [[Int]] {
  guard let extent = shape.first else { return [[]] }
  let slice = corridor(in: Array(shape.dropFirst()))
  var path: [[Int]] = []
  for place in 0..<extent {
    if place % 2 == 0 {
      path += (place % 4 == 0 ? slice : slice.reversed()).map { [place] + $0 }
    } else if let end = path.last {
      path.append([place] + end.dropFirst())
    }
  }
  return path
}

extension Double {
  fileprivate var roundedToFloat: Double { Double(Float(self)) }
}
