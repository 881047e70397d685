internal import ComputeRuntime
internal import NeuralKernels

/// A set of voxels: one byte each, 1 inside and 0 outside, `D x H x W`, row-major.
final class BinaryObject {
  let extent: Extent
  private let storage: Scratch<UInt8>

  var voxels: FencedPointer<UInt8> { storage.cells }

  /// All voxels outside.
  init(_ extent: Extent, budget: MemoryBudget) throws(ComputeError) {
    self.extent = extent
    storage = try Scratch(count: extent.count, zeroed: true, budget: budget)
  }

  /// The voxels whose value is above a threshold.
  convenience init(
    _ values: Floats, above threshold: Float, extent: Extent, budget: MemoryBudget
  ) throws(ComputeError) {
    try self.init(extent, budget: budget)
    let voxels = voxels
    for index in 0..<extent.count { voxels[index] = values[index] > threshold ? 1 : 0 }
  }

  var count: Int { count(where: voxels, and: voxels) }

  /// Voxels that both have.
  func overlap(with other: BinaryObject) -> Int { count(where: voxels, and: other.voxels) }

  /// Voxels that only one of the two has.
  func difference(from other: BinaryObject) -> Int {
    count + other.count - 2 * overlap(with: other)
  }

  private func count(where one: FencedPointer<UInt8>, and other: FencedPointer<UInt8>) -> Int {
    var total = 0
    for index in 0..<extent.count { total += Int(one[index] & other[index]) }
    return total
  }

  /// Voxels of the object that have a voxel outside the object among their 26 neighbours.
  ///
  /// What lies outside the volume does not count, so an object that fills its volume has no surface.
  func surfaceCount(budget: MemoryBudget) throws(ComputeError) -> Int {
    let first = try BinaryObject(extent, budget: budget)
    let second = try BinaryObject(extent, budget: budget)
    // A voxel is inside when its 3 x 3 x 3 neighbourhood is: along one axis after the other.
    let (depth, height, width) = (extent.depth, extent.height, extent.width)
    voxels.keepInner(blocks: depth * height, length: width, stride: 1, to: first.voxels)
    first.voxels.keepInner(blocks: depth, length: height, stride: width, to: second.voxels)
    second.voxels.keepInner(blocks: 1, length: depth, stride: height * width, to: first.voxels)
    return count - first.count
  }
}

extension FencedPointer<UInt8> {
  /// Along one axis: 1 where a voxel and its neighbours are 1.
  ///
  /// - Parameters:
  ///   - blocks: how many times the axis lies one after the other in memory.
  ///   - length: of the axis.
  ///   - stride: from one place of the axis to the next.
  fileprivate func keepInner(
    blocks: Int, length: Int, stride: Int, to target: FencedPointer<UInt8>
  ) {
    for block in 0..<blocks {
      let start = block * length * stride
      for place in 0..<length {
        let here = start + place * stride
        // A voxel at the border stands in for the neighbour that it does not have.
        let before = place > 0 ? here - stride : here
        let after = place < length - 1 ? here + stride : here
        for step in 0..<stride {
          target[here + step] = self[here + step] & self[before + step] & self[after + step]
        }
      }
    }
  }
}
