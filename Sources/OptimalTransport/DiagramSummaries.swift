package import ComputeRuntime
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The sum of |death - birth|^order over the points; essential classes are left out.
///
/// - Parameters:
///   - points: in any order.
///   - order: finite and above 0.
public func totalPersistence(
  _ points: [DiagramPoint], order: Double = 2
) throws(TransportError) -> Double {
  var points = points
  return try fenced(&points) { points throws(TransportError) in
    try totalPersistence(of: points, order: order)
  }
}

package func totalPersistence(
  of points: FencedPointer<DiagramPoint>, order: Double
) throws(TransportError) -> Double {
  guard order > 0, order < .infinity else { throw .invalidOrder(order) }
  let side = DiagramSide(budget: MemoryBudget())
  try side.read(points)
  var total = 0.0
  for place in 0..<side.count {
    let persistence = side.persistence(place)
    switch order {
    case 1: total += persistence
    case 2: total += persistence * persistence
    default: total += pow(persistence, order)
    }
  }
  return total
}

/// The entropy, with the natural logarithm, of the persistences divided by their sum; 0 for no points.
///
/// Essential classes are left out. (Chintakunta et al., *An entropy-based persistence barcode*, 2015.)
public func persistentEntropy(_ points: [DiagramPoint]) throws(TransportError) -> Double {
  var points = points
  return try fenced(&points) { points throws(TransportError) in try persistentEntropy(of: points) }
}

package func persistentEntropy(
  of points: FencedPointer<DiagramPoint>
) throws(TransportError) -> Double {
  let side = DiagramSide(budget: MemoryBudget())
  try side.read(points)
  // In units of the longest one, so that no sum overflows.
  let unit = side.mostHalfPersistence
  guard unit > 0 else { return 0 }
  var total = 0.0
  for place in 0..<side.count { total += side.halfPersistence(place) / unit }
  var entropy = 0.0
  for place in 0..<side.count {
    let share = side.halfPersistence(place) / unit / total
    if share > 0 { entropy -= share * log(share) }
  }
  return entropy
}
