internal import ComputeRuntime
internal import NeuralKernels

/// Turns a shape into grey voxels.
///
/// A voxel is 1 inside, 0 outside, and in between within half of `rim` of the surface. The distance to
/// the surface is f / |gradient of f|, true to first order (Taubin, "Distance approximations for
/// rasterizing implicit curves", 1994), so that any function with the right sign gives the same rim.
struct ShapeRaster {
  /// Voxels along each axis.
  let size: Int

  /// How many voxels the grey rim is wide: about 6 % of a volume are grey then, as in segmentations that
  /// were made from confocal stacks.
  var rim: Float { Float(size) / 64 * 2.8 }

  /// - Parameters:
  ///   - field: `size^3` values to work in.
  ///   - object: `D x H x W`; multiples of 1/255.
  func draw(_ shape: some ImplicitShape, _ pose: Pose, field: Floats, object: Floats) {
    let middle = Float(size - 1) / 2
    for z in 0..<size {
      for y in 0..<size {
        let row = (z * size + y) * size
        for x in 0..<size {
          let place = Vector(Float(x), Float(y), Float(z)) - middle
          field[row + x] = shape.value(at: pose.point(at: place))
        }
      }
    }
    object.fill(0..<size * size * size, with: 0)
    for z in 1..<size - 1 {
      for y in 1..<size - 1 {
        let row = (z * size + y) * size
        for x in 1..<size - 1 { object[row + x] = grey(of: field, at: row + x) }
      }
    }
  }

  @inline(__always)
  private func grey(of field: Floats, at index: Int) -> Float {
    let dx = field[index + 1] - field[index - 1]
    let dy = field[index + size] - field[index - size]
    let dz = field[index + size * size] - field[index - size * size]
    // Where there is no slope, there is no surface near.
    let slope = 0.5 * (dx * dx + dy * dy + dz * dz).squareRoot() + 1e-12
    return quantised(0.5 - field[index] / (slope * rim))
  }
}

/// The nearest multiple of 1/255 between 0 and 1: what a file of 8 bits holds.
func quantised(_ value: Float) -> Float {
  (min(max(value, 0), 1) * 255).rounded() / 255
}
