import OptimalTransport
import PersistentHomology
import TestOracles
import TopologicalLoss

/// One way of asking for a loss, in words that both the engine and the oracle understand.
struct LossQuestion: Sendable, CustomStringConvertible {
  var loss = NaiveLoss()
  var shape: [Int]

  init(shape: [Int]) {
    self.shape = shape
    loss.dimensions = Array(0..<shape.count)
  }

  /// Every option drawn at random, each dimension set that the shape has among them.
  init(shape: [Int], using generator: inout SeededGenerator) {
    self.init(shape: shape)
    func any<Choice>(_ choices: [Choice]) -> Choice {
      choices[Int(generator.next() % UInt64(choices.count))]
    }
    let subsets = (1..<(1 << shape.count)).map { bits in
      (0..<shape.count).filter { bits >> $0 & 1 == 1 }
    }
    loss.dimensions = any(subsets)
    loss.filtration = any(NaiveFiltration.allCases)
    loss.construction = any(CubicalComplex.Construction.allCases)
    loss.essentialClasses = any(NaiveLoss.EssentialClasses.allCases)
    loss.order = any([1, 1.5, 2, 2, 2, 3])
    loss.totalPersistence = any([true, false])
    loss.takesRoot = any([true, false])
    loss.weights = any([[1, 1, 1], [0.5, 2, 3], [0, 1, 0.25]])
    loss.minimumPersistence = any([0, 0, 0.1])
    loss.resolution = any([[nil, nil, nil], [nil, nil, nil], [2, 3, nil], [9, 2, 3], [1, 3, 2]])
  }

  var description: String { "\(shape) \(loss)" }

  var options: LossOptions {
    var options = LossOptions()
    options.filtration = loss.filtration == .sublevel ? .sublevel : .superlevel
    options.construction = loss.construction == .vertices ? .vertices : .topCells
    options.dimensions = HomologyDimensions(
      rawValue: loss.dimensions.reduce(0) { $0 | 1 << UInt32($1) })
    options.essentialClasses =
      switch loss.essentialClasses {
      case .matched: .matched
      case .ignored: .ignored
      case .extreme: .extreme
      }
    options.order = loss.order
    options.totalPersistence = loss.totalPersistence
    options.dimensionReduction = loss.takesRoot ? .root : .sum
    options.resolution = loss.resolution
    options.weights = loss.weights
    options.minimumPersistence = loss.minimumPersistence
    return options
  }

  func askOracle(_ prediction: [Double], _ target: [Double]) -> NaiveLoss.Outcome {
    loss(prediction: prediction, target: target, shape: shape)
  }

  func askEngine<Element: VolumeElement & BinaryFloatingPoint & Sendable>(
    _ prediction: [Element], _ target: [Element]
  ) throws -> LossResult<Element> {
    try topologicalLoss(
      prediction: prediction, target: target, shape: shape, rank: shape.count, options: options)
  }
}

func dot(_ first: [Double], _ second: [Double]) -> Double {
  zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
}

func norm(_ vector: [Double]) -> Double { dot(vector, vector).squareRoot() }

/// The largest difference of two lists; infinite when one has a NaN or they have different lengths.
func largestDifference(_ first: [Double], _ second: [Double]) -> Double {
  guard first.count == second.count else { return .infinity }
  return zip(first, second).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}

/// Values in 0 ..< 1 of `count` volumes; any two of them all differ by at least 1/(2 n), n being how
/// many there are.
func separatedVolumes(
  _ count: Int, voxels: Int, using generator: inout SeededGenerator
) -> [[Double]] {
  let places = (0..<count * voxels).shuffled(using: &generator)
  let values = places.map { (Double($0) + generator.unit() / 2) / Double(count * voxels) }
  return (0..<count).map { Array(values[$0 * voxels..<($0 + 1) * voxels]) }
}

/// Numbers between -1 and 1.
func randomDirection(_ count: Int, using generator: inout SeededGenerator) -> [Double] {
  (0..<count).map { _ in 2 * generator.unit() - 1 }
}

/// Pairs of a volume in the wanted dimensions.
func pairCount(of values: [Double], _ question: LossQuestion) throws -> Int {
  var options = PersistenceOptions()
  options.filtration = question.options.filtration
  options.construction = question.options.construction
  options.dimensions = question.options.dimensions
  return try persistenceDiagrams(of: values, shape: question.shape, options: options)
    .reduce(0) { $0 + $1.count }
}
