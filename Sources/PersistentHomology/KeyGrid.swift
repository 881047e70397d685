// Reads raw memory: a caller's array, element by element, wherever its strides lead.
internal import ComputeRuntime

/// A volume as a padded grid of keys.
struct KeyGrid<Key: GridKey>: Sendable {
  let layout: PaddedLayout
  let keys: FencedPointer<Key>

  /// Fills the border, and the slack behind it.
  func fillBorder(with key: Key) {
    layout.forEachBorderRange { keys.fill($0, with: key) }
  }

  /// Copies volume `index` of `volumes` in, as keys.
  ///
  /// - Parameter isReversed: whether higher values get lower keys.
  func copy<Scalar: ScalarKeys>(
    _ scalar: Scalar.Type, from volumes: StridedVolumes, index: Int, isReversed: Bool,
    interruption: Interruption
  ) throws(PersistenceError) where Scalar.Key == Key {
    let first = unsafe volumes.volume(index)
    let (extents, strides) = (volumes.shape.extents, volumes.strides)
    // Axes of length one are not in the layout, and need no stride.
    let long = extents.indices.filter { extents[$0] > 1 }
    let strideX = long.last.map { strides[$0] } ?? 0
    let strideY = long.count > 1 ? strides[long[long.count - 2]] : 0
    let strideZ = long.count > 2 ? strides[long[0]] : 0
    let reversal: Key = isReversed ? -1 : 0
    let swapped = volumes.isByteSwapped
    for z in 0..<layout.nz {
      for y in 0..<layout.ny {
        let source = unsafe first + (z &* strideZ &+ y &* strideY)
        let target = layout.base &+ z &* layout.strideZ &+ y &* layout.strideY
        // The same loop twice: the compiler turns the first one into vector instructions.
        var invalid: Key = 0
        if strideX == MemoryLayout<Scalar.Bits>.size && !swapped {
          for x in 0..<layout.nx {
            let bits = unsafe source.loadUnaligned(
              fromByteOffset: x &* MemoryLayout<Scalar.Bits>.size, as: Scalar.Bits.self)
            invalid |= Scalar.isValid(bits) ? 0 : 1
            keys[target &+ x] = Scalar.key(bits) ^ reversal
          }
        } else {
          for x in 0..<layout.nx {
            let raw = unsafe source.loadUnaligned(fromByteOffset: x &* strideX, as: Scalar.Bits.self)
            let bits = swapped ? raw.byteSwapped : raw
            invalid |= Scalar.isValid(bits) ? 0 : 1
            keys[target &+ x] = Scalar.key(bits) ^ reversal
          }
        }
        if invalid != 0 {
          throw unsafe firstInvalid(
            scalar, in: source, strideX: strideX, swapped: swapped,
            flatIndex: index * volumes.shape.voxels + (z * layout.ny + y) * layout.nx)
        }
        if y & 255 == 0 { try translatingErrors { () throws(ComputeError) in try interruption.check() } }
      }
    }
  }

  /// The error that names the first element of a row that is not a value.
  private func firstInvalid<Scalar: ScalarKeys>(
    _ scalar: Scalar.Type, in source: UnsafeRawPointer, strideX: Int, swapped: Bool, flatIndex: Int
  ) -> PersistenceError {
    var index = flatIndex
    for x in 0..<layout.nx {
      let raw = unsafe source.loadUnaligned(fromByteOffset: x &* strideX, as: Scalar.Bits.self)
      if !Scalar.isValid(swapped ? raw.byteSwapped : raw) {
        index = flatIndex + x
        break
      }
    }
    return Scalar.self is any IntegerKeys.Type ? .integerTooLarge(index: index) : .notANumber(index: index)
  }
}

/// Marks the conversions whose invalid elements are integers, not NaN.
private protocol IntegerKeys {}
extension LargeIntegerKeys: IntegerKeys {}
