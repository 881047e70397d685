import PersistentHomology
import TestOracles
import Testing
import TopologicalLoss

@Suite("Resampling and its adjoint")
struct ResamplingTests {
  @Test("one axis: every extent to every extent")
  func line() throws {
    var generator = SeededGenerator(seed: 0x5A)
    for extent in 1...9 {
      for count in 1...6 { try check(shape: [extent], resolution: [count], using: &generator) }
      try check(shape: [extent], resolution: [nil], using: &generator)
    }
  }

  @Test("two and three axes")
  func volumes() throws {
    var generator = SeededGenerator(seed: 0x5B)
    for index in 0..<240 {
      let rank = 2 + index % 2
      let shape = (0..<rank).map { _ in 1 + Int(generator.next() % (index < 200 ? 6 : 9)) }
      let resolution = (0..<rank).map { _ -> Int? in
        let count = Int(generator.next() % 7)
        return count == 0 ? nil : count
      }
      try check(shape: shape, resolution: resolution, using: &generator)
    }
  }

  private func check(shape: [Int], resolution: [Int?], using generator: inout SeededGenerator) throws {
    let twin = NaiveResampling(shape: shape, resolution: resolution)
    let batch = 1 + Int(generator.next() % 2)
    let (inputs, outputs) = (shape.reduce(1, *), twin.outputShape.reduce(1, *))
    let values = randomDirection(batch * inputs, using: &generator)
    let gradient = randomDirection(batch * outputs, using: &generator)
    let found = try resample(
      values, shape: [batch] + shape, rank: shape.count, resolution: resolution)
    let carriedBack = try resampleAdjoint(
      gradient, shape: [batch] + twin.outputShape, rank: shape.count, extents: shape)
    #expect(found.count == batch * outputs && carriedBack.count == batch * inputs)
    // Eight products of numbers below 1.
    for volume in 0..<batch {
      let expected = twin(Array(values[volume * inputs..<(volume + 1) * inputs]))
      let own = Array(found[volume * outputs..<(volume + 1) * outputs])
      #expect(largestDifference(own, expected) <= 4e-16, "\(shape) to \(resolution)")
      let expectedBack = twin.adjoint(Array(gradient[volume * outputs..<(volume + 1) * outputs]))
      let ownBack = Array(carriedBack[volume * inputs..<(volume + 1) * inputs])
      // Up to 216 voxels of the result share one voxel of the input.
      #expect(largestDifference(ownBack, expectedBack) <= 1e-13, "\(shape) to \(resolution)")
    }
    // <A x, y> = <x, A^T y>
    let error = abs(dot(found, gradient) - dot(values, carriedBack))
    #expect(error <= 1e-14 * Double(batch * inputs), "\(shape) to \(resolution)")
  }

  @Test("corners are kept to the last bit, and so are voxels that lie on voxels")
  func corners() throws {
    var generator = SeededGenerator(seed: 0x5C)
    let values = randomDirection(9 * 7 * 5, using: &generator)
    let found = try resample(values, shape: [9, 7, 5], rank: 3, resolution: [5, 3, 2])
    for z in 0..<5 {
      for y in 0..<3 {
        for x in 0..<2 { #expect(found[(z * 3 + y) * 2 + x] == values[(2 * z * 7 + 3 * y) * 5 + 4 * x]) }
      }
    }
    #expect(try resample(values, shape: [9, 7, 5], rank: 3, resolution: [nil, 7, 99]) == values)
  }

  @Test("Float and Float16 are resampled in their own type")
  func types() throws {
    var generator = SeededGenerator(seed: 0x5D)
    let values = randomDirection(6 * 7, using: &generator).map { Float16($0) }
    let expected = NaiveResampling(shape: [6, 7], resolution: [4, 3])(values.map { Double($0) })
    let single = try resample(values.map { Float($0) }, shape: [6, 7], rank: 2, resolution: [4, 3])
    let half = try resample(values, shape: [6, 7], rank: 2, resolution: [4, 3])
    // A few roundings of numbers below 1 in each type.
    #expect(largestDifference(single.map { Double($0) }, expected) <= 3e-7)
    #expect(largestDifference(half.map { Double($0) }, expected) <= 2e-3)
  }
}
