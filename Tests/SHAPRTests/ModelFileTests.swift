import ComputeRuntime
import Glibc
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

@Suite("weights travel under the published names")
struct ModelFileTests {
  @Test("a written generator has the published names and shapes, with the unused layers", recordings)
  func generatorNames() throws {
    let folder = TemporaryFolder()
    let pass = try Recorded.generator()
    try pass.generator.write(to: folder["g"])
    try expectSameTensors(open(folder["g"]), Recorded.checkpoint("generator_init"))
  }

  @Test("a written discriminator has the published names and shapes", recordings)
  func discriminatorNames() throws {
    let folder = TemporaryFolder()
    let discriminator = try Recorded.discriminator()
    try discriminator.write(to: folder["d"])
    try expectSameTensors(open(folder["d"]), Recorded.checkpoint("discriminator_init"))
  }

  /// The same names, shapes and values; the unused layers are drawn anew.
  private func expectSameTensors(_ found: CheckpointFile, _ expected: CheckpointFile) throws {
    #expect(Set(found.names) == Set(expected.names))
    #expect(found.names.count == expected.names.count)
    for name in expected.names {
      let shape = try #require(expected.shape(of: name))
      try #require(found.shape(of: name) == shape, "\(name)")
      if name.hasSuffix("num_batches_tracked") {
        #expect(try found.integer(name) == expected.integer(name))
        continue
      }
      let values = try floats(found, name)
      if !name.hasPrefix("conv10.") {
        #expect(values == (try floats(expected, name)), "\(name)")
      } else if shape.count == 5 {
        // Below 1 / sqrt(fan in), and not all alike.
        let bound = 1 / Float(shape.dropFirst().reduce(1, *)).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound } && Set(values).count > values.count / 2)
      }
    }
  }

  @Test("what is read back is what was written, to the bit", arguments: ModelSettings.Decoder.allCases)
  func roundTrip(decoder: ModelSettings.Decoder) throws {
    let folder = TemporaryFolder()
    let settings = ModelSettings(decoder: decoder, baseFilters: 3)
    let small = try SmallGenerator(settings, height: 8, width: 8)
    // A training pass moves statistics and counters.
    _ = try small.generator.network.run(small.input, small.gradient, mode: .training)
    try small.generator.write(to: folder["g"], metadata: ["epoch": "7"])
    let file = try open(folder["g"])
    #expect(file.metadata("epoch") == "7")
    let budget = MemoryBudget()
    let other = try Generator(
      settings, workspace: KernelWorkspace(threads: 1, budget: budget), budget: budget)
    #expect(other.network.state != small.generator.network.state)
    try other.read(from: file)
    #expect(other.network.state == small.generator.network.state)
    #expect(other.network.batchesTracked == small.generator.network.batchesTracked)
    #expect(other.network.batchesTracked.allSatisfy { $0 == 1 })

    let judge = try SmallDiscriminator(baseFilters: 2, extent: (16, 16, 32), batch: 2)
    _ = try judge.discriminator.network.run(judge.input, judge.gradient, mode: .training)
    try judge.discriminator.write(to: folder["d"], metadata: ["stage": "two"])
    let read = try Discriminator(
      baseFilters: 2, extent: (16, 16, 32), workspace: KernelWorkspace(threads: 1, budget: budget),
      budget: budget)
    try read.read(from: open(folder["d"]))
    #expect(read.network.state == judge.discriminator.network.state)
    #expect(read.network.batchesTracked == judge.discriminator.network.batchesTracked)
    #expect(try open(folder["d"]).metadata("stage") == "two")
  }

  @Test("a checkpoint of another model is refused with the name of the tensor")
  func otherModels() throws {
    let folder = TemporaryFolder()
    let budget = MemoryBudget()
    let workspace = KernelWorkspace(threads: 1, budget: budget)
    func generator(_ decoder: ModelSettings.Decoder, _ filters: Int) throws -> Generator {
      try Generator(
        ModelSettings(decoder: decoder, baseFilters: filters), workspace: workspace, budget: budget)
    }
    func discriminator(_ filters: Int, _ extent: (Int, Int, Int)) throws -> Discriminator {
      try Discriminator(
        baseFilters: filters, extent: extent, workspace: workspace, budget: budget)
    }
    try generator(.slice, 2).write(to: folder["g2"])
    try generator(.volumetric, 2).write(to: folder["v2"])
    try discriminator(2, (16, 16, 16)).write(to: folder["d2"])
    let first = "conv1.encoderblock.0.weight"
    for (file, refused, tensor) in [
      ("g2", { try generator(.slice, 3).read(from: $0) }, first),
      ("g2", { try generator(.volumetric, 2).read(from: $0) }, "conv4.encoderblock.0.weight"),
      ("v2", { try generator(.slice, 2).read(from: $0) }, "conv4.encoderblock.0.weight"),
      ("d2", { try generator(.slice, 2).read(from: $0) }, first),
      ("g2", { try discriminator(2, (16, 16, 16)).read(from: $0) }, first),
      ("d2", { try discriminator(1, (16, 16, 16)).read(from: $0) }, first),
      ("d2", { try discriminator(2, (16, 16, 32)).read(from: $0) }, "discout.disc_out.6.weight"),
    ] as [(String, (CheckpointFile) throws -> Void, String)] {
      let file = try open(folder[file])
      let error = #expect(throws: FileError.self) { try refused(file) }
      #expect(error?.row == .shape)
      #expect(error?.description.contains("\"\(tensor)\"") == true, "\(error?.description ?? "")")
    }
  }

  @Test("a tensor too many or too few is refused with its name")
  func strangers() throws {
    let folder = TemporaryFolder()
    let budget = MemoryBudget()
    let generator = try Generator(
      ModelSettings(baseFilters: 1), workspace: KernelWorkspace(threads: 1, budget: budget),
      budget: budget)
    let network = generator.network
    for (name, isLeftOut) in [("conv11.encoderblock.0.weight", false), ("up9.up.bias", true)] {
      var writer = CheckpointWriter()
      for parameter in network.parameters where !(isLeftOut && parameter.name == name) {
        writer.add(parameter.name, shape: parameter.shape, values: parameter.values)
      }
      for buffer in network.chain.buffers {
        writer.add(buffer.name, shape: [buffer.count], values: buffer.values)
      }
      for counter in network.chain.counters { writer.add(counter.name, shape: [], integers: [0]) }
      if !isLeftOut { writer.add(name, shape: [1], integers: [1]) }
      try writer.write(to: folder["f"], budget: budget)
      let file = try open(folder["f"])
      let error = #expect(throws: FileError.self) { try generator.read(from: file) }
      #expect(error?.row == .shape)
      #expect(error?.description.contains("\"\(name)\"") == true)
    }
    withExtendedLifetime(generator) {}
  }

  private func open(_ path: String) throws -> CheckpointFile {
    try CheckpointFile(path: path, checksums: .whenPresent, budget: MemoryBudget())
  }

  private func floats(_ file: CheckpointFile, _ name: String) throws -> [Float] {
    let shape = try #require(file.shape(of: name))
    let count = shape.reduce(1, *)
    let values = try Scratch<Float>(count: count, budget: MemoryBudget())
    try file.copyFloats(name, shape: shape, into: values.cells)
    return withExtendedLifetime(values) { array(values.cells, count) }
  }
}
