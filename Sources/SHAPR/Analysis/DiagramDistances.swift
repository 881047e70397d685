internal import OptimalTransport
internal import PersistentHomology

/// How far the persistence diagrams of two volumes are apart in one dimension.
public struct DiagramDistance: Equatable, Sendable {
  public let dimension: Int
  /// The exact Wasserstein distance W_2. Classes that never end are matched among themselves.
  public let distance: Double
  /// Features of the first volume that are paired with one of the second; the others go to the diagonal.
  public let matched: Int
}

extension VolumeDiagrams {
  /// The distances to the diagrams of another volume, in the dimensions that both have.
  public func distances(to other: VolumeDiagrams) throws(EvaluationError) -> [DiagramDistance] {
    var found: [DiagramDistance] = []
    for dimension in dimensions where other.dimensions.contains(dimension) {
      do throws(TransportError) {
        let matching = try wassersteinMatching(points(of: dimension), other.points(of: dimension))
        found.append(
          DiagramDistance(
            dimension: dimension, distance: matching.distance,
            matched: matching.partners.count { $0 >= 0 }))
      } catch { throw EvaluationError(error) }
    }
    return found
  }

  /// The sum of the squared persistences of the features of one dimension that end.
  public func totalPersistence(of dimension: Int) -> Double {
    features(of: dimension).reduce(0) { sum, feature in
      feature.isEssential ? sum : sum + feature.persistence * feature.persistence
    }
  }
}
