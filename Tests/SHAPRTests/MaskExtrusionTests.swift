import ComputeRuntime
import NeuralKernels
import TestOracles
import Testing

@testable import SHAPR

/// Masks and objects drawn at random: each voxel for itself, rarer towards the first and the last slice.
private struct RandomCells: CellSource {
  let count: Int
  let extent: CellExtent
  let seed: UInt64

  func name(of index: Int) -> String { "cell\(index)" }

  func load(_ index: Int, input: FencedPointer<Float>, object: FencedPointer<Float>?) throws {
    var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(index))
    let area = extent.height * extent.width
    for place in 0..<area {
      input[place] = generator.unit() < 0.6 ? 1 : 0
      input[area + place] = 0
    }
    guard let object else { return }
    for place in 0..<extent.objectCount {
      let z = Double(place / area) / Double(max(1, extent.depth - 1))
      object[place] = generator.unit() < 1 - abs(2 * z - 0.8) ? 1 : 0
    }
  }
}

@Suite("Mask extrusion")
struct MaskExtrusionTests {
  /// The slow twin: writes every guess out and counts voxels.
  private func slowBest(_ cells: [Int], _ source: RandomCells) throws -> (slices: Range<Int>, iou: Double) {
    let extent = source.extent
    let input = try Scratch<Float>(count: extent.inputCount, budget: MemoryBudget())
    let truth = try Scratch<Float>(count: extent.objectCount, budget: MemoryBudget())
    let area = extent.height * extent.width
    var best = (slices: 0..<1, iou: -1.0)
    for first in 0..<extent.depth {
      for end in first + 1...extent.depth {
        var sum = 0.0
        for cell in cells {
          try source.load(cell, input: input.cells, object: truth.cells)
          var (both, either) = (0, 0)
          for place in 0..<extent.objectCount {
            let guess = (first..<end).contains(place / area) && input.cells[place % area] == 1
            let isObject = truth.cells[place] == 1
            both += guess && isObject ? 1 : 0
            either += guess || isObject ? 1 : 0
          }
          sum += either > 0 ? Double(both) / Double(either) : 0
        }
        if sum / Double(cells.count) > best.iou { best = (first..<end, sum / Double(cells.count)) }
      }
    }
    return best
  }

  @Test("the best range of slices is that of the slow twin")
  func fit() throws {
    var tally = Tally("mask-extrusion", seed: 1)
    for seed in 1...40 as ClosedRange<UInt64> {
      let depth = Int(seed % 6) + 1
      let source = RandomCells(
        count: 4, extent: CellExtent(depth: depth, height: 3, width: 4), seed: seed)
      let found = try MaskExtrusion(fittedTo: [0, 2, 3], of: source, budget: MemoryBudget())
      let expected = try slowBest([0, 2, 3], source)
      tally.check(found.slices == expected.slices, "seed \(seed): \(found.slices), not \(expected.slices)")
      tally.check(
        error: abs(found.meanIoU - expected.iou), atMost: 1e-14, "seed \(seed), mean of three quotients")
    }
    #expect(tally.passed == tally.run, "\(tally.firstFailure ?? "")")
  }

  @Test("the guess is the mask in its slices, and nothing elsewhere")
  func write() throws {
    let extent = CellExtent(depth: 5, height: 2, width: 3)
    let source = RandomCells(count: 1, extent: extent, seed: 7)
    let extrusion = try MaskExtrusion(fittedTo: [0], of: source, budget: MemoryBudget())
    let mask: [Float] = [0, 0.49, 0.5, 1, 0, 0.9]
    let input = try Scratch<Float>(count: mask.count, budget: MemoryBudget())
    for (place, value) in mask.enumerated() { input.cells[place] = value }
    let volume = try Scratch<Float>(count: extent.objectCount, budget: MemoryBudget())
    extrusion.write(mask: input.cells, extent: extent, to: volume.cells)
    for place in 0..<extent.objectCount {
      let isInside = extrusion.slices.contains(place / 6) && mask[place % 6] >= 0.5
      #expect(volume.cells[place] == (isInside ? 1 : 0))
    }
  }
}
