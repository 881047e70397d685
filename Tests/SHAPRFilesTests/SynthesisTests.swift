import ComputeRuntime
import PersistentHomology
import Testing

@testable import SHAPRFiles

/// Draws samples of one size, one after another, into its own memory.
final class Easel {
  let cells: SyntheticCells
  let image: Scratch<Float>
  let mask: Scratch<Float>
  let object: Scratch<Float>
  private let workspace: SynthesisWorkspace

  init(_ cells: SyntheticCells) throws {
    let (budget, size) = (MemoryBudget(), cells.size)
    self.cells = cells
    image = try Scratch(count: size * size, budget: budget)
    mask = try Scratch(count: size * size, budget: budget)
    object = try Scratch(count: size * size * size, budget: budget)
    workspace = try SynthesisWorkspace(size: size, budget: budget)
  }

  func draw(_ index: Int) -> BettiNumbers {
    cells.draw(
      index, image: image.cells, mask: mask.cells, object: object.cells, workspace: workspace)
  }

  var values: [Float] { array(image) + array(mask) + array(object) }

  func array(_ memory: Scratch<Float>) -> [Float] {
    (0..<memory.capacity).map { memory.cells[$0] }
  }
}

@Suite("Synthetic cells")
struct SynthesisTests {
  @Test("Betti numbers are those of persistent homology", arguments: [(64, 300), (48, 40), (96, 20)])
  func bettiNumbers(size: Int, count: Int) throws {
    let easel = try Easel(SyntheticCells(seed: 2, size: size))
    var seen: [CellKind: Set<[Int]>] = [:]
    for index in 0..<count {
      let betti = easel.draw(index)
      let expected = [betti.components, betti.loops, betti.cavities]
      // A feature of a binary volume is one that is born at 1 and not dead before 0.
      let binary = easel.array(easel.object).map { $0 >= 0.5 ? UInt8(1) : 0 }
      let diagrams = try persistenceDiagrams(
        of: binary, shape: [size, size, size],
        options: PersistenceOptions(filtration: .superlevel, construction: .topCells))
      let found = diagrams.map { diagram in diagram.count { $0.birth == 1 } }
      #expect(found == expected, "\(easel.cells.name(of: index))")
      seen[easel.cells.kind(of: index), default: []].insert(expected)
    }
    if size == 64 {
      #expect(seen[.nucleus] == [[1, 0, 0], [1, 1, 0], [1, 0, 1]])
      #expect(seen[.cellCluster] == [[1, 0, 0], [2, 0, 0]])
    }
  }

  @Test("voxels are grey at the rim, the cell is inside the volume, the mask is its middle slice")
  func objectAndMask() throws {
    let easel = try Easel(SyntheticCells(seed: 3))
    let (size, area) = (64, 64 * 64)
    var greyTotal = 0.0
    for index in 0..<200 {
      _ = easel.draw(index)
      let name = easel.cells.name(of: index)
      let (object, mask) = (easel.array(easel.object), easel.array(easel.mask))
      let grey = Double(object.count { $0 > 0 && $0 < 1 }) / Double(object.count)
      // Real cells: 1.8 % to 9.9 %.
      #expect(0.03...0.1 ~= grey, "\(name): \(grey)")
      greyTotal += grey
      let isMiddle = mask == Array(object[32 * area..<33 * area])
      #expect(isMiddle, "\(name)")
      // A small disc of a cluster, cut across, has 147; the real masks have 428 and more.
      let inside = mask.count { $0 >= 0.5 }
      #expect(inside >= 140, "\(name): \(inside)")
      let last = size - 1
      let touching = object.indices.count {
        let (z, y, x) = ($0 / area, $0 / size % size, $0 % size)
        return object[$0] > 0 && [z, y, x].contains { $0 <= 0 || $0 >= last }
      }
      #expect(touching == 0, "\(name): \(touching) voxels at the border")
      // One voxel further in is dark too: no cell is cut off there.
      let cut = object.indices.count {
        let (z, y, x) = ($0 / area, $0 / size % size, $0 % size)
        return object[$0] >= 0.5 && [z, y, x].contains { $0 <= 1 || $0 >= last - 1 }
      }
      #expect(cut == 0, "\(name): \(cut) voxels cut off")
    }
    // Real cells: 5.8 % on average.
    #expect(0.05...0.07 ~= greyTotal / 200, "\(greyTotal / 200)")
  }

  @Test("every value is a multiple of 1/255 between 0 and 1")
  func eightBits() throws {
    let easel = try Easel(SyntheticCells(seed: 4))
    for index in 0..<10 {
      _ = easel.draw(index)
      let wrong = easel.values.count { Float(UInt8($0 * 255 + 0.5)) / 255 != $0 }
      #expect(wrong == 0)
    }
  }

  @Test("a sample is a function of seed and index, to the last bit")
  func sameSeedSameBits() throws {
    let (one, other) = (try Easel(SyntheticCells(seed: 5)), try Easel(SyntheticCells(seed: 5)))
    let third = try Easel(SyntheticCells(seed: 6))
    var drawn: [[Float]] = []
    for index in 0..<10 {
      _ = one.draw(index)
      drawn.append(one.values)
    }
    // The other way round: what was drawn before leaves nothing behind.
    for index in (0..<10).reversed() {
      _ = other.draw(index)
      // Compared outside of #expect, which would print all values.
      let isSame = other.values == drawn[index]
      #expect(isSame)
      _ = third.draw(index)
      let isOther = third.values != drawn[index]
      #expect(isOther)
    }
  }

  @Test("where the cell is thick, the image is bright")
  func imageTellsThickness() throws {
    let easel = try Easel(
      SyntheticCells(seed: 7, kinds: [.discocyte, .knizocyte, .stomatocyte, .spherocyte]))
    for index in 0..<40 {
      _ = easel.draw(index)
      let (image, mask) = (easel.array(easel.image), easel.array(easel.mask))
      let object = easel.array(easel.object)
      let cell = mask.indices.filter { mask[$0] >= 0.5 }
      let thickness = cell.map { pixel in
        Double((0..<64).reduce(0) { $0 + object[$1 * 4096 + pixel] })
      }
      // Without light of the other slices the image would be flat within the mask. The real cells'
      // correlation has the median 0.44.
      let correlation = correlation(cell.map { Double(image[$0]) }, thickness)
      #expect(correlation > 0.5, "\(easel.cells.name(of: index)): \(correlation)")
      // Not overexposed: few pixels at full scale, and dark outside.
      #expect(image.count { $0 == 1 } < 20)
      let outside = mask.indices.filter { mask[$0] == 0 }
      #expect(outside.reduce(0) { $0 + image[$1] } / Float(outside.count) < 0.15)
    }
  }

  private func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    func moment(_ a: [Double], _ meanA: Double, _ b: [Double], _ meanB: Double) -> Double {
      zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) }
    }
    return moment(x, meanX, y, meanY)
      / (moment(x, meanX, x, meanX) * moment(y, meanY, y, meanY)).squareRoot()
  }
}
