internal import NeuralNetwork

/// A ball with spicules: seen from its middle, every direction meets the surface once, so the body
/// shrinks to a point whatever the spicules are.
struct SpiculatedCell: ImplicitShape {
  /// A smooth cone.
  private struct Spicule {
    let direction: Vector
    let height: Float
    /// 1 / (1 - cosine of the angle at which it begins).
    let sharpness: Float
  }

  private let spicules: [Spicule]
  private let highest: Float
  private let radii: Vector

  /// Regular spicules: directions spread like the seeds of a sunflower, each moved a little.
  static func echinocyte(_ random: inout KeyedGenerator) -> SpiculatedCell {
    let count = 20 + random.below(13)
    let height: Float = random.uniform(in: 0.26..<0.36)
    // The golden angle, as a turn of the plane.
    let turn = (cosine: Float(-0.7373688), sine: Float(0.6754903))
    var heading = (x: Float(1), y: Float(0))
    var spicules: [Spicule] = []
    for index in 0..<count {
      let z = 1 - (2 * Float(index) + 1) / Float(count)
      let ring = (1 - z * z).squareRoot()
      let place = Vector(ring * heading.x, ring * heading.y, z)
      let moved = (place + 0.1 * randomDirection(&random)).normalised
      spicules.append(
        Spicule(
          direction: moved, height: height * random.uniform(in: 0.85..<1.15),
          // Two neighbours are about sqrt(4 pi / count) apart; their feet do not meet.
          sharpness: Float(count) / 4.2 * random.uniform(in: 0.9..<1.1)))
      heading = (
        heading.x * turn.cosine - heading.y * turn.sine,
        heading.x * turn.sine + heading.y * turn.cosine
      )
    }
    return SpiculatedCell(spicules, radii: Vector(1, 1, random.uniform(in: 0.88..<1)))
  }

  /// A few spicules of unequal length and width, anywhere, but not on top of each other.
  static func acanthocyte(_ random: inout KeyedGenerator) -> SpiculatedCell {
    let count = 5 + random.below(6)
    var spicules: [Spicule] = []
    // Ten crowded ones may not find room; then there are fewer.
    for _ in 0..<100 where spicules.count < count {
      let direction = randomDirection(&random)
      guard spicules.allSatisfy({ $0.direction.dot(direction) < 0.72 }) else { continue }
      spicules.append(
        Spicule(
          direction: direction, height: random.uniform(in: 0.25..<0.62),
          sharpness: random.uniform(in: 4..<9)))
    }
    let radii = Vector(
      random.uniform(in: 0.92..<1.08), random.uniform(in: 0.92..<1.08), random.uniform(in: 0.85..<1))
    return SpiculatedCell(spicules, radii: radii)
  }

  private init(_ spicules: [Spicule], radii: Vector) {
    (self.spicules, self.radii) = (spicules, radii)
    highest = spicules.reduce(0) { max($0, $1.height) }
  }

  func value(at point: Vector) -> Float {
    let p = point / radii
    let radius = p.length
    // Far from the surface the spicules change nothing; most voxels end here.
    guard radius > 0.8, radius < 1.3 + highest else { return radius - 1 }
    let direction = p / radius
    var height: Float = 0
    for spicule in spicules {
      let foot = 1 - (1 - direction.dot(spicule.direction)) * spicule.sharpness
      // The square makes the flanks hollow and the tip narrow.
      if foot > 0 { height = max(height, spicule.height * foot * foot) }
    }
    return radius - 1 - height
  }
}
