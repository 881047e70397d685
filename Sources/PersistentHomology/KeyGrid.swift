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

  /// Copies rows of a volume in, as keys.
  ///
  /// - Parameters:
  ///   - index: of the volume.
  ///   - rows: numbered z-major.
  ///   - isReversed: whether higher values get lower keys.
  /// - Returns: the flat index, in the whole array, of the first element that is not a value.
  func copy<Scalar: ScalarKeys>(
    _ scalar: Scalar.Type, from volumes: StridedVolumes, index: Int, rows: Range<Int>, isReversed: Bool,
    interruption: Interruption
  ) throws(ComputeError) -> Int? where Scalar.Key == Key {
    let first = unsafe volumes.volume(index)
    let (extents, strides) = (volumes.shape.extents, volumes.strides)
    // Axes of length one are not in the layout, and need no stride.
    let long = extents.indices.filter { extents[$0] > 1 }
    let strideX = long.last.map { strides[$0] } ?? 0
    let strideY = long.count > 1 ? strides[long[long.count - 2]] : 0
    let strideZ = long.count > 2 ? strides[long[0]] : 0
    let reversal: Key = isReversed ? -1 : 0
    let swapped = volumes.isByteSwapped
    var (z, y) = rows.lowerBound.quotientAndRemainder(dividingBy: layout.ny)
    for row in rows {
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
        let x = unsafe firstInvalid(scalar, in: source, strideX: strideX, swapped: swapped)
        return index * volumes.shape.voxels + row * layout.nx + x
      }
      y &+= 1
      if y == layout.ny {
        (z, y) = (z &+ 1, 0)
        try interruption.check()
      }
    }
    return nil
  }

  /// The place of the first element of a row that is not a value.
  private func firstInvalid<Scalar: ScalarKeys>(
    _ scalar: Scalar.Type, in source: UnsafeRawPointer, strideX: Int, swapped: Bool
  ) -> Int {
    for x in 0..<layout.nx {
      let raw = unsafe source.loadUnaligned(fromByteOffset: x &* strideX, as: Scalar.Bits.self)
      if !Scalar.isValid(swapped ? raw.byteSwapped : raw) { return x }
    }
    return 0  // changed by another thread since: the row was not valid all the same
  }
}
