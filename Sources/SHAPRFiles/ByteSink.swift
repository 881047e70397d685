internal import ComputeRuntime

/// Bytes that are put one behind the other into memory that grows.
struct ByteSink {
  let order: ByteOrder
  private let memory: Scratch<UInt8>
  private(set) var count = 0

  init(_ order: ByteOrder = .littleEndian, budget: MemoryBudget) {
    self.order = order
    memory = Scratch(budget: budget)
  }

  /// What was put in; valid while the sink is kept and nothing more is put in.
  var bytes: FencedPointer<UInt8> { memory.cells.prefix(count) }

  mutating func put(_ value: UInt64, width: Int) throws(ComputeError) {
    try memory.reserve(count + width)
    for index in 0..<width {
      let shift = 8 * (order == .littleEndian ? index : width - 1 - index)
      memory.cells[count + index] = UInt8(truncatingIfNeeded: value >> UInt64(shift))
    }
    count += width
  }

  mutating func put(_ text: String) throws(ComputeError) {
    for byte in text.utf8 { try put(UInt64(byte), width: 1) }
  }

  mutating func put(_ other: FencedPointer<UInt8>) throws(ComputeError) {
    try memory.reserve(count + other.count)
    memory.cells.copy(other, count: other.count, to: count)
    count += other.count
  }

  /// Takes everything out and keeps the memory.
  mutating func empty() { count = 0 }
}
