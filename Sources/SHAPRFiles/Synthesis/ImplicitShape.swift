internal import NeuralNetwork

typealias Vector = SIMD3<Float>

/// A body given by a continuous function that is negative inside and positive outside.
///
/// The length unit is the shape's own, about the radius of the cell; z is its axis.
protocol ImplicitShape {
  func value(at point: Vector) -> Float
}

extension SIMD3<Float> {
  func dot(_ other: Vector) -> Float { x * other.x + y * other.y + z * other.z }
  var length: Float { dot(self).squareRoot() }
  var normalised: Vector { self / length }
  func cross(_ other: Vector) -> Vector {
    Vector(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
  }
}

/// The union of two bodies whose edge is filled with a fillet of width about `width`.
func smoothUnion(_ first: Float, _ second: Float, width: Float) -> Float {
  let difference = first - second
  return 0.5 * (first + second - (difference * difference + width * width).squareRoot())
}

/// The intersection of two bodies whose edge is rounded over a width of about `width`.
func smoothIntersection(_ first: Float, _ second: Float, width: Float) -> Float {
  -smoothUnion(-first, -second, width: width)
}

/// A direction, each as likely as the others.
func randomDirection(_ random: inout KeyedGenerator) -> Vector {
  while true {
    let vector = Vector(Float(random.normal()), Float(random.normal()), Float(random.normal()))
    if vector.length > 0.1 { return vector.normalised }
  }
}

/// A smooth change of form that tears nothing and joins nothing: cells of one class differ by it.
struct Warp {
  /// x is divided, y multiplied by about 1 + stretch.
  var stretch: Float = 0
  /// Widens one end of x.
  var taper: Float = 0
  /// Bends the disc: weights of x^2 - y^2, x y and x^2 + y^2 in a shift along z.
  var bend = Vector()

  /// - Parameter strength: 1 for soft cells. The map keeps its orientation up to 2, everywhere within
  ///   twice the radius of a cell.
  init(strength: Float, _ random: inout KeyedGenerator) {
    stretch = strength * random.uniform(in: -0.09..<0.09)
    taper = strength * random.uniform(in: -0.06..<0.06)
    bend =
      strength
      * Vector(
        random.uniform(in: -0.12..<0.12), random.uniform(in: -0.12..<0.12),
        random.uniform(in: -0.08..<0.08))
  }

  /// Where a point of the changed body was in the unchanged one.
  @inline(__always)
  func undone(_ p: Vector) -> Vector {
    let width = 1 + taper * p.x
    let (xx, yy) = (p.x * p.x, p.y * p.y)
    return Vector(
      p.x * width * (1 + stretch), p.y * width * (1 - stretch),
      p.z + bend.x * (xx - yy) + bend.y * p.x * p.y + bend.z * (xx + yy))
  }
}

/// Where a shape lies in the volume, and how large it is.
struct Pose {
  /// The axes of the shape in the volume (x, y, z), orthonormal.
  private let axes: (x: Vector, y: Vector, z: Vector)
  /// Voxels that one length unit of the shape has.
  let scale: Float

  /// - Parameters:
  ///   - tilt: how far the shape's axis leans away from the z axis of the volume: a typical tangent.
  init(scale: Float, tilt: Float, _ random: inout KeyedGenerator) {
    let lean = Vector(tilt * Float(random.normal()), tilt * Float(random.normal()), 1)
    self.init(scale: scale, axis: lean.normalised, &random)
  }

  /// Turned about `axis`, the direction of the shape's z, by any angle.
  init(scale: Float, axis: Vector, _ random: inout KeyedGenerator) {
    self.scale = scale
    while true {
      let heading = randomDirection(&random)
      let across = heading - heading.dot(axis) * axis
      // Nearly along the axis it says little about the angle.
      guard across.length > 0.3 else { continue }
      let x = across.normalised
      axes = (x, axis.cross(x), axis)
      return
    }
  }

  /// As it is.
  init(scale: Float) {
    (self.scale, axes) = (scale, (Vector(1, 0, 0), Vector(0, 1, 0), Vector(0, 0, 1)))
  }

  /// The point of the shape at a place of the volume, in voxels from the middle.
  @inline(__always)
  func point(at place: Vector) -> Vector {
    Vector(place.dot(axes.x), place.dot(axes.y), place.dot(axes.z)) / scale
  }
}
