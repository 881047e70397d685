internal import NeuralNetwork

/// An ellipsoid with a wavy surface; it may have a cavity inside, or a hole through it.
struct Nucleus: ImplicitShape {
  enum Opening {
    case none
    /// Around a point, inside.
    case cavity(centre: Vector, radii: Vector)
    /// Along a line through a point, from side to side.
    case hole(centre: Vector, direction: Vector, radius: Float)
  }

  let opening: Opening
  private let radii: Vector
  /// Weights of the waves: second and third powers of the direction.
  private let second: Vector
  private let third: Vector

  init(_ random: inout KeyedGenerator) {
    radii = Vector(
      random.uniform(in: 0.8..<1), random.uniform(in: 0.75..<1), random.uniform(in: 0.6..<0.85))
    second = 0.07 * Vector(Float(random.normal()), Float(random.normal()), Float(random.normal()))
    third = 0.07 * Vector(Float(random.normal()), Float(random.normal()), Float(random.normal()))
    let centre = Vector(random.uniform(in: -0.15..<0.15), random.uniform(in: -0.15..<0.15), 0)
    switch random.below(5) {
    case 0:
      opening = .cavity(
        centre: centre,
        radii: Vector(
          random.uniform(in: 0.25..<0.4), random.uniform(in: 0.25..<0.4), random.uniform(in: 0.2..<0.3)))
    case 1:
      let lean = Vector(random.uniform(in: -0.25..<0.25), random.uniform(in: -0.25..<0.25), 1)
      opening = .hole(
        centre: centre, direction: lean.normalised, radius: random.uniform(in: 0.24..<0.36))
    default: opening = .none
    }
  }

  var betti: BettiNumbers {
    switch opening {
    case .none: .contractible
    case .cavity: BettiNumbers(components: 1, loops: 0, cavities: 1)
    case .hole: BettiNumbers(components: 1, loops: 1, cavities: 0)
    }
  }

  func value(at p: Vector) -> Float {
    let scaled = p / radii
    let radius = scaled.length
    // The waves are weak at the middle, where a direction means nothing.
    let d = scaled / max(radius, 0.5)
    let waves =
      second.dot(Vector(d.x * d.y, d.y * d.z, d.z * d.x))
      + third.dot(Vector(d.x * (d.x * d.x - 3 * d.y * d.y), d.y * d.z * d.x * 3, d.y * d.y * d.y))
    // Three deviations of all weights add up to less than the wall around an opening.
    let body = (radius - 1 - min(max(waves, -0.18), 0.18)) * 0.8
    switch opening {
    case .none: return body
    case .cavity(let centre, let radii):
      let inside = (1 - ((p - centre) / radii).length) * 0.3
      return max(body, inside)
    case .hole(let centre, let direction, let radius):
      let from = p - centre
      let along = from.dot(direction)
      let inside = radius - max(from.dot(from) - along * along, 0).squareRoot()
      return smoothIntersection(body, inside, width: 0.08)
    }
  }
}
