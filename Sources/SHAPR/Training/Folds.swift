internal import NeuralNetwork

/// Which cells a run trains on, validates on and is tested on, as indices into its source.
public struct Split: Equatable, Sendable {
  public var train: [Int]
  public var validation: [Int]
  public var test: [Int]

  public init(train: [Int], validation: [Int], test: [Int]) {
    (self.train, self.validation, self.test) = (train, validation, test)
  }

  /// The cells that are predicted and scored: those of the test, or without any those of the validation.
  public var scored: [Int] { test.isEmpty ? validation : test }
}

/// Cross-validation: every cell is tested on once. Part k tests, the next part validates, the others train.
public struct Folds: Equatable, Sendable {
  /// The parts; each holds its cells in ascending order.
  public let parts: [[Int]]

  /// Deals the cells out, class by class, in an order that only the seed decides: classes are spread over the
  /// parts as evenly as their numbers allow.
  ///
  /// - Parameter names: sorted, one per cell.
  public init(names: [String], count: Int = 5, seed: UInt64) {
    var classes: [(name: String, cells: [Int])] = []
    for (index, name) in names.enumerated() {
      let label = className(of: name)
      if classes.last?.name == label {
        classes[classes.count - 1].cells.append(index)
      } else if let known = classes.firstIndex(where: { $0.name == label }) {
        classes[known].cells.append(index)
      } else {
        classes.append((label, [index]))
      }
    }
    var parts = [[Int]](repeating: [], count: max(1, count))
    // The next class goes on where the last one ended, so that small classes do not all meet in part 0.
    var next = 0
    for (number, group) in classes.enumerated() {
      var generator = KeyedGenerator(seed: seed, sample: number, purpose: .split)
      for place in generator.shuffledIndices(group.cells.count) {
        parts[next].append(group.cells[place])
        next = (next + 1) % parts.count
      }
    }
    self.parts = parts.map { $0.sorted() }
  }

  public func split(_ fold: Int) -> Split {
    let validation = (fold + 1) % parts.count
    let train = parts.indices.filter { $0 != fold && $0 != validation }.flatMap { parts[$0] }
    return Split(train: train.sorted(), validation: parts[validation], test: parts[fold])
  }
}
