// Tables that depend on nothing but the geometry of a voxel's neighbourhood. They are built once
// and shared; a lost race builds them twice and throws one away, so no lock can be held in a fork.
internal import ComputeRuntime
internal import Synchronization

/// The cells around a voxel, named by the bits of its 26-neighbour mask.
///
/// A voxel owns every cell whose highest corner it is (the V-construction). Which cells these are,
/// its *lower star*, follows from which of the 26 neighbours are lower:
/// - edges, bits 0 ... 5: `2 * axis + side`, axis 0 = x, side 0 = towards lower coordinates;
/// - squares, bits 6 ... 17: spanned by two edges;
/// - cubes, bits 18 ... 25: spanned by three edges; a cube's number is its side on each axis.
enum Star {
  /// Two edges of a square, the smaller axis in cyclic order first.
  static let edgesOfSquare: [(Int, Int)] = (0..<12).map { square in
    let (normal, sides) = (square / 4, square % 4)
    return (2 * ((normal + 1) % 3) + sides / 2, 2 * ((normal + 2) % 3) + sides % 2)
  }

  /// The square between cube `cube` and its neighbour across `axis`.
  static func square(of cube: Int, across axis: Int) -> Int {
    let (first, second) = ((axis + 1) % 3, (axis + 2) % 3)
    return 4 * axis + 2 * (cube >> first & 1) + (cube >> second & 1)
  }

  /// The bit of the neighbour at (dx, dy, dz), each -1, 0 or 1.
  static func bit(_ dx: Int, _ dy: Int, _ dz: Int) -> Int {
    let steps = [dx, dy, dz]
    let axes = (0..<3).filter { steps[$0] != 0 }
    let side = { (axis: Int) in steps[axis] > 0 ? 1 : 0 }
    switch axes.count {
    case 1: return 2 * axes[0] + side(axes[0])
    case 2:
      let normal = 3 - axes[0] - axes[1]
      return 6 + 4 * normal + 2 * side((normal + 1) % 3) + side((normal + 2) % 3)
    default: return 18 + side(0) + 2 * side(1) + 4 * side(2)
    }
  }
}

/// For every possible lower star, a matching of its cells.
///
/// Any acyclic matching within one lower star is a valid part of the discrete gradient, since its
/// pairs have zero persistence and stars never mix. Ours: cubes collapse inwards from absent ones,
/// each through a square; the remaining squares connect the edges to a forest; what is left is
/// critical. (After Robins, Wood, Sheppard, *Theory and algorithms for constructing discrete Morse
/// complexes from grayscale digital images*, 2011.)
///
/// A bundle of addresses, to be copied freely: the memory is never released.
struct StarTables: Sendable, BitwiseCopyable {
  /// Edges present -> squares whose two edges are present.
  let squaresOfEdges: FencedPointer<UInt16>
  /// Squares present -> cubes whose three squares are present.
  let cubesOfSquares: FencedPointer<UInt8>
  /// Cubes present -> squares that the collapse of the cubes uses up.
  let squaresOfCollapse: FencedPointer<UInt16>
  /// `cubes * 8 + cube` -> where the path from a cube leaves the star: the axis across which it
  /// goes (bits 0, 1) and the cube from which (bits 2 ... 4); bit 7: it ends at the critical cube.
  let exitOfCube: FencedPointer<UInt8>
  /// Number of a forest = `lowHalf[edges << 6 | squares & 63] + highHalf[edges << 6 | squares >> 6]`.
  let lowHalf: FencedPointer<UInt16>
  let highHalf: FencedPointer<UInt16>
  /// `forest * 6 + root` -> critical squares (bits 0 ... 11) and representatives (12 ... 17), of which
  /// one is the root.
  let summaries: FencedPointer<UInt32>
  /// `(forest * 6 + root) * 8 + edge` -> squares on the way from the edge to the representative of its
  /// tree (12 bits), then the representative. Each tree has its edges as near to its representative as
  /// can be: every square on the way costs two edges more at lower voxels.
  let paths: FencedPointer<UInt16>
  /// The forest of a star in which everything is lower.
  let fullForest: Int

  fileprivate static let forestCount = 6210
  private static let built = Atomic<UInt>(0)

