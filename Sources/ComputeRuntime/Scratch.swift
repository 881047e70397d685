// The only file that allocates raw memory.
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A view of raw memory with a fence: every access is checked against `count` in debug and test
/// builds, and costs nothing more than a pointer in release builds.
///
/// It stays valid as long as the ``Scratch`` it came from lives and does not grow.
/// (`@inlinable`, against the house's habit: these two accessors are the inner loops of other
/// modules, and without it each would be a call.)
@safe @frozen
public struct FencedPointer<Element: BitwiseCopyable>: @unchecked Sendable, BitwiseCopyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let count: Int

  /// - Precondition: `base` is valid for `count` elements as long as this view is used.
  @inlinable @unsafe
  public init(base: UnsafeMutablePointer<Element>, count: Int) {
    unsafe self.base = base
    self.count = count
  }

  @inlinable @inline(__always)
  public subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count, "index outside its fence")
      return unsafe base[index]
    }
    nonmutating set {
      assert(index >= 0 && index < count, "index outside its fence")
      unsafe base[index] = newValue
    }
  }

  /// The address, for C functions.
  @inlinable @unsafe
  public var pointer: UnsafeMutablePointer<Element> { unsafe base }

  /// The same memory from `start` on.
  @inlinable
  public func suffix(from start: Int) -> FencedPointer<Element> {
    assert(start >= 0 && start <= count, "start outside its fence")
    return unsafe FencedPointer(base: base + start, count: count - start)
  }

  /// The first `count` elements.
  @inlinable
  public func prefix(_ count: Int) -> FencedPointer<Element> {
    assert(count >= 0 && count <= self.count, "count outside its fence")
    return unsafe FencedPointer(base: base, count: count)
  }

  /// Sets the elements in `range` to `value`.
  @inlinable
  public func fill(_ range: Range<Int>, with value: Element) {
    assert(range.lowerBound >= 0 && range.upperBound <= count, "range outside its fence")
    unsafe (base + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Copies `count` elements of `other` to `index`.
  @inlinable
  public func copy(_ other: FencedPointer<Element>, count: Int, to index: Int) {
    assert(index >= 0 && count >= 0 && index + count <= self.count && count <= other.count)
    unsafe (base + index).update(from: other.base, count: count)
  }
}

/// Working memory of the size that the input calls for; a refusal is an error, never a crash.
///
/// Remembers its elements and its share of the budget. New elements are not initialised, unless
/// `zeroed` was asked for.
public final class Scratch<Element: BitwiseCopyable>: @unchecked Sendable {
  /// The memory; take it anew after ``reserve(_:)``.
  public private(set) var cells: FencedPointer<Element>
  private let budget: MemoryBudget
  private var bytes: UInt64 = 0

  public var capacity: Int { cells.count }

  /// An empty buffer, to be grown with ``reserve(_:)``.
  public init(budget: MemoryBudget) {
    self.budget = budget
    unsafe cells = FencedPointer(base: Self.placeholder, count: 0)
  }

  /// - Parameter zeroed: all bits of the elements are zero.
  public convenience init(
    count: Int, zeroed: Bool = false, budget: MemoryBudget
  ) throws(ComputeError) {
    self.init(budget: budget)
    try allocate(count, zeroed: zeroed)
  }

  deinit { release() }

  /// Makes room for `count` elements and keeps those that are there. Grows by half at least, so
  /// that appending stays cheap.
  public func reserve(_ count: Int) throws(ComputeError) {
    guard count > capacity else { return }
    let grown = max(count, capacity &+ capacity / 2)
    let wanted = try Self.byteCount(grown)
    try budget.take(wanted)
    guard let memory = unsafe moved(to: BlockCache.blockSize(for: Int(wanted))) else {
      budget.give(back: wanted)
      throw .memoryRefused(bytes: wanted)
    }
    budget.give(back: bytes)
    bytes = wanted
    unsafe cells = FencedPointer(
      base: memory.bindMemory(to: Element.self, capacity: grown), count: grown)
  }

  /// The memory, made `size` bytes large; `nil`, and unchanged, when that is refused.
  private func moved(to size: Int) -> UnsafeMutableRawPointer? {
    guard capacity > 0 else { return unsafe Self.memory(size, zeroed: false) }
    let old = unsafe UnsafeMutableRawPointer(cells.pointer)
    let oldSize = BlockCache.blockSize(for: Int(bytes))
    // The system moves large blocks by changing the page table.
    if oldSize > 16 << 20 {
      guard AddressSpace.hasRoom(for: size - oldSize) else { return nil }
      return unsafe realloc(old, size)
    }
    guard let memory = unsafe Self.memory(size, zeroed: false) else { return nil }
    unsafe memcpy(memory, old, Int(bytes))
    unsafe BlockCache.put(old, size: oldSize)
    return unsafe memory
  }

  /// Makes room for `count` elements without keeping any.
  public func replace(_ count: Int, zeroed: Bool = false) throws(ComputeError) {
    guard zeroed || count > capacity else { return }
    release()
    try allocate(count, zeroed: zeroed)
  }

  /// Gives the memory back now.
  public func release() {
    if capacity > 0 {
      unsafe BlockCache.put(
        UnsafeMutableRawPointer(cells.pointer), size: BlockCache.blockSize(for: Int(bytes)))
    }
    budget.give(back: bytes)
    bytes = 0
    unsafe cells = FencedPointer(base: Self.placeholder, count: 0)
  }

  private func allocate(_ count: Int, zeroed: Bool) throws(ComputeError) {
    guard count > 0 else { return }
    let wanted = try Self.byteCount(count)
    try budget.take(wanted)
    guard let memory = unsafe Self.memory(BlockCache.blockSize(for: Int(wanted)), zeroed: zeroed) else {
      budget.give(back: wanted)
      throw .memoryRefused(bytes: wanted)
    }
    bytes = wanted
    unsafe cells = FencedPointer(
      base: memory.bindMemory(to: Element.self, capacity: count), count: count)
  }

  private static func byteCount(_ count: Int) throws(ComputeError) -> UInt64 {
    let (bytes, overflow) = UInt64(max(count, 0)).multipliedReportingOverflow(
      by: UInt64(MemoryLayout<Element>.stride))
    guard !overflow, bytes <= UInt64(Int.max) else { throw .memoryRefused(bytes: .max) }
    return bytes
  }

  /// Large buffers are aligned for, and asked to use, huge pages: the walks of persistent homology
  /// jump between planes, and a miss in the page table costs as much as one in the cache.
  private static func memory(_ bytes: Int, zeroed: Bool) -> UnsafeMutableRawPointer? {
    if let block = unsafe BlockCache.take(bytes) {
      if zeroed { unsafe memset(block, 0, bytes) }
      return unsafe block
    }
    guard bytes < 1 << 16 || AddressSpace.hasRoom(for: bytes) else { return nil }
    #if os(Linux)
      let hugePage = 2 << 20
      if bytes >= 2 * hugePage {
        var memory: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&memory, hugePage, bytes) == 0 else { return nil }
        unsafe madvise(memory, bytes, 14 /* MADV_HUGEPAGE */)
        if zeroed, let memory = unsafe memory { unsafe memset(memory, 0, bytes) }
        return unsafe memory
      }
    #endif
    return unsafe zeroed ? calloc(bytes, 1) : malloc(bytes)
  }

  /// Where empty buffers point to; never read, since their count is zero.
  private static var placeholder: UnsafeMutablePointer<Element> {
    unsafe UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment).unsafelyUnwrapped
  }
}
