internal import ComputeRuntime

/// Brings a volume to another size, linearly along each axis.
///
/// Both grids cover the same box, so that the centre of voxel i of n lies at (i + 1/2) / n of its
/// length: image, mask and object stay on top of each other, whatever their sizes are. Beyond the centres
/// of the outer voxels their values go on. No smoothing comes first.
struct LinearResampling {
  /// Depth, height, width.
  let from: [Int]
  let to: [Int]

  /// Extents of an image count as those of one plane.
  init(from: [Int], to: [Int]) {
    let three = { (extents: [Int]) in [Int](repeating: 1, count: 3 - extents.count) + extents }
    (self.from, self.to) = (three(from), three(to))
  }

  /// - Precondition: `input` has as many values as `from` says and `output` as `to` says.
  func resample(_ input: FencedPointer<Float>, into output: FencedPointer<Float>) {
    let axes = zip(from, to).map { Axis(from: $0, to: $1) }
    let (z, y, x) = (axes[0], axes[1], axes[2])
    let (height, width) = (from[1], from[2])
    var place = 0
    for plane in 0..<to[0] {
      let (front, back) = (z.first[plane] * height, z.second[plane] * height)
      for row in 0..<to[1] {
        let rows = [
          (front + y.first[row]) * width, (front + y.second[row]) * width,
          (back + y.first[row]) * width, (back + y.second[row]) * width,
        ]
        for column in 0..<to[2] {
          let (left, right, weight) = (x.first[column], x.second[column], x.weight[column])
          let along = { (start: Int) in
            mix(input[start + left], input[start + right], weight)
          }
          output[place] = mix(
            mix(along(rows[0]), along(rows[1]), y.weight[row]),
            mix(along(rows[2]), along(rows[3]), y.weight[row]), z.weight[plane])
          place += 1
        }
      }
    }
  }

  /// For each voxel of the new axis the two old ones it lies between, and how far it is from the first.
  private struct Axis {
    var first: [Int] = []
    var second: [Int] = []
    var weight: [Float] = []

    init(from: Int, to: Int) {
      let scale = Double(from) / Double(to)
      for index in 0..<to {
        let place = min(max((Double(index) + 0.5) * scale - 0.5, 0), Double(from - 1))
        let lower = Int(place)
        first.append(lower)
        second.append(min(lower + 1, from - 1))
        weight.append(Float(place - Double(lower)))
      }
    }
  }
}

/// A value between two, and exactly theirs where they are equal.
@inline(__always)
private func mix(_ first: Float, _ second: Float, _ weight: Float) -> Float {
  first + (second - first) * weight
}
