internal import ComputeRuntime
internal import NeuralNetwork

/// The running statistics of networks as they were before a step, so that a step that is broken off leaves
/// nothing behind.
struct RunningStatistics {
  private let networks: [Network]
  private let values: [Scratch<Float>]
  private var counts: [Int64] = []

  init(of networks: [Network], budget: MemoryBudget) throws(NetworkError) {
    self.networks = networks
    var values: [Scratch<Float>] = []
    do throws(ComputeError) {
      for buffer in networks.flatMap(\.chain.buffers) {
        values.append(try Scratch(count: buffer.count, budget: budget))
      }
    } catch { throw NetworkError(error) }
    self.values = values
    keep()
  }

  mutating func keep() {
    for (copy, buffer) in zip(values, networks.flatMap(\.chain.buffers)) {
      copy.cells.copy(buffer.values, count: buffer.count, to: 0)
    }
    counts = networks.flatMap(\.chain.counters).map(\.count)
  }

  func restore() {
    for (copy, buffer) in zip(values, networks.flatMap(\.chain.buffers)) {
      buffer.values.copy(copy.cells, count: buffer.count, to: 0)
    }
    for (count, counter) in zip(counts, networks.flatMap(\.chain.counters)) { counter.count = count }
  }
}
