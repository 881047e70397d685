internal import PersistentHomology
public import ComputeRuntime
public import NeuralNetwork

extension PixelArray {
  /// Writes value / full scale to `output`: 255 for 8 bit, 65535 for 16 bit, 1 for floating point.
  ///
  /// - Precondition: `output` has room for `count` values.
  /// - Throws: when a floating-point value is not in [0, 1], or the element type has no full scale.
  public func copyFractions(into output: FencedPointer<Float>) throws(FileError) {
    guard let fullScale = elementType.fullScale else {
      throw FileError(
        .elementType, file: path,
        "has elements of type \(elementType.rawValue), and nothing says which value is white: "
          + "save it as uint8, uint16 or float32")
    }
    copyValues(into: output)
    switch elementType {
    case .float16, .float32, .float64: try check(output, isFraction: true)
    default: for index in 0..<count { output[index] /= fullScale }
    }
  }

  /// Writes grey values of any range to `output`: value / full scale of 8 and 16 bit, others as they are.
  ///
  /// - Precondition: `output` has room for `count` values.
  /// - Throws: when a value is not finite in 32 bits.
  public func copyGreyValues(into output: FencedPointer<Float>) throws(FileError) {
    switch elementType {
    case .bool, .uint8, .uint16: try copyFractions(into: output)
    default:
      copyValues(into: output)
      try check(output, isFraction: false)
    }
  }

  /// Writes the values as they are, rounded to Float, to `output`.
  ///
  /// - Precondition: `output` has room for `count` values.
  public func copyValues(into output: FencedPointer<Float>) {
    precondition(output.count >= count, "no room for \(count) values")
    switch elementType {
    case .bool: convert(UInt8.self, output) { $0 == 0 ? 0 : 1 }
    case .uint8: convert(UInt8.self, output) { Float($0) }
    case .int8: convert(Int8.self, output) { Float($0) }
    case .uint16: convert(UInt16.self, output) { Float($0) }
    case .int16: convert(Int16.self, output) { Float($0) }
    case .uint32: convert(UInt32.self, output) { Float($0) }
    case .int32: convert(Int32.self, output) { Float($0) }
    case .uint64: convert(UInt64.self, output) { Float($0) }
    case .int64: convert(Int64.self, output) { Float($0) }
    case .float16: convert(UInt16.self, output) { float(halfBits: UInt32($0)) }
    case .float32: convert(Float.self, output) { $0 }
    case .float64: convert(Double.self, output) { Float($0) }
    }
  }

  @inline(__always)
  private func convert<Element: BitwiseCopyable>(
    _ type: Element.Type, _ output: FencedPointer<Float>, _ value: (Element) -> Float
  ) {
    let elements = elements(of: type)
    for index in 0..<count { output[index] = value(elements[index]) }
    withExtendedLifetime(memory) {}
  }

  /// The memory as what it holds; valid while ``memory`` is kept.
  func elements<Element: BitwiseCopyable>(of type: Element.Type) -> FencedPointer<Element> {
    assert(MemoryLayout<Element>.stride == elementType.byteCount)
    // A Scratch is aligned for any number, and its bytes were written as these numbers.
    return unsafe FencedPointer(
      base: UnsafeMutableRawPointer(memory.cells.pointer).assumingMemoryBound(to: type), count: count)
  }

  /// Finds values that are not finite or, of fractions, not in [0, 1].
  private func check(
    _ values: FencedPointer<Float>, isFraction: Bool
  ) throws(FileError) {
    let greatest: Float = isFraction ? 1 : .greatestFiniteMagnitude
    let least: Float = isFraction ? 0 : -greatest
    for index in 0..<count where !(values[index] >= least && values[index] <= greatest) {
      let value = values[index]
      let place = "at \(voxelText(index))"
      if value.isNaN { throw FileError(.notANumber, file: path, "a value is NaN, \(place)") }
      if value.isInfinite { throw FileError(.infinite, file: path, "a value is infinite, \(place)") }
      throw FileError(
        .range, file: path, "a value is \(value), \(place); floating-point values are from 0 to 1")
    }
  }

  /// The coordinates of a voxel, as in `(z 3, y 2, x 5)`.
  private func voxelText(_ index: Int) -> String {
    var (rest, parts): (Int, [String]) = (index, [])
    for (name, extent) in zip(["x", "y", "z"], extents.reversed()) {
      parts.insert("\(name) \(rest % extent)", at: 0)
      rest /= extent
    }
    return "(\(parts.joined(separator: ", ")))"
  }
}
