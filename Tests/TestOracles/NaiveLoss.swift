/// The topological loss of one volume with its gradients, put together from the other twins:
/// resampling, boundary matrix, assignment, and the derivative written out term by term.
/// (Waibel et al., MICCAI 2022, eq. 3.)
public struct NaiveLoss: Sendable {
  /// What becomes of the class that never ends.
  public enum EssentialClasses: Sendable, CaseIterable {
    case matched, ignored
    /// It ends with the voxel that enters last.
    case extreme
  }

  public var filtration = NaiveFiltration.superlevel
  public var construction = CubicalComplex.Construction.topCells
  /// The homology dimensions that count.
  public var dimensions: [Int] = [2]
  public var essentialClasses = EssentialClasses.extreme
  public var order = 2.0
  public var totalPersistence = true
  /// The p-th root of the sum of the W_p^p instead of the sum of the W_p.
  public var takesRoot = false
  /// One per axis; `nil`: the full extent.
  public var resolution: [Int?] = [nil, nil, nil]
  /// Of H_0, H_1, H_2.
  public var weights = [1.0, 1.0, 1.0]
  public var minimumPersistence = 0.0

  public init() {}

  public struct Terms: Sendable {
    public var wasserstein = 0.0
    public var totalPersistence = 0.0
    public var pruningBound = 0.0
  }

  public struct Outcome: Sendable {
    public var value = 0.0
    /// Of H_0, H_1, H_2; zeros where a dimension does not count.
    public var terms = [Terms](repeating: Terms(), count: 3)
    public var gradient: [Double] = []
    public var targetGradient: [Double] = []
    /// Pairs of both volumes, partners, and which coordinate moved further. The loss is smooth
    /// where this does not change.
    public var signature: [Int] = []
    /// Pairs of the prediction that count.
    public var pairCount = 0
  }

  public func callAsFunction(prediction: [Double], target: [Double], shape: [Int]) -> Outcome {
    let resampling = NaiveResampling(shape: shape, resolution: Array(resolution.prefix(shape.count)))
    let complex = CubicalComplex(shape: resampling.outputShape, construction: construction)
    let diagrams = [prediction, target].map { volume in
      let values = resampling(volume)
      return dimensions.map { NaiveFeatures(dimension: $0, of: values, complex: complex, loss: self) }
    }
    let moves = dimensions.indices.map { index in
      NaiveMoves(
        from: diagrams[0][index], to: diagrams[1][index], transport: NaiveTransport(order: order))
    }

    var outcome = Outcome()
    var gradients = [[Double]](
      repeating: [Double](repeating: 0, count: complex.shape.reduce(1, *)), count: 2)
    let root = power(zip(dimensions, moves).reduce(0) { $0 + weights[$1.0] * $1.1.cost }, 1 / order)
    if takesRoot { outcome.value = root }

    for (index, dimension) in dimensions.enumerated() {
      let (weight, move) = (weights[dimension], moves[index])
      let wasserstein = power(move.cost, 1 / order)
      let persistences = diagrams[0][index].pairs.map(\.point.persistence)
      let total = persistences.reduce(0) { $0 + power($1, order) }
      outcome.terms[dimension] = Terms(
        wasserstein: wasserstein, totalPersistence: total,
        pruningBound: diagrams[0][index].pruned(order) + diagrams[1][index].pruned(order))
      outcome.signature += diagrams[0][index].signature + [-2] + diagrams[1][index].signature + [-2]
      outcome.signature += move.signature + [-3]
      outcome.pairCount += diagrams[0][index].pairs.count

      // d W = W^(1-p) d(W^p) / p, and the same for the root; W = 0 has no derivative and gets 0.
      if !takesRoot { outcome.value += weight * wasserstein }
      let distance = takesRoot ? root : wasserstein
      if distance > 0 {
        for (side, voxel, slope) in move.slopes {
          gradients[side][voxel] += weight * power(distance, 1 - order) * slope
        }
      }
      guard totalPersistence else { continue }
      let share = takesRoot ? weight / Double(dimensions.count) : weight
      outcome.value += share * total
      for pair in diagrams[0][index].pairs {
        let slope = share * order * power(pair.point.persistence, order - 1)
        let sign = pair.point.birth > pair.point.death ? 1.0 : -1.0
        gradients[0][pair.creator] += slope * sign
        gradients[0][pair.destroyer] -= slope * sign
      }
    }
    outcome.gradient = resampling.adjoint(gradients[0])
    outcome.targetGradient = resampling.adjoint(gradients[1])
    return outcome
  }
}

