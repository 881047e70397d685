import TestOracles
import Testing

@Suite("NaiveLinear")
struct NaiveLinearTests {
  @Test("by hand: two samples of three numbers become two")
  func byHand() {
    let layer = NaiveLinear<Double>(
      weight: NaiveTensor(shape: [2, 3], values: [1, 10, 100, 2, 20, 200]),
      bias: NaiveTensor(shape: [2], values: [0.5, -0.5]))
    let input = NaiveTensor<Double>(shape: [2, 1, 1, 1, 3], values: [1, 2, 3, 4, 5, 6])
    #expect(layer(input) == NaiveTensor(shape: [2, 2], values: [321.5, 641.5, 654.5, 1307.5]))
    let gradient = NaiveTensor<Double>(shape: [2, 2], values: [1, 2, 0, 3])
    let found = layer.gradients(gradient, input: input)
    #expect(found.input == NaiveTensor(shape: input.shape, values: [5, 50, 500, 6, 60, 600]))
    #expect(found.weight.values == [1, 2, 3, 14, 19, 24])
    #expect(found.bias.values == [1, 5])
  }
}
