import TestOracles
import Testing

@Suite("NaiveLoss and finite differences")
struct NaiveLossTests {
  /// Two peaks against one: everything by hand.
  @Test("a signal with two peaks against one with a single peak")
  func byHand() {
    var loss = NaiveLoss()
    loss.dimensions = [0]
    loss.totalPersistence = false
    // Superlevel: prediction (5, 0) and (3, 1); target (4, 0).
    let (prediction, target): ([Double], [Double]) = ([0, 5, 1, 3, 0.5], [0, 4, 1, 0.5, 0.25])
    var found = loss(prediction: prediction, target: target, shape: [5])
    // (5 - 4)^2 + ((3 - 1) / 2)^2
    #expect(found.value == 2.0.squareRoot() && found.pairCount == 2)
    let root = 2.0.squareRoot()
    #expect(
      zip(found.gradient, [0, 1 / root, -0.5 / root, 0.5 / root, 0]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(zip(found.targetGradient, [0, -1 / root, 0, 0, 0]).allSatisfy { abs($0 - $1) < 1e-15 })
    loss.totalPersistence = true
    found = loss(prediction: prediction, target: target, shape: [5])
    #expect(found.terms[0].totalPersistence == 25 + 4)
    #expect(abs(found.value - (root + 29)) < 1e-14)
    loss.minimumPersistence = 2.5
    found = loss(prediction: prediction, target: target, shape: [5])
    #expect(found.value == 1 + 25 && found.terms[0].pruningBound == 1)
    loss.essentialClasses = .ignored
    loss.minimumPersistence = 0
    #expect(loss(prediction: prediction, target: target, shape: [5]).value == 1 + 4)
    loss.essentialClasses = .matched
    #expect(loss(prediction: prediction, target: target, shape: [5]).value == root + 4)
  }

  @Test("of two coordinates that moved equally, each takes half")
  func tie() {
    var loss = NaiveLoss()
    loss.dimensions = [0]
    loss.totalPersistence = false
    let found = loss(prediction: [0, 4, 1], target: [1, 5, 2], shape: [3])
    #expect(found.value == 1)
    #expect(found.gradient == [-0.5, -0.5, 0])
    #expect(found.targetGradient == [0.5, 0.5, 0])
  }

  @Test("the gradient is the derivative", arguments: NaiveLoss.EssentialClasses.allCases, [false, true])
  func derivative(essentialClasses: NaiveLoss.EssentialClasses, takesRoot: Bool) {
    var generator = SeededGenerator(seed: 0xFD)
    for index in 0..<12 {
      var loss = NaiveLoss()
      loss.dimensions = [[0], [1], [0, 1]][index % 3]
      loss.construction = index % 2 == 0 ? .topCells : .vertices
      loss.filtration = index % 4 < 2 ? .superlevel : .sublevel
      loss.essentialClasses = essentialClasses
      loss.takesRoot = takesRoot
      loss.order = [2, 1.5, 3][index / 3 % 3]
      loss.weights = [0.5, 2, 1]
      loss.resolution = index % 2 == 0 ? [nil, nil] : [3, 4]
      let volumes = (0..<2).map { _ in TestField.noise.values(shape: [4, 5], using: &generator) }
      let direction = (0..<20).map { _ in generator.unit() - 0.5 }
      let found = loss(prediction: volumes[0], target: volumes[1], shape: [4, 5])
      let byPrediction = directionalDerivative(at: volumes[0], along: direction, step: 1e-6) {
        loss(prediction: $0, target: volumes[1], shape: [4, 5]).value
      }
      let byTarget = directionalDerivative(at: volumes[1], along: direction, step: 1e-6) {
        loss(prediction: volumes[0], target: $0, shape: [4, 5]).value
      }
      // 1e-16 / step of rounding, and the third derivative times step^2.
      #expect(abs(byPrediction - dot(found.gradient, direction)) < 1e-7)
      #expect(abs(byTarget - dot(found.targetGradient, direction)) < 1e-7)
    }
  }

  @Test("central differences of a polynomial are exact up to rounding")
  func differences() {
    let derivative = directionalDerivative(at: [2, 3], along: [1, -2], step: 1e-3) { $0[0] * $0[0] * $0[1] }
    // The gradient (2 x y, x^2) along (1, -2); the cubic term of the step adds 1e-6 * 1 * (-2).
    #expect(abs(derivative - (12 - 8 - 2e-6)) < 1e-11)
  }

  private func dot(_ first: [Double], _ second: [Double]) -> Double {
    zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
