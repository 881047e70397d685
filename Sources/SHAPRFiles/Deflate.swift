// The only file that speaks to zlib.
internal import CZlib
internal import ComputeRuntime

/// What stands around packed data.
enum DeflateFormat {
  /// As in TIFF.
  case zlib
  /// As in files named `.gz`, and in NRRD.
  case gzip

  fileprivate var windowBits: Int32 { self == .zlib ? 15 : 15 + 16 }
}

extension ByteSink {
  /// Puts `bytes` in, packed.
  mutating func putDeflated(
    _ bytes: FencedPointer<UInt8>, as format: DeflateFormat, budget: MemoryBudget
  ) throws(ComputeError) {
    let piece = try Scratch<UInt8>(count: 1 << 16, budget: budget)
    defer { withExtendedLifetime(piece) {} }
    var stream = unsafe z_stream()
    let status = unsafe deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, format.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    // It can refuse only for want of memory.
    guard status == Z_OK else { throw .memoryRefused(bytes: 1 << 18) }
    defer { unsafe _ = deflateEnd(&stream) }
    var (taken, isDone) = (0, false)
    while !isDone {
      if unsafe stream.avail_in == 0, taken < bytes.count {
        let count = min(bytes.count - taken, 1 << 30)
        unsafe stream.next_in = bytes.pointer + taken
        unsafe stream.avail_in = UInt32(count)
        taken += count
      }
      unsafe stream.next_out = piece.cells.pointer
      unsafe stream.avail_out = UInt32(piece.capacity)
      let step = unsafe deflate(&stream, taken == bytes.count ? Z_FINISH : Z_NO_FLUSH)
      try put(piece.cells.prefix(unsafe piece.capacity - Int(stream.avail_out)))
      isDone = step == Z_STREAM_END
    }
  }
}
