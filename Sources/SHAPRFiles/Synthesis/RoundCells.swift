internal import NeuralNetwork

/// A ball that is slightly an ellipsoid.
struct Spherocyte: ImplicitShape {
  private let radii: Vector

  init(_ random: inout KeyedGenerator) {
    radii = Vector(
      random.uniform(in: 0.94..<1.06), random.uniform(in: 0.94..<1.06), random.uniform(in: 0.86..<1.0))
  }

  func value(at p: Vector) -> Float { (p / radii).length - 1 }
}

/// A bowl: a flattened ball from whose upper side a smaller ball was pressed in.
///
/// The hollow never reaches the lower side, so the body shrinks to a point.
struct Stomatocyte: ImplicitShape {
  private let warp: Warp
  private let halfHeight: Float
  private let hollowRadius: Float
  private let hollowHeight: Float
  private let hollowOffset: Float

  init(_ random: inout KeyedGenerator) {
    warp = Warp(strength: 0.6, &random)
    halfHeight = random.uniform(in: 0.62..<0.8)
    hollowRadius = random.uniform(in: 0.55..<0.72)
    // The bottom of the hollow lies between a little above the middle and well below it.
    let bottom = random.uniform(in: -0.3..<0.3) * halfHeight
    hollowHeight = bottom + hollowRadius
    hollowOffset = random.uniform(in: -0.1..<0.1)
  }

  func value(at point: Vector) -> Float {
    let p = warp.undone(point)
    let outer = Vector(p.x, p.y, p.z / halfHeight).length - 1
    let hollow = hollowRadius - (p - Vector(hollowOffset, 0, hollowHeight)).length
    return smoothIntersection(outer, hollow, width: 0.14)
  }
}
