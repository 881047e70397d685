internal import NeuralNetwork

/// The thickness of the healthy red blood cell along its radius.
///
/// T(r) = sqrt(1 - r^2) (c0 + c2 r^2 + c4 r^4), r from 0 at the axis to 1 at the rim, measured by Evans
/// and Fung ("Improved measurements of the erythrocyte geometry", 1972): for cells of radius 3.91 um
/// in 300 mOsm, c0 = 0.81, c2 = 7.83 and c4 = -4.39 um.
struct BiconcaveProfile {
  private let c0: Float
  private let c2: Float
  private let c4: Float

  /// - Parameters:
  ///   - thickness: of the whole cell, 1 as measured.
  ///   - centre: of its thinnest place, 1 as measured.
  init(thickness: Float = 1, centre: Float = 1) {
    // Half of the thickness, in radii.
    let unit = thickness / (2 * 3.91)
    (c0, c2, c4) = (0.81 * centre * unit, 7.83 * unit, -4.39 * unit)
  }

  /// z^2 - (half the thickness)^2: negative inside, and smooth at the rim, where the thickness itself
  /// has no slope.
  @inline(__always)
  func value(at p: Vector, weight: Float) -> Float {
    let rr = p.x * p.x + p.y * p.y
    // Beyond the rim the polynomial would come back to zero.
    let inner = min(rr, 1)
    let half = weight * (c0 + inner * (c2 + inner * c4))
    return p.z * p.z - (1 - rr) * half * half
  }
}

/// A disc with a dimple on either side.
struct Discocyte: ImplicitShape {
  private let warp: Warp
  private let profile: BiconcaveProfile
  /// Makes one side of the rim thicker.
  private let slope: Float

  init(_ random: inout KeyedGenerator) {
    warp = Warp(strength: 1, &random)
    profile = BiconcaveProfile(
      thickness: random.uniform(in: 0.95..<1.2), centre: random.uniform(in: 0.9..<1.7))
    slope = random.uniform(in: -0.12..<0.12)
  }

  func value(at point: Vector) -> Float {
    let p = warp.undone(point)
    return profile.value(at: p, weight: 1 + slope * p.y)
  }
}

/// A disc with a bite at one side; the corners beside the bite are the horns.
///
/// The bite reaches the rim and spares the middle, so the body shrinks to a point.
struct Keratocyte: ImplicitShape {
  private let warp: Warp
  private let profile: BiconcaveProfile
  private let biteRadius: Float
  private let biteX: Float
  private let horns: (Horn, Horn)

  init(_ random: inout KeyedGenerator) {
    warp = Warp(strength: 1, &random)
    profile = BiconcaveProfile(
      thickness: random.uniform(in: 1.05..<1.3), centre: random.uniform(in: 1.6..<3))
    biteRadius = random.uniform(in: 0.5..<0.9)
    // How far the bite goes in from the rim.
    let depth: Float = random.uniform(in: 0.42..<0.7)
    biteX = 1 + biteRadius - depth
    // Where the circle of the bite meets that of the cell.
    let x = (1 + biteX * biteX - biteRadius * biteRadius) / (2 * biteX)
    let y = (1 - x * x).squareRoot()
    horns = (
      Horn(corner: Vector(x, y, 0), length: random.uniform(in: 0.14..<0.34)),
      Horn(corner: Vector(x, -y, 0), length: random.uniform(in: 0.14..<0.34))
    )
  }

  func value(at point: Vector) -> Float {
    // The horns reach beyond the disc: the middle of both together is beside that of the disc.
    let p = warp.undone(point + Vector(0.1, 0, 0))
    // The profile is a square; near the surface this is about a length.
    let disc = profile.value(at: p, weight: 1) / 0.35
    let bite = biteRadius - Vector(p.x - biteX, p.y, 0).length
    let body = smoothIntersection(disc, bite, width: 0.08)
    return smoothUnion(body, min(horns.0.value(at: p), horns.1.value(at: p)), width: 0.16)
  }

  /// A tapering rod that goes on where the rim ends at a corner of the bite.
  private struct Horn {
    private let root: Vector
    private let direction: Vector
    private let length: Float

    init(corner: Vector, length: Float) {
      root = 0.7 * corner
      // Between outwards and along the rim.
      let alongRim = Vector(abs(corner.y), corner.y > 0 ? -corner.x : corner.x, 0)
      direction = (0.8 * corner + 0.6 * alongRim).normalised
      self.length = 0.26 + length
    }

    func value(at p: Vector) -> Float {
      let along = min(max((p - root).dot(direction), 0), length)
      return (p - root - along * direction).length - (0.22 - 0.14 * along / length)
    }
  }
}
