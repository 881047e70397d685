internal import NeuralNetwork

/// Discs that touch, as a tree: each one but the first touches one of those before it, and keeps clear
/// of the others.
///
/// A contact is one patch of two convex faces, for cells have no dimple where another one presses. So
/// the cells that touch are one body that shrinks to a point.
struct CellCluster: ImplicitShape {
  private let cells: [RoundedDisc]
  let components: Int
  /// About the middle of the box around the cells, and how far the box reaches from there.
  private let middle: Vector
  let reach: Float

  /// How deep cells press into each other, how far others keep clear, and how far a cell stands apart.
  private static let overlap: Float = 0.15
  private static let clearance: Float = 0.4

  init(_ random: inout KeyedGenerator) {
    let count = [2, 2, 2, 3, 3, 3, 4, 4][random.below(8)]
    let lastStandsApart = random.below(4) == 0
    var cells = [RoundedDisc(normal: randomDirection(&random), &random)]
    var components = 1
    for number in 1..<count {
      let apart = lastStandsApart && number == count - 1
      guard let place = Self.bestPlace(among: cells, apart: apart, &random) else { break }
      var cell = place.cell
      if apart {
        components += 1
      } else {
        let towards = (place.touch.there - place.touch.here).normalised
        cells[place.parent].flatten(towards: towards)
        cell.flatten(towards: -towards)
      }
      cells.append(cell)
    }
    (self.cells, self.components) = (cells, components)
    let low = cells.reduce(Vector(repeating: .infinity)) { pointwiseMin($0, $1.box.low) }
    let high = cells.reduce(Vector(repeating: -.infinity)) { pointwiseMax($0, $1.box.high) }
    var middle = (low + high) / 2
    // A slice between the cells would have an empty mask: the middle one goes well through a cell.
    let shifts = cells.map { cell in
      let depth = (cell.box.high.z - cell.box.low.z) / 4
      return min(max(middle.z, cell.centre.z - depth), cell.centre.z + depth) - middle.z
    }
    middle.z += shifts.min { abs($0) < abs($1) } ?? 0
    self.middle = middle
    reach = pointwiseMax(high - middle, middle - low).max()
  }

  func value(at point: Vector) -> Float {
    let p = point + middle
    var union = Float.infinity
    for cell in cells {
      let value = cell.value(at: p)
      union = union == .infinity ? value : smoothUnion(union, value, width: 0.16)
    }
    return union
  }

  private struct Place {
    let cell: RoundedDisc
    let parent: Int
    let touch: (here: Vector, there: Vector)
  }

  /// Of several free places, the one nearest to the middle of the cells: clusters are compact.
  private static func bestPlace(
    among cells: [RoundedDisc], apart: Bool, _ random: inout KeyedGenerator
  ) -> Place? {
    let middle = cells.reduce(Vector()) { $0 + $1.centre } / Float(cells.count)
    var best: (place: Place, distance: Float)?
    for _ in 0..<16 {
      let parent = random.below(cells.count)
      // Some cells stack like coins; others lean, but never so little that the gap between two faces
      // would end as a film thinner than voxels, with holes in it.
      let normal = random.below(3) == 0 ? cells[parent].normal : randomDirection(&random)
      let lean = abs(normal.dot(cells[parent].normal))
      guard lean < 0.8 || lean > 0.9999 else { continue }
      var cell = RoundedDisc(normal: normal, &random)
      let direction = randomDirection(&random)
      cell.moveAway(
        from: cells[parent], along: direction, to: apart ? clearance : -overlap)
      let isFree = cells.indices.allSatisfy {
        (!apart && $0 == parent) || cells[$0].gap(to: cell) >= clearance * 0.99
      }
      let distance = (cell.centre - middle).length
      if isFree, distance < best?.distance ?? .infinity {
        let touch = cells[parent].nearestPoints(to: cell)
        best = (Place(cell: cell, parent: parent, touch: touch), distance)
      }
    }
    return best?.place
  }
}

/// All points within `tube` of a flat disc of radius `core`, less a dimple on either face.
struct RoundedDisc {
  private(set) var centre = Vector()
  let normal: Vector
  private let tube: Float
  private let core: Float
  /// How much of the thickness the dimples take in the middle: on the side of the normal, and opposite.
  private var dimples: (up: Float, down: Float)

  init(normal: Vector, _ random: inout KeyedGenerator) {
    self.normal = normal
    tube = random.uniform(in: 0.31..<0.37)
    core = random.uniform(in: 0.58..<0.68)
    dimples = (random.uniform(in: 0.4..<0.62), random.uniform(in: 0.4..<0.62))
  }

  func value(at point: Vector) -> Float {
    let from = point - centre
    let height = from.dot(normal)
    let rr = max(from.dot(from) - height * height, 0)
    if rr >= core * core {
      let beyond = rr.squareRoot() - core
      return (beyond * beyond + height * height).squareRoot() - tube
    }
    let slope = 1 - rr / (core * core)
    let dimple = (height > 0 ? dimples.up : dimples.down) * slope * slope
    return abs(height) - tube * (1 - dimple)
  }

  var box: (low: Vector, high: Vector) {
    let tilt = (Vector(repeating: 1) - normal * normal).clamped(
      lowerBound: Vector(), upperBound: Vector(repeating: 1)
    ).squareRoot()
    let half = core * tilt + tube
    return (centre - half, centre + half)
  }

  /// Takes the dimple away from the face that looks in a direction. Rims have none.
  mutating func flatten(towards direction: Vector) {
    let side = direction.dot(normal)
    if side > 0.25 { dimples.up = 0 }
    if side < -0.25 { dimples.down = 0 }
  }

  /// The distance between the surfaces, dimples filled; negative when they overlap by less than the two
  /// tubes.
  func gap(to other: RoundedDisc) -> Float {
    let (here, there) = nearestPoints(to: other)
    return (there - here).length - tube - other.tube
  }

  /// Puts this disc where its gap to `other` is `gap`.
  mutating func moveAway(from other: RoundedDisc, along direction: Vector, to gap: Float) {
    var (near, far): (Float, Float) = (0, 3)
    // The gap of convex bodies grows with the distance, once it is positive: bisection.
    for _ in 0..<20 {
      let distance = (near + far) / 2
      centre = other.centre + distance * direction
      if self.gap(to: other) < gap { near = distance } else { far = distance }
    }
  }

  /// The nearest points of the two flat discs, by projecting to and fro (Cheney and Goldstein,
  /// "Proximity maps for convex sets", 1959).
  func nearestPoints(to other: RoundedDisc) -> (here: Vector, there: Vector) {
    var (here, there) = (centre, other.centre)
    for _ in 0..<60 {
      there = other.projected(here)
      here = projected(there)
    }
    return (here, there)
  }

  private func projected(_ point: Vector) -> Vector {
    let from = point - centre
    let flat = from - from.dot(normal) * normal
    let length = flat.length
    return centre + (length > core ? flat * (core / length) : flat)
  }
}
