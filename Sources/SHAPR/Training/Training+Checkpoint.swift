internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork

/// A checkpoint holds all that training goes on from: networks, optimisers, the best weights and the progress.
extension Training {
  private static let format = "topoloss training 1"

  /// Writes the state; whoever reads it goes on as if nothing had happened, bit for bit.
  public func writeCheckpoint(to path: String) throws(TrainingError) {
    do { try checkpoint().write(to: path, budget: budget) } catch { throw .checkpoint(error) }
  }

  /// How many bytes a checkpoint has now. It grows with the log, and with the adversarial stage.
  package func checkpointBytes() throws(TrainingError) -> Int {
    do { return try checkpoint().byteCount(for: "checkpoint") } catch { throw .checkpoint(error) }
  }

  private func checkpoint() -> CheckpointWriter {
    var writer = CheckpointWriter()
    writer.metadata["format"] = Self.format
    writer.metadata["seed"] = "\(seed)"
    writer.metadata["settings"] = settings.withoutPlaces.json
    writer.metadata["split"] = split.json(names: source.name(of:))
    writer.metadata["progress"] = progress.json
    generator.network.addState(to: &writer)
    for (parameter, copy) in zip(bestNames, best) {
      writer.add("best.\(parameter.name)", shape: parameter.shape, values: copy.cells)
    }
    supervised.optimiser.addState(to: &writer, prefix: "adam")
    if let adversarial {
      for parameter in adversarial.discriminator.network.parameters {
        writer.add(
          "discriminator.\(parameter.name)", shape: parameter.shape, values: parameter.values)
      }
      for buffer in adversarial.discriminator.network.chain.buffers {
        writer.add("discriminator.\(buffer.name)", shape: [buffer.count], values: buffer.values)
      }
      for counter in adversarial.discriminator.network.chain.counters {
        writer.add("discriminator.\(counter.name)", shape: [], integers: [counter.count])
      }
      adversarial.generatorOptimiser.addState(to: &writer, prefix: "adversarial_adam")
      adversarial.discriminatorOptimiser.addState(to: &writer, prefix: "discriminator_adam")
    }
    return writer
  }

  /// Goes on from a checkpoint that was written with the same settings, seed and split.
  ///
  /// - Throws: ``TrainingError/checkpoint(_:)`` if the file is not one, or not of this training; the state
  ///   may be changed in part then.
  public func readCheckpoint(from path: String) throws(TrainingError) {
    do throws(FileError) {
      let file = try CheckpointFile(path: path, checksums: .required, budget: budget)
      try read(file)
    } catch { throw .checkpoint(error) }
  }

  private func read(_ file: CheckpointFile) throws(FileError) {
    try check(
      file, "format", Self.format,
      file.metadata("format").map {
        "has the format \(quotedJSON($0)), this program reads \(quotedJSON(Self.format))"
      }
        ?? "is not a checkpoint of a training")
    try check(file, "seed", "\(seed)", "was written with another seed")
    let settings = settings.withoutPlaces
    try check(
      file, "settings", settings.json,
      "was written with other settings" + settings.difference(from: file.metadata("settings")))
    try check(
      file, "split", split.json(names: source.name(of:)), "was written with another split")
    guard let text = file.metadata("progress"), let restored = TrainingProgress(json: text) else {
      throw FileError(.format, file: file.path, "does not say how far it is")
    }
    let others = ["best.", "adam.", "discriminator", "adversarial_adam."]
    try generator.network.readState(from: file, ignoring: others)
    for (parameter, copy) in zip(bestNames, best) {
      try file.copyFloats("best.\(parameter.name)", shape: parameter.shape, into: copy.cells)
    }
    try supervised.optimiser.readState(from: file, prefix: "adam")
    if restored.stage == .adversarial {
      do throws(NetworkError) { _ = try adversarialStep() } catch {
        throw FileError(.shape, file: file.path, error.description)
      }
    }
    if let adversarial {
      for parameter in adversarial.discriminator.network.parameters {
        try file.copyFloats(
          "discriminator.\(parameter.name)", shape: parameter.shape, into: parameter.values)
      }
      for buffer in adversarial.discriminator.network.chain.buffers {
        try file.copyFloats(
          "discriminator.\(buffer.name)", shape: [buffer.count], into: buffer.values)
      }
      for counter in adversarial.discriminator.network.chain.counters {
        counter.count = try file.counter("discriminator.\(counter.name)")
      }
      try adversarial.generatorOptimiser.readState(from: file, prefix: "adversarial_adam")
      try adversarial.discriminatorOptimiser.readState(from: file, prefix: "discriminator_adam")
    }
    progress = restored
  }

  private func check(
    _ file: CheckpointFile, _ name: String, _ expected: String, _ complaint: String
  ) throws(FileError) {
    guard file.metadata(name) == expected else {
      throw FileError(.format, file: file.path, complaint)
    }
  }

  /// Name and shape of each of the best weights.
  private var bestNames: [(name: String, shape: [Int])] {
    generator.network.parameters.map { ($0.name, $0.shape) }
      + generator.network.chain.buffers.map { ($0.name, [$0.count]) }
  }
}

extension Adam {
  func addState(to writer: inout CheckpointWriter, prefix: String) {
    writer.add("\(prefix).steps", shape: [], integers: [Int64(steps)])
    for (index, parameter) in parameters.enumerated() {
      writer.add(
        "\(prefix).first.\(parameter.name)", shape: parameter.shape,
        values: firstMoments[index].cells)
      writer.add(
        "\(prefix).second.\(parameter.name)", shape: parameter.shape,
        values: secondMoments[index].cells)
    }
  }

  func readState(from file: CheckpointFile, prefix: String) throws(FileError) {
    let steps = try file.counter("\(prefix).steps")
    for (index, parameter) in parameters.enumerated() {
      try file.copyFloats(
        "\(prefix).first.\(parameter.name)", shape: parameter.shape,
        into: firstMoments[index].cells)
      try file.copyFloats(
        "\(prefix).second.\(parameter.name)", shape: parameter.shape,
        into: secondMoments[index].cells)
    }
    restore(steps: Int(steps))
  }
}

extension Training {
  /// Steps of all epochs and stages that are done: what checkpoints are numbered by.
  public var stepsDone: Int {
    progress.epochsBegun * stepsPerEpoch + progress.step
  }

  public var stepsPerEpoch: Int {
    (split.train.count + settings.batchSize - 1) / settings.batchSize
  }
}

extension Settings {
  /// Without what may differ between the run that wrote a checkpoint and the one that goes on from it.
  package var withoutPlaces: Settings {
    var settings = self
    (settings.data, settings.output, settings.split) = (nil, nil, nil)
    (settings.threads, settings.fold, settings.seeds) = (0, nil, [0])
    return settings
  }

  /// What the file of a model says of it.
  package func modelMetadata(seed: UInt64) -> [String: String] {
    ["settings": withoutPlaces.json, "seed": "\(seed)"]
  }

  /// The first setting that `text`, settings as JSON, has otherwise: ": epochs is 30 there and 40 here". Empty if
  /// it cannot be told.
  package func difference(from text: String?) -> String {
    var other = self
    guard let text, (try? other.apply(text)) != nil else { return "" }
    other = other.withoutPlaces
    guard let key = SettingsKey.all.first(where: { $0.text(of: other) != $0.text(of: self) })
    else { return "" }
    return ": \(key.name) is \(key.text(of: other)) there and \(key.text(of: self)) here"
  }
}
