// Reads raw memory: a caller's array, element by element, wherever its strides lead.
package import ComputeRuntime
package import PersistentHomology

/// How elements of one type are read as numbers.
protocol ElementFormat: SendableMetatype {
  associatedtype Bits: FixedWidthInteger & BitwiseCopyable
  static func value(_ bits: Bits) -> Double
  /// The highest bit is set unless the element is a finite number that Double holds exactly: without
  /// a branch, and in few instructions, since every element is looked at.
  static func alarm(_ bits: Bits) -> Bits
  /// What an unusable element is.
  static func flaw(_ bits: Bits, _ operand: LossOperand, _ index: Int) -> LossError
}

extension ElementFormat {
  static func alarm(_ bits: Bits) -> Bits { 0 }
  static var highestBit: Bits { 1 << Bits(Bits.bitWidth - 1) }
  static func flaw(_ bits: Bits, _ operand: LossOperand, _ index: Int) -> LossError {
    value(bits).isNaN ? .notANumber(operand, index: index) : .infinite(operand, index: index)
  }
}

enum BoolFormat: ElementFormat {
  static func value(_ bits: UInt8) -> Double { bits == 0 ? 0 : 1 }
}

enum SmallIntegerFormat<Bits: FixedWidthInteger & BitwiseCopyable>: ElementFormat {
  static func value(_ bits: Bits) -> Double { Double(bits) }
}

enum LargeIntegerFormat<Bits: FixedWidthInteger & BitwiseCopyable>: ElementFormat {
  static func value(_ bits: Bits) -> Double { Double(bits) }
  static func alarm(_ bits: Bits) -> Bits { bits.magnitude <= 1 << 53 ? 0 : highestBit }
  static func flaw(_ bits: Bits, _ operand: LossOperand, _ index: Int) -> LossError {
    .integerTooLarge(operand, index: index)
  }
}

enum Float16Format: ElementFormat {
  // An exponent of all ones: one more carries into the highest bit.
  static func alarm(_ bits: UInt16) -> UInt16 { bits & 0x7c00 &+ 0x0400 }

  static func value(_ bits: UInt16) -> Double {
    let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 0x3ff))
    let magnitude: Double =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 31: fraction == 0 ? .infinity : .nan
      default: (1 + fraction * 0x1p-10) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
      }
    return bits >> 15 == 1 ? -magnitude : magnitude
  }
}

enum Float32Format: ElementFormat {
  static func value(_ bits: UInt32) -> Double { Double(Float(bitPattern: bits)) }
  static func alarm(_ bits: UInt32) -> UInt32 { bits & 0x7f80_0000 &+ 0x0080_0000 }
}

enum Float64Format: ElementFormat {
  static func value(_ bits: UInt64) -> Double { Double(bitPattern: bits) }
  static func alarm(_ bits: UInt64) -> UInt64 {
    bits & 0x7ff0_0000_0000_0000 &+ 0x0010_0000_0000_0000
  }
}

/// A pass over a volume that needs to know the volume's element type.
protocol ElementPass {
  associatedtype Result
  func run<Format: ElementFormat>(_ format: Format.Type) throws(LossError) -> Result
}

extension ScalarType {
  var isFloatingPoint: Bool {
    switch self {
    case .float16, .float32, .float64: true
    default: false
    }
  }

  func perform<Pass: ElementPass>(_ pass: Pass) throws(LossError) -> Pass.Result {
    switch self {
    case .bool: try pass.run(BoolFormat.self)
    case .int8: try pass.run(SmallIntegerFormat<Int8>.self)
    case .uint8: try pass.run(SmallIntegerFormat<UInt8>.self)
    case .int16: try pass.run(SmallIntegerFormat<Int16>.self)
    case .uint16: try pass.run(SmallIntegerFormat<UInt16>.self)
    case .int32: try pass.run(SmallIntegerFormat<Int32>.self)
    case .uint32: try pass.run(SmallIntegerFormat<UInt32>.self)
    case .int64: try pass.run(LargeIntegerFormat<Int64>.self)
    case .uint64: try pass.run(LargeIntegerFormat<UInt64>.self)
    case .float16: try pass.run(Float16Format.self)
    case .float32: try pass.run(Float32Format.self)
    case .float64: try pass.run(Float64Format.self)
    }
  }
}

