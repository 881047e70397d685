public import NeuralNetwork
internal import ComputeRuntime

extension VolumeWriter {
  /// Writes an NRRD file (version 4 of the format: Kindlmann, *Definition of NRRD File Format*), for 3D
  /// Slicer and its like.
  ///
  /// - Parameter isCompressed: packs the values by gzip.
  public func writeNRRD(
    to path: String, as element: Element = .float32, isCompressed: Bool = false
  ) throws(FileError) {
    // Axes are named from the fastest to the slowest: x first.
    var header = """
      NRRD0004
      type: \(element == .float32 ? "float" : "uint8")
      dimension: \(extents.count)
      sizes: \(extents.reversed().map(String.init).joined(separator: " "))
      encoding: \(isCompressed ? "gzip" : "raw")

      """
    if element == .float32 { header += "endian: \(ByteOrder.native == .littleEndian ? "little" : "big")\n" }
    if let spacing {
      let distances = [spacing.x, spacing.y, spacing.z].prefix(extents.count)
      header += "spacings: \(distances.map { "\($0)" }.joined(separator: " "))\n"
      let units = distances.map { _ in "\"\(spacing.unit)\"" }.joined(separator: " ")
      header += "units: \(units)\n"
    }
    try write(to: path) { (sink) throws(ComputeError) in
      try sink.put(header + "\n")
      let values = try bytes(as: element)
      if isCompressed {
        try sink.putDeflated(values.bytes, as: .gzip, budget: budget)
      } else {
        try sink.put(values.bytes)
      }
      withExtendedLifetime(values) {}
    }
  }
}
