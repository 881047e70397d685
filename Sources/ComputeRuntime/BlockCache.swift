// Raw memory, only for ``Scratch``.
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import Synchronization

/// Blocks of memory that were given back a moment ago, for the next call.
///
/// Without it, every call of a training loop gets its few megabytes from the system page by page, which
/// takes a fifth of the time of a 64^3 volume. At most 64 MiB are kept. Only atomic exchanges, no
/// locks: a fork at any moment leaves the child with a cache that works.
enum BlockCache {
  private static let smallest = 1 << 16
  private static let largest = 1 << 24
  private static let mostKept = 64 << 20
  private static let slotsPerClass = 4

  /// For each of 33 classes of sizes, four addresses; 0 where there is none.
  private static let slots = InlineArray<132, Atomic<UInt>> { _ in Atomic(0) }
  private static let kept = Atomic<Int>(0)

  /// How many bytes a block for `bytes` has: sizes come in steps of a quarter, so that blocks fit again.
  static func blockSize(for bytes: Int) -> Int {
    guard bytes > smallest, bytes <= largest else { return bytes }
    let step = 1 << (Int.bitWidth - 3 - (bytes - 1).leadingZeroBitCount)
    return (bytes + step - 1) / step * step
  }

  /// A block of `size` bytes whose content is anything, or `nil`.
  static func take(_ size: Int) -> UnsafeMutableRawPointer? {
    guard let first = firstSlot(size) else { return nil }
    for slot in first..<first + slotsPerClass {
      let address = slots[slot].exchange(0, ordering: .acquiring)
      if address != 0 {
        kept.subtract(size, ordering: .relaxed)
        return unsafe UnsafeMutableRawPointer(bitPattern: address)
      }
    }
    return nil
  }

  /// Keeps a block of `size` bytes, or gives it back to the system.
  static func put(_ block: UnsafeMutableRawPointer, size: Int) {
    if let first = firstSlot(size) {
      if kept.add(size, ordering: .relaxed).newValue <= mostKept {
        for slot in first..<first + slotsPerClass {
          let address = UInt(bitPattern: block)
          if slots[slot].compareExchange(expected: 0, desired: address, ordering: .releasing).exchanged {
            return
          }
        }
      }
      kept.subtract(size, ordering: .relaxed)
    }
    unsafe free(block)
  }

  /// The first slot for blocks of a size, if it is one that is kept.
  private static func firstSlot(_ size: Int) -> Int? {
    guard size >= smallest, size <= largest, size == blockSize(for: size) else { return nil }
    let power = Int.bitWidth - 1 - size.leadingZeroBitCount
    let quarter = (size - (1 << power)) >> (power - 2)
    return ((power - 16) * 4 + quarter) * slotsPerClass
  }
}