extension StridedVolumes {
  /// Extents of a volume as (z, y, x), with ones in front, and the strides that belong to them.
  var planes: (extents: (Int, Int, Int), strides: (Int, Int, Int)) {
    let rank = shape.rank
    func axis(_ fromEnd: Int) -> (Int, Int) {
      fromEnd <= rank ? (shape.extents[rank - fromEnd], strides[rank - fromEnd]) : (1, 0)
    }
    let (x, y, z) = (axis(1), axis(2), axis(3))
    return ((z.0, y.0, x.0), (z.1, y.1, x.1))
  }

  /// Throws when volume `index` has an element that is NaN, infinite, or an integer beyond 2^53.
  func checkValues(
    ofVolume index: Int, _ operand: LossOperand, _ interruption: Interruption
  ) throws(LossError) {
    switch scalarType {
    case .bool, .int8, .uint8, .int16, .uint16, .int32, .uint32: return
    default: break
    }
    try scalarType.perform(
      ValueCheck(volumes: self, index: index, operand: operand, interruption: interruption))
  }
}

extension StridedVolumes {
  /// Writes the elements of volume `index` to `output` in C order, as fractions of the type's full scale: 255 for
  /// 8 bit, 65535 for 16 bit, 1 for floating point and truth values.
  ///
  /// - Returns: the flat index of the first element that is not in [0, 1], with its value; nil if all are.
  /// - Precondition: `output` has room for a volume, and the type has a full scale.
  package func copyFractions(
    ofVolume index: Int, into output: FencedPointer<Float>
  ) -> (index: Int, value: Float)? {
    precondition(output.count >= shape.voxels, "no room for a volume")
    let copy = FractionCopy(volumes: self, index: index, output: output)
    // The pass itself throws nothing.
    return (try? scalarType.perform(copy)) ?? nil
  }
}

private struct FractionCopy: ElementPass {
  let volumes: StridedVolumes
  let index: Int
  let output: FencedPointer<Float>

  func run<Format: ElementFormat>(_ format: Format.Type) throws(LossError) -> (index: Int, value: Float)? {
    let ((depth, height, width), strides) = volumes.planes
    let start = unsafe volumes.volume(index)
    guard let fullScale = volumes.scalarType.fullScale else {
      preconditionFailure("a type without a full scale")
    }
    var place = 0
    for z in 0..<depth {
      for y in 0..<height {
        let row = unsafe start + (z &* strides.0 &+ y &* strides.1)
        for x in 0..<width {
          let raw = unsafe row.loadUnaligned(fromByteOffset: x &* strides.2, as: Format.Bits.self)
          let value = Float(format.value(volumes.isByteSwapped ? raw.byteSwapped : raw)) / fullScale
          guard value >= 0, value <= 1 else { return (index * volumes.shape.voxels + place, value) }
          output[place] = value
          place += 1
        }
      }
    }
    return nil
  }
}

private struct ValueCheck: ElementPass {
  let volumes: StridedVolumes
  let index: Int
  let operand: LossOperand
  let interruption: Interruption

  func run<Format: ElementFormat>(_ format: Format.Type) throws(LossError) {
    let ((depth, height, width), strides) = volumes.planes
    let start = unsafe volumes.volume(index)
    let size = MemoryLayout<Format.Bits>.size
    let isDense = strides.2 == size && !volumes.isByteSwapped
    for z in 0..<depth {
      try translatingErrors { () throws(ComputeError) in try interruption.check() }
      for y in 0..<height {
        let row = unsafe start + (z &* strides.0 &+ y &* strides.1)
        var flawed: Format.Bits = 0
        if isDense {
          for x in 0..<width {
            let bits = unsafe row.loadUnaligned(fromByteOffset: x &* size, as: Format.Bits.self)
            flawed |= format.alarm(bits)
          }
        } else {
          for x in 0..<width { flawed |= format.alarm(unsafe bits(row, x, strides.2)) }
        }
        guard flawed & format.highestBit != 0 else { continue }
        for x in 0..<width {
          let bits: Format.Bits = unsafe bits(row, x, strides.2)
          if format.alarm(bits) & format.highestBit != 0 {
            throw format.flaw(
              bits, operand, index * volumes.shape.voxels + (z * height + y) * width + x)
          }
        }
      }
    }
  }

  private func bits<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ row: UnsafeRawPointer, _ x: Int, _ stride: Int
  ) -> Bits {
    let raw = unsafe row.loadUnaligned(fromByteOffset: x &* stride, as: Bits.self)
    return volumes.isByteSwapped ? raw.byteSwapped : raw
  }
}
