public import NeuralNetwork
internal import ComputeRuntime

extension VolumeWriter {
  /// Writes an array of NumPy (version 1.0 of the format), C order.
  public func writeNPY(to path: String, as element: Element = .float32) throws(FileError) {
    let order = ByteOrder.native == .littleEndian ? "<" : ">"
    let type = element == .float32 ? "\(order)f4" : "|u1"
    let shape = extents.map(String.init).joined(separator: ", ")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
    // The values begin at a multiple of 64 bytes; ten come before the header, a newline ends it.
    while !(10 + header.utf8.count + 1).isMultiple(of: 64) { header += " " }
    header += "\n"
    try write(to: path, order: .littleEndian) { (sink) throws(ComputeError) in
      try sink.put(0x93, width: 1)
      try sink.put("NUMPY")
      try sink.put(1, width: 2)
      try sink.put(UInt64(header.utf8.count), width: 2)
      try sink.put(header)
      let values = try bytes(as: element)
      try sink.put(values.bytes)
      withExtendedLifetime(values) {}
    }
  }
}
