// Raw memory: the slots are never given back, so that a token is looked up without a lock.
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import Synchronization

/// Objects that callers in other languages hold by a token, a number that is never given twice.
///
/// A token names a slot of this table and the slot's generation, which changes when its object is removed; a
/// token that was removed, or that nobody gave, finds nothing. Only atomic operations, no locks: a fork at any
/// moment leaves the child with a table that works, and a signal handler may look a token up.
/// (docs/decisions/0016-handles.md)
package enum HandleTable {
  /// A slot's `state`, from the highest bit down: generation 32, kind 2, live 1, pins 29. Whoever reads the
  /// object pins it meanwhile; the last to unpin a slot that is no longer live lets the object go.
  private struct Slot: ~Copyable {
    let state: Atomic<UInt>
    /// The object's address, with a reference that the table holds.
    let object: Atomic<UInt>
    /// The next free slot and 1; 0: none.
    let next: Atomic<UInt>
  }

  private static let live: UInt = 1 << 29
  private static let pins = live - 1
  private static let kindShift: UInt = 30
  private static let generationShift: UInt = 32
  private static let lastGeneration = lowHalf
  private static let lowHalf: UInt = 1 << 32 - 1

  /// A token, from the highest bit down: 1010, kind 2, place 26, generation 32. No address of memory begins
  /// with 1010: no pointer is taken for a token, and who follows a token like a pointer meets a fault.
  private static let mark: UInt = 0b1010 << 60
  private static let tokenKindShift: UInt = 58
  private static let tokenIndexShift: UInt = 32

  /// Block k has 1,024 << k slots. Addresses; 0: not there yet.
  private static let blocks = InlineArray<16, Atomic<UInt>> { _ in Atomic(0) }
  /// How many places were ever taken.
  private static let used = Atomic<Int>(0)
  /// The first free place and 1 in the low half; above, how often this changed.
  private static let freePlaces = Atomic<UInt>(0)

  /// Holds an object until its token is removed.
  ///
  /// - Parameter kind: 0 to 3; a token is looked up with the kind it was made with.
  /// - Returns: the token; nil when memory is refused, or 2^26 objects are held.
  package static func insert(_ object: AnyObject, kind: UInt) -> UInt? {
    guard let place = takeFreePlace() ?? newPlace() else { return nil }
    let slot = unsafe place.slot
    unsafe slot.pointee.object.store(
      UInt(bitPattern: Unmanaged.passRetained(object).toOpaque()), ordering: .relaxed)
    let generation = unsafe slot.pointee.state.load(ordering: .relaxed) >> generationShift
    unsafe slot.pointee.state.store(
      generation << generationShift | kind << kindShift | live, ordering: .releasing)
    return mark | kind << tokenKindShift | UInt(place.index) << tokenIndexShift | generation
  }

  /// The object of a token; nil when there is none.
  package static func object(_ token: UInt, kind: UInt) -> AnyObject? {
    guard let place = pinned(token, kind) else { return nil }
    defer { unpin(place) }
    let address = unsafe place.slot.pointee.object.load(ordering: .relaxed)
    return unsafe UnsafeRawPointer(bitPattern: address).map {
      unsafe Unmanaged<AnyObject>.fromOpaque($0).takeUnretainedValue()
    }
  }

  /// Lets a token's object go; a call that found it before keeps it as long as it runs.
  ///
  /// - Returns: whether there was one.
  package static func remove(_ token: UInt, kind: UInt) -> Bool {
    guard let place = pinned(token, kind) else { return false }
    let before = unsafe place.slot.pointee.state.bitwiseAnd(~live, ordering: .acquiringAndReleasing).oldValue
    unpin(place)
    return before & live != 0
  }

  // MARK: - Pins

  /// Where a token leads, with a pin that keeps the object from going.
  private static func pinned(_ token: UInt, _ kind: UInt) -> Place? {
    guard token >> tokenKindShift == (mark >> tokenKindShift | kind),
      let place = place(Int(token >> tokenIndexShift & (1 << 26 - 1)))
    else { return nil }
    let wanted = (token & lastGeneration) << generationShift | kind << kindShift | live
    var state = unsafe place.slot.pointee.state.load(ordering: .relaxed)
    while state & ~pins == wanted {
      let (exchanged, original) = unsafe place.slot.pointee.state.compareExchange(
        expected: state, desired: state + 1, ordering: .acquiring)
      if exchanged { return place }
      state = original
    }
    return nil
  }

  private static func unpin(_ place: Place) {
    let state = unsafe place.slot.pointee.state.subtract(1, ordering: .acquiringAndReleasing).newValue
    guard state & (live | pins) == 0 else { return }
    let address = unsafe place.slot.pointee.object.load(ordering: .relaxed)
    let generation = state >> generationShift
    // A slot whose generations are used up is never taken again.
    if generation < lastGeneration {
      unsafe place.slot.pointee.state.store((generation + 1) << generationShift, ordering: .releasing)
      giveBack(place)
    }
    if let object = unsafe UnsafeRawPointer(bitPattern: address) {
      unsafe Unmanaged<AnyObject>.fromOpaque(object).release()
    }
  }

  // MARK: - Places

  @safe private struct Place {
    let index: Int
    let slot: UnsafeMutablePointer<Slot>
  }

  /// A place of the table, if its block is there.
  private static func place(_ index: Int) -> Place? {
    let (block, offset) = location(index)
    guard block < blocks.count else { return nil }
    let address = blocks[block].load(ordering: .acquiring)
    return unsafe UnsafeMutablePointer<Slot>(bitPattern: address).map {
      unsafe Place(index: index, slot: $0 + offset)
    }
  }

  /// The block that a place is in, and where in it.
  private static func location(_ index: Int) -> (block: Int, offset: Int) {
    let number = index >> 10 + 1
    let block = Int.bitWidth - 1 - number.leadingZeroBitCount
    return (block, index - (1 << block - 1) << 10)
  }

  private static func newPlace() -> Place? {
    var index = used.load(ordering: .relaxed)
    while makeBlock(location(index).block) {
      let (exchanged, original) = used.compareExchange(
        expected: index, desired: index + 1, ordering: .relaxed)
      if exchanged { return place(index) }
      index = original
    }
    return nil
  }

  /// Sees to it that a block is there; false when memory is refused, or there are no more blocks.
  private static func makeBlock(_ block: Int) -> Bool {
    guard block < blocks.count else { return false }
    guard blocks[block].load(ordering: .acquiring) == 0 else { return true }
    guard let memory = unsafe calloc(1024 << block, MemoryLayout<Slot>.stride) else { return false }
    let others = blocks[block].compareExchange(
      expected: 0, desired: UInt(bitPattern: memory), ordering: .acquiringAndReleasing)
    if !others.exchanged { unsafe free(memory) }
    return true
  }

  private static func takeFreePlace() -> Place? {
    var head = freePlaces.load(ordering: .acquiring)
    while head & lowHalf != 0, let first = place(Int(head & lowHalf) - 1) {
      let next = unsafe first.slot.pointee.next.load(ordering: .relaxed)
      let (exchanged, original) = freePlaces.compareExchange(
        expected: head, desired: changed(head, to: next), ordering: .acquiringAndReleasing)
      if exchanged { return first }
      head = original
    }
    return nil
  }

  private static func giveBack(_ place: Place) {
    var head = freePlaces.load(ordering: .relaxed)
    while true {
      unsafe place.slot.pointee.next.store(head & lowHalf, ordering: .relaxed)
      let (exchanged, original) = freePlaces.compareExchange(
        expected: head, desired: changed(head, to: UInt(place.index + 1)), ordering: .acquiringAndReleasing)
      if exchanged { return }
      head = original
    }
  }

  private static func changed(_ head: UInt, to first: UInt) -> UInt {
    (head & ~lowHalf) &+ (1 << 32) | first
  }
}
