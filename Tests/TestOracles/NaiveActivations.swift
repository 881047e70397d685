import Glibc

/// max(x, 0) of every value.
@specialized(where T == Float)
@specialized(where T == Double)
public func naiveReLU<T>(_ input: NaiveTensor<T>) -> NaiveTensor<T> {
  NaiveTensor(shape: input.shape, values: input.values.map { $0 > 0 ? $0 : 0 })
}

/// d loss / d input; at 0 the slope is 0, as in PyTorch.
@specialized(where T == Float)
@specialized(where T == Double)
public func naiveReLUGradient<T>(_ outputGradient: NaiveTensor<T>, input: NaiveTensor<T>) -> NaiveTensor<T> {
  NaiveTensor(
    shape: input.shape, values: zip(outputGradient.values, input.values).map { $1 > 0 ? $0 : 0 })
}

/// 1 / (1 + exp(-x)) of every value.
@specialized(where T == Float)
@specialized(where T == Double)
public func naiveSigmoid<T>(_ input: NaiveTensor<T>) -> NaiveTensor<T> {
  NaiveTensor(shape: input.shape, values: input.values.map { T(sigmoid(Double($0))) })
}

/// d loss / d input, from the output of the sigmoid: its slope is output (1 - output).
@specialized(where T == Float)
@specialized(where T == Double)
public func naiveSigmoidGradient<T>(_ outputGradient: NaiveTensor<T>, output: NaiveTensor<T>) -> NaiveTensor<
  T
> {
  NaiveTensor(
    shape: output.shape, values: zip(outputGradient.values, output.values).map { $0 * $1 * (1 - $1) })
}

/// Of a number below 0 as exp(x) / (exp(x) + 1), so that nothing overflows.
func sigmoid(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (exp(x) + 1)
}
