import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("the state of a network as a checkpoint")
struct StateDictTests {
  let folder = TemporaryFolder()
  let budget = MemoryBudget()

  func save(_ network: Network, as name: String, change: (inout CheckpointWriter) -> Void = { _ in }) throws
    -> String
  {
    var writer = CheckpointWriter()
    network.addState(to: &writer)
    change(&writer)
    try writer.write(to: folder[name], budget: budget)
    return folder[name]
  }

  func open(_ path: String) throws -> CheckpointFile {
    try CheckpointFile(path: path, checksums: .required, budget: budget)
  }

  func state(_ network: Network) -> [String: [Float]] {
    Dictionary(
      uniqueKeysWithValues: network.parameters.map { ($0.name, floats($0.values, $0.count)) }
        + network.chain.buffers.map { ($0.name, floats($0.values, $0.count)) }
        + network.chain.counters.map { ($0.name, [Float($0.count)]) })
  }

  @Test("what was saved is read, bit for bit, under PyTorch's names")
  func roundTrip() throws {
    let first = try EngineChain(NetworkTests.chain(seed: 151), composes: true).network
    for (index, counter) in first.chain.counters.enumerated() { counter.count = Int64(index) + 41 }
    let path = try save(first, as: "net.safetensors")
    let file = try open(path)
    #expect(
      Set(file.names) == [
        "a.weight", "b.weight", "b.bias", "b.running_mean", "b.running_var", "b.num_batches_tracked",
        "c.weight",
        "d.weight", "d.bias", "d.running_mean", "d.running_var", "d.num_batches_tracked", "e.weight",
        "e.bias",
        "f.weight",
      ])
    // Fused or not, the names and shapes are the layers' own.
    for composes in [true, false] {
      let second = try EngineChain(NetworkTests.chain(seed: 152), composes: composes).network
      #expect(state(second) != state(first))
      try second.readState(from: file)
      #expect(state(second) == state(first))
    }
  }

  /// Reads a checkpoint of other layers and gives the error.
  func error(
    reading layers: [NaiveLayer], ignoring: [String] = [], change: (inout CheckpointWriter) -> Void = { _ in }
  ) throws -> FileError? {
    var generator = SeededGenerator(seed: 153)
    let path = try save(
      EngineChain(NaiveChain<Double>(layers, using: &generator)).network, as: "other.safetensors",
      change: change)
    let file = try open(path)
    let network = try EngineChain(NetworkTests.chain()).network
    do throws(FileError) {
      try network.readState(from: file, ignoring: ignoring)
      return nil
    } catch {
      return error
    }
  }

  @Test("a missing, an unknown and a misshapen tensor are named")
  func names() throws {
    let layers = NetworkTests.layers
    let missing = try #require(try error(reading: Array(layers.dropFirst())))
    #expect(missing.row == .shape && missing.reason.contains("a.weight"))

    let unknown = try #require(
      try error(reading: layers + [.batchNorm("extra", channels: 1)]))
    #expect(unknown.row == .shape && unknown.reason.contains("\"extra."))
    #expect(try error(reading: layers + [.batchNorm("extra", channels: 1)], ignoring: ["extra."]) == nil)
    #expect(try error(reading: layers + [.batchNorm("extra", channels: 1)], ignoring: ["xtra."]) != nil)

    var other = layers
    other[0] = .convolution("a", weight: [3, 2, 3, 1, 3])
    let misshapen = try #require(try error(reading: other))
    #expect(misshapen.row == .shape && misshapen.reason.contains("a.weight"))
    #expect(try error(reading: layers) == nil)
  }

  @Test("a counter from which nothing can be counted up", arguments: [-1, 1 << 53 + 1, .max] as [Int64])
  func counters(count: Int64) throws {
    let network = try EngineChain(NetworkTests.chain(), composes: true).network
    let good = try #require(network.chain.counters.first)
    good.count = 1 << 53
    try network.readState(from: open(save(network, as: "good.safetensors")))
    good.count = count
    let file = try open(save(network, as: "bad.safetensors"))
    let error = #expect(throws: FileError.self) { try network.readState(from: file) }
    #expect(error?.row == .format && error?.reason.contains("\(count)") == true)
  }

  @Test("running statistics that are missing or misshapen are named too")
  func buffers() throws {
    var other = NetworkTests.layers
    other[1] = .batchNorm("z", channels: 3)
    #expect(try error(reading: other)?.reason.contains("b.weight") == true)
    other[1] = .batchNorm("b", channels: 4)
    #expect(try error(reading: other)?.reason.contains("b.weight") == true)
  }
}
