internal import CProcessor
internal import ComputeRuntime

/// How a voxel's neighbours lie in a padded grid; made once for all volumes of a call.
final class Neighbourhood: Sendable {
  /// Which neighbours the row compare looks at.
  let stencil: cprocessor_stencil
  /// The same without the eight diagonal ones: enough for edges.
  let stencilWithoutCubes: cprocessor_stencil
  /// Mask bits of neighbours on axes that the layout leaves out, where these count as lower.
  let alwaysLower: UInt32
  /// Padded index step along each edge; 0 on axes that are left out.
  let steps: FencedPointer<Int>
  /// `axis * 8 + cube` -> the four corners of a cube on its far side.
  let farSides: FencedPointer<FarSide>
  private let stepStorage: Scratch<Int>
  private let farSideStorage: Scratch<FarSide>

  /// - Parameter suspended: whether neighbours on left-out axes count as lower. The volume is then
  ///   looked at as its suspension, in which its H(k) is H(k+1): a line or an image is treated as
  ///   if it were 3D.
  init(_ layout: PaddedLayout, suspended: Bool, budget: MemoryBudget) throws(ComputeError) {
    let strides = [1, layout.strideY, layout.strideZ]
    var always: UInt32 = 0
    var neighbours: [(offset: Int, bit: Int)] = []
    for dz in -1...1 {
      for dy in -1...1 {
        for dx in -1...1 where (dx, dy, dz) != (0, 0, 0) {
          let bit = Star.bit(dx, dy, dz)
          if (dy != 0 && strides[1] == 0) || (dz != 0 && strides[2] == 0) {
            if suspended { always |= 1 << UInt32(bit) }
          } else {
            neighbours.append((dx + dy * strides[1] + dz * strides[2], bit))
          }
        }
      }
    }
    stencil = Self.stencil(neighbours)
    stencilWithoutCubes = Self.stencil(neighbours.filter { $0.bit < 18 })
    alwaysLower = always
    stepStorage = try Scratch(count: 6, budget: budget)
    steps = stepStorage.cells
    farSideStorage = try Scratch(count: 24, budget: budget)
    farSides = farSideStorage.cells
    for edge in 0..<6 { steps[edge] = edge & 1 == 0 ? -strides[edge / 2] : strides[edge / 2] }
    for axis in 0..<3 {
      for cube in 0..<8 { farSides[axis * 8 + cube] = FarSide(axis: axis, cube: cube, steps: steps) }
    }
  }

  private static func stencil(_ neighbours: [(offset: Int, bit: Int)]) -> cprocessor_stencil {
    var stencil = cprocessor_stencil()
    // Edges first; among them from low to high index.
    let ordered = neighbours.sorted { ($0.bit >= 6 ? 1 : 0, $0.offset) < ($1.bit >= 6 ? 1 : 0, $1.offset) }
    for neighbour in ordered {
      let offset = Int32(truncatingIfNeeded: neighbour.offset)
      unsafe cprocessor_add_neighbour(&stencil, offset, UInt32(neighbour.bit))
    }
    return stencil
  }
}

/// A cube next to a voxel, seen from its four corners that lie beyond one of the voxel's squares.
struct FarSide: BitwiseCopyable {
  /// From the voxel to the first corner; from there to two others, and both steps lead to the last.
  /// A step of 0 leads along an axis that the volume does not have: these corners are not there.
  let corner: Int32
  let second: Int32
  let third: Int32
  /// The cube's number as seen from the four corners, a byte each.
  let cubes: UInt32

  init(axis: Int, cube: Int, steps: FencedPointer<Int>) {
    let (second, third) = ((axis + 1) % 3, (axis + 2) % 3)
    let step = { (axis: Int) in
      Int32(truncatingIfNeeded: steps[2 * axis + (cube >> axis & 1)])
    }
    let flipped = UInt32(cube ^ 1 << axis)
    corner = step(axis)
    self.second = step(second)
    self.third = step(third)
    cubes =
      flipped | (flipped ^ 1 << UInt32(second)) << 8 | (flipped ^ 1 << UInt32(third)) << 16
      | (flipped ^ 1 << UInt32(second) ^ 1 << UInt32(third)) << 24
  }
}

/// The two ways in which a volume can be looked at.
struct Neighbourhoods: Sendable {
  /// As it is.
  let direct: Neighbourhood
  /// As its suspension; the same for a volume with three axes.
  let suspended: Neighbourhood

  init(_ layout: PaddedLayout, budget: MemoryBudget) throws(ComputeError) {
    direct = try Neighbourhood(layout, suspended: false, budget: budget)
    suspended = layout.axes == 3 ? direct : try Neighbourhood(layout, suspended: true, budget: budget)
  }
}

/// Calls the row compare for the two types of keys.
protocol RowComparable: GridKey {
  /// Writes the neighbour masks of `count` voxels; both pointers have slack behind them.
  @unsafe
  static func lowerMasks(
    _ level: Int32, _ stencil: UnsafePointer<cprocessor_stencil>, _ row: UnsafePointer<Self>,
    _ count: Int, _ words: UnsafeMutablePointer<UInt32>)
}

extension Int32: RowComparable {
  @unsafe
  static func lowerMasks(
    _ level: Int32, _ stencil: UnsafePointer<cprocessor_stencil>, _ row: UnsafePointer<Int32>,
    _ count: Int, _ words: UnsafeMutablePointer<UInt32>
  ) { unsafe cprocessor_lower_masks_i32(level, stencil, row, Int64(count), words) }
}

extension Int64: RowComparable {
  @unsafe
  static func lowerMasks(
    _ level: Int32, _ stencil: UnsafePointer<cprocessor_stencil>, _ row: UnsafePointer<Int64>,
    _ count: Int, _ words: UnsafeMutablePointer<UInt32>
  ) { unsafe cprocessor_lower_masks_i64(level, stencil, row, Int64(count), words) }
}
