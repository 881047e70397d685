// Writes raw memory: a caller's gradient.
internal import ComputeRuntime
package import PersistentHomology

/// A caller's buffer for the gradient of all volumes, in C order.
@safe
package struct GradientBuffer: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  let scalarType: ScalarType
  /// Whether it holds zeros already.
  let isZero: Bool

  /// - Parameters:
  ///   - base: writable for all voxels of all volumes while this value is used.
  ///   - scalarType: a floating-point type.
  @unsafe
  package init(base: UnsafeMutableRawPointer, scalarType: ScalarType, isZero: Bool) {
    unsafe self.base = base
    self.scalarType = scalarType
    self.isZero = isZero
  }

  /// Sets `count` voxels from `start` on to zero.
  func clear(_ start: Int, count: Int) {
    guard !isZero else { return }
    let size = scalarType.byteCount
    unsafe (base + start * size).initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
  }

  /// Calls `body` with a function that sets a voxel.
  @inline(__always)
  func write(_ body: ((Int, Double) -> Void) -> Void) {
    switch scalarType {
    case .float16: body { unsafe base.storeBytes(of: halfBits($1), toByteOffset: $0 &* 2, as: UInt16.self) }
    case .float64: body { unsafe base.storeBytes(of: $1, toByteOffset: $0 &* 8, as: Double.self) }
    default: body { unsafe base.storeBytes(of: Float($1), toByteOffset: $0 &* 4, as: Float.self) }
    }
  }
}

/// The bits of the nearest 16-bit floating-point number, ties to even; too large ones are infinite.
func halfBits(_ value: Double) -> UInt16 {
  let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
  let magnitude = value.magnitude
  if magnitude.isNaN { return sign | 0x7e00 }
  if magnitude >= 65520 { return sign | 0x7c00 }
  // One unit in the last place: 2^-24 for denormals, else 2^(exponent - 10).
  let exponent = max(magnitude == 0 ? -14 : Int(magnitude.exponent), -14)
  let unit = Double(sign: .plus, exponent: exponent - 10, significand: 1)
  let units = UInt16((magnitude / unit).rounded(.toNearestOrEven))
  // 1024 units are the hidden bit of a normal number: it counts up the exponent by itself.
  return sign | (UInt16(exponent + 14) << 10) + units
}