/// One diagram as the loss sees it.
struct NaiveFeatures {
  var pairs: [(point: NaivePoint, creator: Int, destroyer: Int)] = []
  /// Classes that never end and are matched among themselves, by birth.
  var endless: [(birth: Double, creator: Int)] = []
  var prunedPersistences: [Double] = []

  init(dimension: Int, of values: [Double], complex: CubicalComplex, loss: NaiveLoss) {
    let last = complex.voxelOrder(of: values, filtration: loss.filtration).last ?? 0
    for pair in complex.persistencePairs(of: values, filtration: loss.filtration)
    where pair.dimension == dimension {
      var destroyer = pair.destroyer
      if destroyer == nil {
        switch loss.essentialClasses {
        case .ignored: continue
        case .matched: endless.append((pair.birth, pair.creator))
        case .extreme: destroyer = last
        }
      }
      guard let destroyer else { continue }
      let point = NaivePoint(pair.birth, values[destroyer])
      guard point.persistence > 0 else { continue }
      if point.persistence < loss.minimumPersistence {
        prunedPersistences.append(point.persistence)
      } else {
        pairs.append((point, pair.creator, destroyer))
      }
    }
    endless.sort { $0.birth < $1.birth }
  }

  /// The distance of what was left out to the diagonal.
  func pruned(_ order: Double) -> Double {
    power(prunedPersistences.reduce(0) { $0 + power($1 / 2, order) }, 1 / order)
  }

  var signature: [Int] { pairs.flatMap { [$0.creator, $0.destroyer] } + endless.map(\.creator) }
}

/// What a best matching costs, W_p^p, and a p-th of its derivative with respect to the voxels.
struct NaiveMoves {
  private(set) var cost = 0.0
  /// `side` 0: a voxel of the first volume, 1: of the second.
  private(set) var slopes: [(side: Int, voxel: Int, slope: Double)] = []
  private(set) var signature: [Int] = []
  private let transport: NaiveTransport

  init(from first: NaiveFeatures, to second: NaiveFeatures, transport: NaiveTransport) {
    self.transport = transport
    let matching = transport.matching(first.pairs.map(\.point), second.pairs.map(\.point))
    cost = matching.cost
    signature = matching.partners.map { $0 ?? -1 }
    for (pair, partner) in zip(first.pairs, matching.partners) {
      guard let partner = partner.map({ second.pairs[$0] }) else {
        toDiagonal(pair, side: 0)
        continue
      }
      let byBirth = pair.point.birth - partner.point.birth
      let byDeath = pair.point.death - partner.point.death
      // The longer coordinate is the maximum norm; of two equal ones each takes half.
      signature.append(abs(byBirth) > abs(byDeath) ? 1 : abs(byBirth) == abs(byDeath) ? 0 : -1)
      let share = abs(byBirth) > abs(byDeath) ? 1.0 : abs(byBirth) == abs(byDeath) ? 0.5 : 0
      apart(by: byBirth, pair.creator, partner.creator, share: share)
      apart(by: byDeath, pair.destroyer, partner.destroyer, share: 1 - share)
    }
    for (index, pair) in second.pairs.enumerated() where !matching.partners.contains(index) {
      toDiagonal(pair, side: 1)
    }
    cost += transport.essentialCost(first.endless.map(\.birth), second.endless.map(\.birth))
    for (one, other) in zip(first.endless, second.endless) {
      apart(by: one.birth - other.birth, one.creator, other.creator, share: 1)
    }
  }

  /// Two coordinates at this distance, the values of two voxels.
  private mutating func apart(by difference: Double, _ first: Int, _ second: Int, share: Double) {
    guard share > 0, difference != 0 else { return }
    let slope = share * power(abs(difference), transport.order - 1) * (difference > 0 ? 1 : -1)
    slopes.append((0, first, slope))
    slopes.append((1, second, -slope))
  }

  /// Half the persistence, which depends on both coordinates.
  private mutating func toDiagonal(
    _ pair: (point: NaivePoint, creator: Int, destroyer: Int), side: Int
  ) {
    let sign = pair.point.birth > pair.point.death ? 1.0 : -1.0
    let slope = power(pair.point.persistence / 2, transport.order - 1) / 2 * sign
    slopes.append((side, pair.creator, slope))
    slopes.append((side, pair.destroyer, -slope))
  }
}
