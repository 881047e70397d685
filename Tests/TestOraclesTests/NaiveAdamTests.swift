import TestOracles
import Testing

@Suite("NaiveAdam")
struct NaiveAdamTests {
  @Test("by hand: three steps of one number, half-lives of one step")
  func byHand() {
    var adam = NaiveAdam<Double>()
    (adam.learningRate, adam.beta1, adam.beta2, adam.epsilon) = (0.5, 0.5, 0.75, 1)
    var parameters = [
      "a": NaiveTensor<Double>(shape: [1], values: [10]), "still": NaiveTensor(shape: [0], values: []),
    ]
    adam.step(&parameters, along: ["a": NaiveTensor(shape: [1], values: [4])])
    // m = 2 / 0.5 = 4, v = 4 / 0.25 = 16: 10 - 0.5 * 4 / (4 + 1).
    #expect(parameters["a"]?.values == [9.6])
    adam.step(&parameters, along: ["a": NaiveTensor(shape: [1], values: [0])])
    // m = 1 / 0.75, v = 3 / 0.4375.
    let second = 9.6 - 0.5 * (1 / 0.75) / ((3 / 0.4375).squareRoot() + 1)
    #expect(abs((parameters["a"]?.values[0] ?? 0) - second) < 1e-14)
    adam.step(&parameters, along: ["a": NaiveTensor(shape: [1], values: [-8])])
    // m = (0.5 - 4) / 0.875, v = (2.25 + 16) / 0.578125.
    let third = second + 0.5 * (3.5 / 0.875) / ((18.25 / 0.578125).squareRoot() + 1)
    #expect(abs((parameters["a"]?.values[0] ?? 0) - third) < 1e-14)
    #expect(adam.stepCount == 3)
  }

  @Test("the first step is the learning rate against the sign, at any size of the gradient")
  func firstStep() {
    var adam = NaiveAdam<Float>()
    var parameters = ["a": NaiveTensor<Float>(shape: [3], values: [0, 0, 0])]
    adam.step(&parameters, along: ["a": NaiveTensor(shape: [3], values: [1e-3, -50, 0])])
    let moved = parameters["a"]?.values ?? []
    // Epsilon takes 1e-8 / 1e-3 of it; Floats round.
    #expect(zip(moved, [-1e-3, 1e-3, 0]).allSatisfy { abs($0 - $1) < 2e-8 })
  }

  @Test("weight decay is a part of the gradient")
  func weightDecay() {
    var (plain, decaying) = (NaiveAdam<Double>(), NaiveAdam<Double>())
    decaying.weightDecay = 0.25
    var (first, second) = (
      ["a": NaiveTensor<Double>(shape: [1], values: [8])], ["a": NaiveTensor<Double>(shape: [1], values: [8])]
    )
    for step in 1...3 {
      let slope = Double(step) - 1.5
      let decay = 0.25 * (first["a"]?.values[0] ?? 0)
      plain.step(&first, along: ["a": NaiveTensor(shape: [1], values: [slope + decay])])
      decaying.step(&second, along: ["a": NaiveTensor(shape: [1], values: [slope])])
      #expect(first == second)
    }
  }
}
