public import ComputeRuntime

extension CheckpointFile {
  /// Copies the values of a floating-point tensor (F32, F64, F16, BF16) to `destination`, row-major.
  ///
  /// F64 is rounded to the nearest Float; beyond the largest one it becomes infinite.
  /// - Parameter shape: what the tensor must have; its elements are as many as `destination` holds.
  public func copyFloats(
    _ name: String, shape: [Int], into destination: FencedPointer<Float>
  ) throws(FileError) {
    let (tensor, type) = try find(name, shape: shape, count: destination.count)
    defer { withExtendedLifetime(data) {} }
    let bytes = bytes(of: tensor)
    let count = destination.count
    switch type {
    case .f32:
      for i in 0..<count {
        destination[i] = Float(bitPattern: UInt32(littleEndian(bytes, at: 4 * i, count: 4)))
      }
    case .f64:
      for i in 0..<count {
        destination[i] = Float(Double(bitPattern: littleEndian(bytes, at: 8 * i, count: 8)))
      }
    case .bf16:
      // The upper half of a Float.
      for i in 0..<count {
        destination[i] = Float(bitPattern: UInt32(littleEndian(bytes, at: 2 * i, count: 2)) << 16)
      }
    case .f16:
      for i in 0..<count {
        destination[i] = float(halfBits: UInt32(littleEndian(bytes, at: 2 * i, count: 2)))
      }
    default: throw wrongKind(tensor, type, expected: "floating-point numbers")
    }
  }

  /// Copies the values of an integer tensor (I64 to I8, U64 to U8, BOOL as 0 and 1) to `destination`,
  /// row-major.
  public func copyIntegers(
    _ name: String, shape: [Int], into destination: FencedPointer<Int64>
  ) throws(FileError) {
    let (tensor, type) = try find(name, shape: shape, count: destination.count)
    guard type.kind == .integer else { throw wrongKind(tensor, type, expected: "integers") }
    defer { withExtendedLifetime(data) {} }
    let bytes = bytes(of: tensor)
    let width = type.bits / 8
    let isSigned = [.i64, .i32, .i16, .i8].contains(type)
    for i in 0..<destination.count {
      let bits = littleEndian(bytes, at: width * i, count: width)
      if isSigned {
        // Moved up and down again, so that the sign fills the upper bits.
        let unused = Int64(64 - type.bits)
        destination[i] = (Int64(bitPattern: bits) << unused) >> unused
      } else if bits > (type == .bool ? 1 : UInt64(Int64.max)) {
        throw fault(
          type == .bool ? .format : .limit, tensor,
          "has the \(type.rawValue) value \(bits) at flat index \(i)")
      } else {
        destination[i] = Int64(bits)
      }
    }
  }

  /// The value of an integer tensor of shape [], such as a counter of steps.
  public func integer(_ name: String) throws(FileError) -> Int64 {
    let cell = try namingMemory(of: path) { () throws(ComputeError) in
      try Scratch<Int64>(count: 1, budget: MemoryBudget(limit: 8))
    }
    return try withExtendedLifetime(cell) { () throws(FileError) in
      try copyIntegers(name, shape: [], into: cell.cells)
      return cell.cells[0]
    }
  }

  /// An integer that is counted up from here: a larger one, which no training reaches, could overflow.
  public func counter(_ name: String) throws(FileError) -> Int64 {
    let count = try integer(name)
    guard (0...1 << 53).contains(count) else {
      throw FileError(.format, file: path, "\(quotedJSON(name)) is \(count), which counts nothing")
    }
    return count
  }

  private func find(
    _ name: String, shape: [Int], count: Int
  ) throws(FileError) -> (CheckpointHeader.Tensor, ElementType) {
    guard let tensor = header.tensor(name) else {
      throw FileError(.shape, file: path, "there is no tensor \(quotedJSON(name))")
    }
    guard tensor.shape == shape else {
      throw fault(.shape, tensor, "has shape \(tensor.shape), expected \(shape)")
    }
    guard elementCount(shape) == count else {
      throw fault(.shape, tensor, "has shape \(shape), its destination has room for \(count) values")
    }
    guard let type = tensor.elementType, type.kind != .unread else {
      throw fault(
        .unsupported, tensor,
        "has elements of type \(tensor.elementType?.rawValue ?? "unknown"), which is not read")
    }
    return (tensor, type)
  }

  private func wrongKind(
    _ tensor: CheckpointHeader.Tensor, _ type: ElementType, expected: String
  ) -> FileError {
    fault(.elementType, tensor, "has elements of type \(type.rawValue), expected \(expected)")
  }

  private func fault(
    _ row: FileError.Row, _ tensor: CheckpointHeader.Tensor, _ reason: String
  ) -> FileError {
    FileError(row, file: path, offset: tensor.offset, "\(quotedJSON(tensor.name)) \(reason)")
  }
}

/// The Float that a half-precision number (IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits) is.
/// (Swift's Float16 is not there on every platform.)
package func float(halfBits bits: UInt32) -> Float {
  let sign = (bits & 0x8000) << 16
  let exponent = bits >> 10 & 0x1F
  let fraction = bits & 0x3FF
  switch exponent {
  case 0:
    // Zero or subnormal: fraction times 2^-24, exact in Float.
    return Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
