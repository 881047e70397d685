public import NeuralNetwork
internal import ComputeRuntime

extension VolumeWriter {
  /// Writes a TIFF file that ImageJ opens as a stack along z, with its spacing, and every other reader
  /// as planes: one directory for each, their values one after the other.
  ///
  /// - Parameter isCompressed: packs each plane by deflate.
  /// - Throws: also when the file would not fit the 32 bits of its offsets.
  public func writeTIFF(
    to path: String, as element: Element = .float32, isCompressed: Bool = false
  ) throws(FileError) {
    let (planes, ends) = try namingMemory(of: path) { () throws(ComputeError) in
      try self.planes(as: element, isCompressed: isCompressed)
    }
    // Offsets do not change the sizes of directories, so these are found without them.
    let directories = (0..<depth).map { directory($0, element, isCompressed, start: 0, count: 0) }
    var places = [8]
    for directory in directories { places.append(places[places.count - 1] + directory.byteCount) }
    let dataStart = places[depth]
    guard dataStart + planes.count <= Int(UInt32.max) else {
      throw FileError(.limit, file: path, "would have more than 4 GiB, which its format cannot")
    }
    try write(to: path) { (sink) throws(ComputeError) in
      try sink.put(sink.order == .littleEndian ? 0x4949 : 0x4D4D, width: 2)
      try sink.put(42, width: 2)
      try sink.put(8, width: 4)
      for plane in 0..<depth {
        let start = plane == 0 ? 0 : ends[plane - 1]
        let directory = directory(
          plane, element, isCompressed, start: dataStart + start, count: ends[plane] - start)
        try directory.write(
          to: &sink, at: places[plane], next: plane == depth - 1 ? 0 : places[plane + 1])
      }
      try sink.put(planes.bytes)
    }
    withExtendedLifetime(planes) {}
  }

  /// The stored planes one behind the other, and where each ends.
  private func planes(
    as element: Element, isCompressed: Bool
  ) throws(ComputeError) -> (bytes: ByteSink, ends: [Int]) {
    let plain = try bytes(as: element)
    let planeBytes = plain.count / depth
    guard isCompressed else { return (plain, (1...depth).map { $0 * planeBytes }) }
    var (packed, ends) = (ByteSink(.native, budget: budget), [Int]())
    for plane in 0..<depth {
      let values = plain.bytes.suffix(from: plane * planeBytes).prefix(planeBytes)
      try packed.putDeflated(values, as: .zlib, budget: budget)
      ends.append(packed.count)
    }
    withExtendedLifetime(plain) {}
    return (packed, ends)
  }

  private func directory(
    _ plane: Int, _ element: Element, _ isCompressed: Bool, start: Int, count: Int
  ) -> TIFFDirectoryLayout {
    typealias Field = TIFFDirectoryLayout.Field
    var fields: [Field] = [
      Field(.imageWidth, .long, UInt64(width)),
      Field(.imageLength, .long, UInt64(height)),
      Field(.bitsPerSample, .short, element == .float32 ? 32 : 8),
      Field(.compression, .short, isCompressed ? 8 : 1),
      Field(.photometricInterpretation, .short, 1),
      Field(.stripOffsets, .long, UInt64(start)),
      Field(.samplesPerPixel, .short, 1),
      Field(.rowsPerStrip, .long, UInt64(height)),
      Field(.stripByteCounts, .long, UInt64(count)),
      Field(.sampleFormat, .short, element == .float32 ? 3 : 1),
    ]
    if plane == 0 {
      let text = Array(description(element).utf8) + [0]
      fields.append(Field(.imageDescription, .ascii, count: text.count) { UInt64(text[$0]) })
    }
    if let spacing {
      fields.append(Field(.xResolution, .rational, Self.pixelsPerUnit(spacing.x)))
      fields.append(Field(.yResolution, .rational, Self.pixelsPerUnit(spacing.y)))
      // Of the unit in the description.
      fields.append(Field(.resolutionUnit, .short, 1))
    }
    return TIFFDirectoryLayout(isBig: false, fields: fields.sorted { $0.tag.rawValue < $1.tag.rawValue })
  }

  /// What ImageJ reads: the axis of the planes, their distance, and the values shown as black and white.
  private func description(_ element: Element) -> String {
    var lines = ["ImageJ=1.54f"]
    if depth > 1 { lines += ["images=\(depth)", "slices=\(depth)"] }
    if let spacing { lines += ["unit=\(spacing.unit)", "spacing=\(spacing.z)"] }
    lines += ["loop=false", "min=0.0", "max=\(element == .float32 ? "1.0" : "255.0")"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// 1 / distance as numerator and denominator of 32 bits each.
  private static func pixelsPerUnit(_ distance: Double) -> UInt64 {
    let denominator = 1 / distance < 4000 ? 1e6 : 1
    let numerator = min((denominator / distance).rounded(), Double(UInt32.max))
    return UInt64(numerator) << 32 | UInt64(denominator)
  }
}
