public import ComputeRuntime
public import NeuralKernels

/// The simplest guess of a cell's shape: its mask, repeated through a range of slices.
///
/// What a trained network has to beat. The range is the same for all cells and is the best there is on the
/// training cells, so that the guess is as good as such a guess can be.
public struct MaskExtrusion: Equatable, Sendable {
  /// The slices that hold the mask.
  public let slices: Range<Int>
  /// The mean intersection over union on the cells it was fitted to.
  public let meanIoU: Double

  /// Tries every range of slices on `cells` and keeps the one with the largest mean intersection over union
  /// with their objects; of equally good ones the one that begins first, and of those the shortest.
  ///
  /// - Parameters:
  ///   - cells: indices into `source`, at least one.
  ///   - binarisation: what counts as object in the truth, which is grey.
  public init(
    fittedTo cells: [Int], of source: some CellSource, binarisation: Binarisation = Binarisation(),
    budget: MemoryBudget
  ) throws {
    precondition(!cells.isEmpty, "a range of slices is fitted to cells")
    let extent = source.extent
    let input = try Scratch<Float>(count: extent.inputCount, budget: budget)
    let object = try Scratch<Float>(count: extent.objectCount, budget: budget)
    let shares = try SliceRanges(depth: extent.depth, budget: budget)
    for cell in cells {
      try source.load(cell, input: input.cells, object: object.cells)
      let truth = try binarisation.object(
        object.cells, isPrediction: false,
        extent: Extent(extent.depth, extent.height, extent.width), budget: budget)
      shares.add(mask: input.cells, truth: truth)
    }
    let best = shares.best
    (slices, meanIoU) = (best.slices, best.sum / Double(cells.count))
  }

  /// Writes the guess: 1 where the mask is at least half of its full value in one of the slices, 0 elsewhere.
  ///
  /// - Parameters:
  ///   - mask: `H x W`.
  ///   - volume: `D x H x W`.
  public func write(mask: Floats, extent: CellExtent, to volume: Floats) {
    let area = extent.height * extent.width
    for z in 0..<extent.depth {
      for place in 0..<area {
        volume[z * area + place] = slices.contains(z) && isInside(mask[place]) ? 1 : 0
      }
    }
  }
}

private func isInside(_ mask: Float) -> Bool { mask >= 0.5 }

/// For every range of slices, the sum over cells of the intersection over union.
private final class SliceRanges {
  private let depth: Int
  /// `[first][end]`.
  private let sums: Scratch<Double>

  init(depth: Int, budget: MemoryBudget) throws {
    self.depth = depth
    sums = try Scratch(count: (depth + 1) * (depth + 1), zeroed: true, budget: budget)
  }

  func add(mask: Floats, truth: BinaryObject) {
    let area = truth.extent.height * truth.extent.width
    let maskCount = (0..<area).count { isInside(mask[$0]) }
    // Object voxels under the mask, up to each slice.
    var inside = [0]
    for z in 0..<depth {
      let here = (0..<area).count { truth.voxels[z * area + $0] == 1 && isInside(mask[$0]) }
      inside.append((inside.last ?? 0) + here)
    }
    let objectCount = truth.count
    for first in 0..<depth {
      for end in first + 1...depth {
        let intersection = inside[end] - inside[first]
        let union = maskCount * (end - first) + objectCount - intersection
        guard union > 0 else { continue }
        sums.cells[first * (depth + 1) + end] += Double(intersection) / Double(union)
      }
    }
  }

  var best: (slices: Range<Int>, sum: Double) {
    var best = (slices: 0..<depth, sum: -1.0)
    for first in 0..<depth {
      for end in first + 1...depth {
        let sum = sums.cells[first * (depth + 1) + end]
        if sum > best.sum { best = (first..<end, sum) }
      }
    }
    return best
  }
}