  /// The tables; built by the first call.
  static func shared() throws(ComputeError) -> StarTables {
    let known = built.load(ordering: .acquiring)
    if known != 0 { return tables(at: known) }
    let storage = try StarTableStorage()
    let new = unsafe Unmanaged.passRetained(storage)
    let address = unsafe UInt(bitPattern: new.toOpaque())
    let (won, winner) = built.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing)
    if won { return unsafe new.takeUnretainedValue().tables }
    unsafe new.release()
    return tables(at: winner)
  }

  private static func tables(at address: UInt) -> StarTables {
    // Only addresses of retained tables are ever stored, and they are never released.
    unsafe Unmanaged<StarTableStorage>
      .fromOpaque(UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped)
      .takeUnretainedValue().tables
  }

  /// - Parameters:
  ///   - halves: of 64, 256, 4096, 4096 and 48 times ``forestCount`` zeros.
  ///   - bytes: of 4096 and 2048.
  fileprivate init(
    halves: [FencedPointer<UInt16>], bytes: [FencedPointer<UInt8>], words: FencedPointer<UInt32>
  ) {
    squaresOfEdges = halves[0]
    squaresOfCollapse = halves[1]
    lowHalf = halves[2]
    highHalf = halves[3]
    paths = halves[4]
    cubesOfSquares = bytes[0]
    exitOfCube = bytes[1]
    summaries = words

    for squares in 0..<4096 {
      cubesOfSquares[squares] = UInt8(
        (0..<8).reduce(0) { cubes, cube in
          let complete = (0..<3).allSatisfy { squares >> Star.square(of: cube, across: $0) & 1 == 1 }
          return complete ? cubes | 1 << cube : cubes
        })
    }
    Self.collapseCubes(squaresOfCollapse, exitOfCube)

    let edgesOfSquare = Star.edgesOfSquare
    var forest = 0
    for edges in 0..<64 {
      let squares = Star.edgesOfSquare.enumerated().reduce(0) { present, square in
        let both = edges >> square.element.0 & edges >> square.element.1 & 1
        return present | both << square.offset
      }
      squaresOfEdges[edges] = UInt16(squares)
      for half in 0..<64 {
        let low = Self.extract(half, squares & 63)
        let high = Self.extract(half, squares >> 6) << (squares & 63).nonzeroBitCount
        lowHalf[edges << 6 | half] = UInt16(forest + low)
        highHalf[edges << 6 | half] = UInt16(high)
      }
      var subset = 0  // all subsets of `squares`, in the order in which the halves number them
      repeat {
        for root in 0..<6 {
          Self.growForest(
            forest * 6 + root, root: root, edges: edges, squares: subset, edgesOfSquare, summaries, paths)
        }
        forest += 1
        subset = (subset - squares) & squares
      } while subset != 0
    }
    assert(forest == Self.forestCount)
    let left = 4095 & ~Int(squaresOfCollapse[255])
    fullForest = Int(lowHalf[63 << 6 | left & 63]) + Int(highHalf[63 << 6 | left >> 6])
  }

  /// The bits of `value` at the places that `mask` marks, moved together.
  private static func extract(_ value: Int, _ mask: Int) -> Int {
    var (result, place) = (0, 0)
    for bit in 0..<6 where mask >> bit & 1 == 1 {
      result |= (value >> bit & 1) << place
      place += 1
    }
    return result
  }

  private static func collapseCubes(_ used: FencedPointer<UInt16>, _ exits: FencedPointer<UInt8>) {
    for present in 0..<256 {
      var axisOf = [Int](repeating: -1, count: 8)
      var left = present
      if present == 255 { left = 254 }  // nothing is absent: cube 0 is critical
      var usedSquares = 0
      while left != 0 {
        let absent = 255 & ~left
        for cube in 0..<8 where left >> cube & 1 == 1 {
          for axis in 0..<3 where absent >> (cube ^ 1 << axis) & 1 == 1 {
            let square = Star.square(of: cube, across: axis)
            if usedSquares >> square & 1 == 1 { continue }
            usedSquares |= 1 << square
            axisOf[cube] = axis
            left &= ~(1 << cube)
            break
          }
        }
      }
      used[present] = UInt16(usedSquares)
      for start in 0..<8 {
        var cube = start
        // Within the star, follow the collapse until it leaves the star or ends.
        while axisOf[cube] >= 0, present >> (cube ^ 1 << axisOf[cube]) & 1 == 1 {
          cube ^= 1 << axisOf[cube]
        }
        exits[present * 8 + start] =
          axisOf[cube] < 0 ? 0x80 : UInt8(axisOf[cube] | cube << 2)
      }
    }
  }

  /// Spans the edges with the squares: which edges meet, and along which squares.
  ///
  /// Breadth first, from the root, and then from the first edge that is not reached yet.
  private static func growForest(
    _ place: Int, root: Int, edges: Int, squares: Int, _ edgesOfSquare: [(Int, Int)],
    _ summaries: FencedPointer<UInt32>, _ paths: FencedPointer<UInt16>
  ) {
    var (freeSquares, freeEdges, representatives) = (squares, edges, 0)
    var first = edges >> root & 1 == 1 ? root : edges.trailingZeroBitCount
    while freeEdges != 0 {
      representatives |= 1 << first
      freeEdges &= ~(1 << first)
      paths[place * 8 + first] = UInt16(first) << 12
      var (reached, frontier) = (1 << first, 1 << first)
      while frontier != 0 {
        var next = 0
        var rest = freeSquares
        while rest != 0 {
          let square = rest.trailingZeroBitCount
          rest &= rest - 1
          let (one, other) = edgesOfSquare[square]
          let known = frontier >> one & 1 == 1 ? one : other
          let new = one + other - known
          guard frontier >> known & 1 == 1, (reached | next) >> new & 1 == 0 else { continue }
          paths[place * 8 + new] = paths[place * 8 + known] ^ 1 << UInt16(square)
          freeSquares &= ~(1 << square)
          next |= 1 << new
        }
        reached |= next
        freeEdges &= ~next
        frontier = next
      }
      first = freeEdges.trailingZeroBitCount
    }
    summaries[place] = UInt32(freeSquares | representatives << 12)
  }
}

/// The memory of the tables.
private final class StarTableStorage {
  private let halves: [Scratch<UInt16>]
  private let bytes: [Scratch<UInt8>]
  private let words: Scratch<UInt32>
  let tables: StarTables

  init() throws(ComputeError) {
    let budget = MemoryBudget()
    let forests = StarTables.forestCount
    halves = [
      try Scratch(count: 64, zeroed: true, budget: budget),
      try Scratch(count: 256, zeroed: true, budget: budget),
      try Scratch(count: 64 * 64, zeroed: true, budget: budget),
      try Scratch(count: 64 * 64, zeroed: true, budget: budget),
      try Scratch(count: forests * 48, zeroed: true, budget: budget),
    ]
    bytes = [try Scratch(count: 4096, budget: budget), try Scratch(count: 256 * 8, budget: budget)]
    words = try Scratch(count: forests * 6, budget: budget)
    tables = StarTables(
      halves: halves.map(\.cells), bytes: bytes.map(\.cells), words: words.cells)
  }
}
