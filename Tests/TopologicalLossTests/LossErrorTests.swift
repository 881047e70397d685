import ComputeRuntime
import OptimalTransport
import PersistentHomology
import TestOracles
import Testing
import TopologicalLoss

@Suite("The loss: bad input, limits and cancellation")
struct LossErrorTests {
  private let values = (0..<60).map { Double($0 * 37 % 60) }

  private func loss(
    _ prediction: [Double], _ target: [Double], shape: [Int] = [3, 4, 5], rank: Int = 3,
    options: LossOptions = LossOptions()
  ) throws -> LossResult<Double> {
    try topologicalLoss(
      prediction: prediction, target: target, shape: shape, rank: rank, options: options)
  }

  @Test("NaN and infinities: which operand, and the first flat index", arguments: [1, 4])
  func numbers(threads: Int) throws {
    var options = LossOptions()
    options.dimensions = [.h0, .h1]
    options.threads = threads
    for index in [0, 11, 12, 35, 59] {
      for bad in [Double.nan, .infinity, -.infinity] {
        var broken = values
        for later in index..<60 { broken[later] = bad }
        let errors: [LossError] =
          bad.isNaN
          ? [.notANumber(.prediction, index: index), .notANumber(.target, index: index)]
          : [.infinite(.prediction, index: index), .infinite(.target, index: index)]
        #expect(throws: errors[0]) { try loss(broken, values, shape: [5, 3, 4], rank: 2, options: options) }
        #expect(throws: errors[1]) { try loss(values, broken, shape: [5, 3, 4], rank: 2, options: options) }
        // Also where resampling reads no voxel.
        options.resolution = [1, 1]
        #expect(throws: errors[0]) { try loss(broken, values, shape: [5, 3, 4], rank: 2, options: options) }
        options.resolution = [nil, nil]
      }
    }
    for kind in [Float.nan, .infinity] {
      #expect(throws: LossError.self) {
        try topologicalLoss(prediction: [1, kind, 2, 3], target: [0, 1, 2, 3], shape: [2, 2, 1], rank: 3)
      }
    }
    #expect(throws: LossError.notANumber(.target, index: 1)) {
      try topologicalLoss(
        prediction: [1, 2, 2, 3] as [Float16], target: [0, .nan, 2, 3], shape: [2, 2, 1], rank: 3)
    }
    #expect(try loss(values, values, shape: [5, 3, 4], rank: 2, options: options).values.count == 5)
  }

  @Test("shapes that are no volumes, or not those of the values")
  func shapes() {
    #expect(throws: LossError.persistence(.unsupportedRank(0))) { try loss(values, values, rank: 0) }
    #expect(throws: LossError.persistence(.unsupportedRank(4))) { try loss(values, values, rank: 4) }
    #expect(throws: LossError.persistence(.emptyAxis(axis: 1))) { try loss([], [], shape: [3, 0, 5]) }
    #expect(throws: LossError.persistence(.wrongValueCount(expected: 60, got: 59))) {
      try loss(Array(values.dropLast()), values)
    }
    #expect(throws: (any Error).self) { try loss(values, Array(values.dropLast())) }
    #expect(throws: (any Error).self) { try loss(values, values + [1]) }
  }

  @Test("options that mean nothing")
  func options() {
    func expect(
      _ error: LossError, shape: [Int] = [3, 4, 5], _ change: (inout LossOptions) -> Void,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      var options = LossOptions()
      change(&options)
      #expect(throws: error, sourceLocation: sourceLocation) {
        try loss(values, values, shape: shape, rank: shape.count, options: options)
      }
    }
    for order in [0.5, 0, -1, .infinity] { expect(.transport(.invalidOrder(order))) { $0.order = order } }
    expect(.noDimensions) { $0.dimensions = [] }
    expect(.persistence(.dimensionNotInVolume(dimension: 3, rank: 3))) {
      $0.dimensions = HomologyDimensions(rawValue: 9)
    }
    // By default H2 is wanted, which an image does not have.
    expect(.noDimensions, shape: [6, 10]) { _ in }
    expect(.persistence(.dimensionNotInVolume(dimension: 2, rank: 2)), shape: [6, 10]) {
      $0.dimensions = [.h1, .h2]
    }
    for weights in [[1, 1], [1, -1, 1], [1, .nan, 1], [.infinity, 1, 1], [1, 1, 1, 1]] {
      expect(.invalidWeights) { $0.weights = weights }
    }
    for least in [-0.1, .infinity] {
      expect(.invalidMinimumPersistence(least)) { $0.minimumPersistence = least }
    }
    expect(.invalidGradientScale(.infinity)) { $0.gradientScale = .infinity }
    expect(.resolutionTooSmall(0)) { $0.resolution = [4, 0, 4] }
    expect(.resolutionTooSmall(-3)) { $0.resolution = [-3, 4, 4] }
    expect(.wrongResolution(axes: 3, got: 2)) { $0.resolution = [4, 4] }
    expect(.persistence(.invalidThreadCount(0))) { $0.threads = 0 }
  }

  @Test("matched: prediction and target have one class that never ends each, so that never fails")
  func matched() throws {
    var options = LossOptions()
    options.dimensions = .all
    options.essentialClasses = .matched
    #expect(try loss(values, values.reversed(), options: options).values[0] > 0)
  }

  @Test("a memory limit below what is needed, at every moment of a call", arguments: [1, 2])
  func memory(threads: Int) throws {
    var generator = SeededGenerator(seed: 0x3F)
    let shape = [2, 12, 11, 10]
    let volumes = (0..<2).map { _ in TestField.noise.values(shape: shape, using: &generator) }
    var options = LossOptions()
    options.dimensions = .all
    options.resolution = [9, nil, 8]
    let expected = try loss(volumes[0], volumes[1], shape: shape, options: options)
    options.threads = threads
    var (refusals, limit) = (0, UInt64(1))
    while true {
      options.maximumMemory = limit
      do {
        let found = try loss(volumes[0], volumes[1], shape: shape, options: options)
        #expect(found.values == expected.values && found.gradient == expected.gradient)
        break
      } catch let error {
        // From the diagrams or from the transport between them.
        switch error as? LossError {
        case .persistence(.memoryRefused(let bytes)), .transport(.memoryRefused(let bytes)):
          #expect(bytes > limit)
        default: throw error
        }
        refusals += 1
        limit += max(1, limit / 4)
      }
    }
    #expect(refusals > 20)
  }

  @Test("a call whose token is cancelled ends, and works again after a reset", arguments: [1, 3])
  func cancellation(threads: Int) throws {
    let token = Cancellation()
    var options = LossOptions()
    options.threads = threads
    options.cancellation = token
    token.cancel()
    #expect(throws: LossError.persistence(.cancelled)) { try loss(values, values, options: options) }
    token.reset()
    #expect(try loss(values, values, options: options).values.count == 1)
  }

  @Test("resampling: bad shapes and resolutions")
  func resampling() throws {
    #expect(throws: LossError.persistence(.unsupportedRank(4))) {
      try resample(values, shape: [1, 3, 4, 5], rank: 4, resolution: [2, 2, 2, 2])
    }
    #expect(throws: LossError.resolutionTooSmall(0)) {
      try resample(values, shape: [3, 4, 5], rank: 3, resolution: [2, 0, 2])
    }
    #expect(throws: LossError.wrongResolution(axes: 3, got: 1)) {
      try resample(values, shape: [3, 4, 5], rank: 3, resolution: [2])
    }
    #expect(throws: LossError.persistence(.wrongValueCount(expected: 48, got: 60))) {
      try resample(values, shape: [3, 4, 4], rank: 3, resolution: [2, 2, 2])
    }
    for extents in [[3, 3, 5], [3, 4, 0], [3, 4], [3, 4, 5, 6]] {
      #expect(throws: (any Error).self) {
        try resampleAdjoint(values, shape: [3, 4, 5], rank: 3, extents: extents)
      }
    }
    #expect(try resampleAdjoint(values, shape: [3, 4, 5], rank: 3, extents: [3, 4, 5]) == values)
  }
}
