import TestOracles
import Testing

@Suite("NaiveAssignment")
struct NaiveAssignmentTests {
  /// `levels` 0: any value; otherwise small whole numbers, so that many assignments are best.
  static func costs(_ count: Int, levels: UInt64, using generator: inout SeededGenerator) -> [[Double]] {
    (0..<count).map { _ in
      (0..<count).map { _ in levels == 0 ? generator.unit() : Double(generator.next() % levels) }
    }
  }

  @Test("costs what the best permutation costs", arguments: [UInt64(0), 2, 4])
  func permutations(levels: UInt64) {
    var generator = SeededGenerator(seed: 0xA5)
    for index in 0..<140 {
      let costs = Self.costs(index % 8, levels: levels, using: &generator)
      let found = NaiveAssignment(costs: costs)
      #expect(Set(found.columnOfRow) == Set(costs.indices))
      // Sums of at most 7 numbers below 4.
      #expect(abs(found.cost - NaiveAssignment.exhaustiveCost(costs)) < 1e-14)
    }
  }

  @Test("the potentials prove the assignment", arguments: [UInt64(0), 3])
  func potentials(levels: UInt64) {
    var generator = SeededGenerator(seed: 0xA6)
    for count in [1, 2, 9, 30, 61] {
      let costs = Self.costs(count, levels: levels, using: &generator)
      let found = NaiveAssignment(costs: costs)
      #expect(Set(found.columnOfRow).count == count)
      for row in 0..<count {
        for column in 0..<count {
          let slack = costs[row][column] - found.rowPotentials[row] - found.columnPotentials[column]
          #expect(slack > -1e-13)
          if found.columnOfRow[row] == column { #expect(abs(slack) < 1e-13) }
        }
      }
    }
  }

  @Test("a matrix whose greedy choice is wrong, and one without rows")
  func known() {
    #expect(NaiveAssignment(costs: [[1, 2], [1, 9]]).columnOfRow == [1, 0])
    #expect(NaiveAssignment(costs: [[1, 2], [1, 9]]).cost == 3)
    #expect(NaiveAssignment(costs: []).cost == 0)
    #expect(NaiveAssignment.exhaustiveCost([[1, 2], [1, 9]]) == 3)
  }
}
