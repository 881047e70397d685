import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import TestOracles

/// A twin's numbers in memory that the engine reads; what has two axes gets three more of length 1.
func tensor<T>(_ naive: NaiveTensor<T>) throws -> Tensor {
  let shape = naive.shape + Array(repeating: 1, count: 5 - naive.shape.count)
  let tensor = try Tensor(
    TensorShape(
      batch: shape[0], channels: shape[1], depth: shape[2], height: shape[3], width: shape[4]),
    budget: MemoryBudget())
  try tensor.fill(from: naive.values.map { Float($0) })
  return tensor
}

/// A copy of the first `count` numbers of a buffer.
func array(_ values: Floats, _ count: Int) -> [Float] { (0..<count).map { values[$0] } }

/// The largest absolute difference; infinity where a number is NaN or missing.
func largestDifference(_ found: [Float], _ expected: [Float]) -> Double {
  guard found.count == expected.count else { return .infinity }
  var worst = 0.0
  for (one, other) in zip(found, expected) {
    let difference = abs(Double(one) - Double(other))
    // Not max(), which passes over NaN.
    if !(difference <= worst) { worst = difference.isNaN ? .infinity : difference }
  }
  return worst
}

/// The length of the difference as part of the length of `expected`; infinity where a number is NaN or
/// missing.
func relativeDistance<T: BinaryFloatingPoint>(_ found: [Float], _ expected: [T]) -> Double {
  guard found.count == expected.count else { return .infinity }
  var (difference, length) = (0.0, 0.0)
  for (one, other) in zip(found, expected) {
    let (one, other) = (Double(one), Double(other))
    difference += (one - other) * (one - other)
    length += other * other
  }
  let distance = (difference / max(length, 1e-300)).squareRoot()
  return distance.isNaN ? .infinity : distance
}

func relativeDifference(_ found: Double, _ expected: Double) -> Double {
  let difference = abs(found - expected) / abs(expected)
  return difference.isNaN ? .infinity : difference
}

extension Network {
  /// Every gradient by the name of its weight.
  var gradients: [String: [Float]] {
    Dictionary(
      uniqueKeysWithValues: parameters.map { ($0.name, array($0.gradient, $0.count)) })
  }

  /// Every weight and running statistic by name.
  var state: [String: [Float]] {
    var state: [String: [Float]] = [:]
    for parameter in parameters { state[parameter.name] = array(parameter.values, parameter.count) }
    for buffer in chain.buffers { state[buffer.name] = array(buffer.values, buffer.count) }
    return state
  }

  /// How many batches each batch norm has seen.
  var batchesTracked: [Int64] { chain.counters.map(\.count) }
}
