import Glibc
import Synchronization
import Testing

@testable import ComputeRuntime

@Suite("Tokens of the handle table")
struct HandleTableTests {
  private final class Thing: Sendable {
    static let alive = Atomic<Int>(0)
    init() { Self.alive.add(1, ordering: .relaxed) }
    deinit { Self.alive.subtract(1, ordering: .relaxed) }
  }

  @Test("a token leads to its object until it is removed, once")
  func life() throws {
    weak var seen: AnyObject?
    let token: UInt
    do {
      let object = Plain()
      seen = object
      token = try #require(HandleTable.insert(object, kind: 2))
    }
    #expect(seen != nil && HandleTable.object(token, kind: 2) === seen)
    #expect(HandleTable.object(token, kind: 1) == nil && !HandleTable.remove(token, kind: 3))
    #expect(HandleTable.remove(token, kind: 2))
    #expect(seen == nil, "the table let it go")
    #expect(HandleTable.object(token, kind: 2) == nil && !HandleTable.remove(token, kind: 2))
  }

  private final class Plain {}

  @Test("who found an object keeps it after its token is removed")
  func keeping() throws {
    let token = try #require(HandleTable.insert(Plain(), kind: 0))
    let found = HandleTable.object(token, kind: 0)
    #expect(HandleTable.remove(token, kind: 0))
    #expect(found is Plain)
  }

  @Test("no token is given twice, although places are")
  func generations() throws {
    var seen: Set<UInt> = []
    for _ in 0..<5000 {
      let token = try #require(HandleTable.insert(Plain(), kind: 3))
      #expect(seen.insert(token).inserted)
      #expect(HandleTable.remove(token, kind: 3))
    }
    #expect(seen.allSatisfy { HandleTable.object($0, kind: 3) == nil })
    #expect(Set(seen.map { $0 >> 32 }).count < 2500, "places are taken again")
  }

  @Test("more objects than one block has places for")
  func manyObjects() throws {
    let tokens = (0..<20_000).map { _ in HandleTable.insert(Plain(), kind: 1) }
    #expect(Set(tokens).count == 20_000 && !tokens.contains(nil))
    for token in tokens.compactMap(\.self) {
      #expect(HandleTable.object(token, kind: 1) is Plain)
      #expect(HandleTable.remove(token, kind: 1))
    }
  }

  @Test("what nobody gave leads nowhere: addresses, small numbers, tokens with a bit flipped")
  func forged() throws {
    let kept = Plain()
    let token = try #require(HandleTable.insert(kept, kind: 0))
    defer { #expect(HandleTable.remove(token, kind: 0)) }
    let address = unsafe UInt(bitPattern: Unmanaged.passUnretained(kept).toOpaque())
    let numbers = [0, 1, address, .max, 0b1010 << 60, ~token] + (0..<64).map { token ^ 1 << $0 }
    // The very first token of a process is the least there can be.
    for number in numbers where number != token {
      for kind: UInt in 0...3 {
        let found = HandleTable.object(number, kind: kind)
        #expect(found == nil || found !== kept)
      }
    }
    #expect(HandleTable.object(token, kind: 0) === kept)
  }

  @Test("many threads insert, find and remove each other's tokens; nothing is lost or let go twice")
  func threads() throws {
    let shared = (0..<64).map { _ in Shared() }
    let removed = Atomic<Int>(0)
    let inserted = Atomic<Int>(0)
    try runWorkers(8, interruption: Interruption()) { worker in
      var state = UInt64(worker + 1)
      for _ in 0..<20_000 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let place = shared[Int(state >> 58)]
        let token = place.token.load(ordering: .relaxed)
        switch state >> 40 & 3 {
        case 0:
          guard let new = HandleTable.insert(Thing(), kind: 2) else { continue }
          inserted.add(1, ordering: .relaxed)
          let old = place.token.exchange(new, ordering: .relaxed)
          if HandleTable.remove(old, kind: 2) { removed.add(1, ordering: .relaxed) }
        case 1:
          if HandleTable.remove(token, kind: 2) { removed.add(1, ordering: .relaxed) }
        default:
          if let found = HandleTable.object(token, kind: 2) { precondition(found is Thing) }
        }
      }
    }
    for place in shared where HandleTable.remove(place.token.load(ordering: .relaxed), kind: 2) {
      removed.add(1, ordering: .relaxed)
    }
    #expect(removed.load(ordering: .relaxed) == inserted.load(ordering: .relaxed))
    #expect(Thing.alive.load(ordering: .relaxed) == 0)
  }

  private final class Shared: Sendable {
    let token = Atomic<UInt>(0)
  }
}
