internal import ComputeRuntime

/// The state of a network under the names that PyTorch's `state_dict()` gives it.
extension Network {
  /// Adds every weight, running statistic and counter; their memory must stay until the file is written.
  public func addState(to writer: inout CheckpointWriter) { chain.addState(to: &writer) }

  /// Reads every weight, running statistic and counter from a checkpoint.
  ///
  /// - Parameter ignoring: beginnings of names that may be there without being read. Every other name of
  ///   the file must be one of the network's.
  /// - Throws: ``FileError``, which names the tensor; the network may be changed in part then.
  public func readState(
    from file: CheckpointFile, ignoring: [String] = []
  ) throws(FileError) {
    var known: Set<String> = []
    for parameter in chain.parameters {
      try file.copyFloats(parameter.name, shape: parameter.shape, into: parameter.values)
      known.insert(parameter.name)
    }
    for buffer in chain.buffers {
      try file.copyFloats(buffer.name, shape: [buffer.count], into: buffer.values)
      known.insert(buffer.name)
    }
    for counter in chain.counters {
      counter.count = try file.counter(counter.name)
      known.insert(counter.name)
    }
    for name in file.names where !known.contains(name) {
      if ignoring.contains(where: name.hasPrefix) { continue }
      throw FileError(
        .shape, file: file.path, "has a tensor \(quotedJSON(name)), which this network does not know")
    }
  }
}

extension Sequential {
  /// Adds the state of all layers, layer by layer.
  public func addState(to writer: inout CheckpointWriter) {
    for layer in layers {
      for parameter in layer.parameters {
        writer.add(parameter.name, shape: parameter.shape, values: parameter.values)
      }
      for buffer in layer.buffers {
        writer.add(buffer.name, shape: [buffer.count], values: buffer.values)
      }
      for counter in layer.counters { writer.add(counter.name, shape: [], integers: [counter.count]) }
    }
  }
}
