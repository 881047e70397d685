internal import NeuralNetwork

/// A lens with three ridges along x.
///
/// Seen from the long axis, every direction meets the surface once, so the body shrinks to a point.
struct Knizocyte: ImplicitShape {
  private let warp: Warp
  /// Radius of the cross-section between ridge and hollow, and how far ridges stand out of it.
  private let radius: Float
  private let pinch: Float
  private let halfLength: Float

  init(_ random: inout KeyedGenerator) {
    warp = Warp(strength: 0.8, &random)
    radius = random.uniform(in: 0.6..<0.68)
    pinch = random.uniform(in: 0.42..<0.52)
    halfLength = random.uniform(in: 0.85..<1.05)
  }

  func value(at point: Vector) -> Float {
    let p = warp.undone(point)
    let along = p.x / halfLength
    let rr = p.y * p.y + p.z * p.z
    let r = max(rr.squareRoot(), 1e-6)
    // The cosine of three times the angle from -z: one ridge points to the first slice.
    let ridge = p.z * (3 * p.y * p.y - p.z * p.z) / (rr * r + 1e-12)
    // Towards the ends the hollows run out.
    let profile = radius * (1 + pinch * (1 - 0.5 * min(along * along, 1)) * ridge)
    return (rr / (profile * profile) + along * along * along * along * 0.5 + along * along * 0.5)
      .squareRoot() - 1
  }
}

/// Lobes around a common middle.
///
/// Each is an ellipsoid that has the middle inside: their union is seen whole from there, so the body
/// shrinks to a point.
struct Multilobate: ImplicitShape {
  private struct Lobe {
    let direction: Vector
    let centre: Float
    let halfLength: Float
    let halfWidth: Float
  }

  private let lobes: [Lobe]

  init(_ random: inout KeyedGenerator) {
    let count = 3 + random.below(3)
    var lobes: [Lobe] = []
    // Five directions 75 degrees apart are found quickly; three always are.
    for _ in 0..<200 where lobes.count < count {
      let direction = randomDirection(&random)
      guard lobes.allSatisfy({ $0.direction.dot(direction) < 0.26 }) else { continue }
      let halfLength: Float = random.uniform(in: 0.52..<0.6)
      lobes.append(
        Lobe(
          direction: direction, centre: 0.8 * halfLength, halfLength: halfLength,
          halfWidth: random.uniform(in: 0.44..<0.56)))
    }
    self.lobes = lobes
  }

  func value(at p: Vector) -> Float {
    var union: Float = p.length - 0.55
    for lobe in lobes {
      let along = p.dot(lobe.direction)
      let across = max(p.dot(p) - along * along, 0) / (lobe.halfWidth * lobe.halfWidth)
      let forward = (along - lobe.centre) / lobe.halfLength
      // Lengths are measured in half widths, to be about true at the flanks.
      let ellipsoid = ((across + forward * forward).squareRoot() - 1) * lobe.halfWidth
      union = smoothUnion(union, ellipsoid, width: 0.1)
    }
    return union
  }
}
