public import ComputeRuntime
public import NeuralKernels
internal import NeuralNetwork

/// Cells that nobody imaged: an object, the mask and the image of its middle slice, and the Betti
/// numbers of the object, which are known because of how it was made.
///
/// Each sample is a function of the seed, the size and its index, to the last bit, on every platform.
public struct SyntheticCells: Sendable {
  /// Voxels along each axis that a cell can be drawn with. With fewer, spicules and walls would fall
  /// between the voxels.
  public static let sizes = 48...256

  public let seed: UInt64
  /// Voxels along each axis.
  public let size: Int
  /// Sample i is of kind i modulo their number.
  public let kinds: [CellKind]

  /// - Precondition: the size is one of ``sizes``, and there is a kind.
  public init(seed: UInt64, size: Int = 64, kinds: [CellKind] = CellKind.allCases) {
    precondition(Self.sizes ~= size, "synthetic cells have \(Self.sizes) voxels along each axis")
    precondition(!kinds.isEmpty, "synthetic cells need at least one kind")
    (self.seed, self.size, self.kinds) = (seed, size, kinds)
  }

  public func kind(of index: Int) -> CellKind { kinds[index % kinds.count] }

  /// The name of a sample's files: class and number, as in `discocyte000012.tif`.
  public func name(of index: Int) -> String {
    let digits = String(index)
    let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
    return "\(kind(of: index).rawValue)\(zeros)\(digits).tif"
  }

  /// Draws a sample; every value is a multiple of 1/255.
  ///
  /// - Parameters:
  ///   - image, mask: `H x W`. The mask is the object's middle slice.
  ///   - object: `D x H x W`.
  ///   - workspace: of this size; one for each thread.
  /// - Returns: the Betti numbers of the voxels of at least 0.5, where voxels that share a corner are
  ///   connected.
  /// - Precondition: the index is not negative.
  /// - Complexity: about 10 ms at size 64.
  public func draw(
    _ index: Int, image: Floats, mask: Floats, object: Floats, workspace: SynthesisWorkspace
  ) -> BettiNumbers {
    precondition(index >= 0, "samples are counted from 0")
    precondition(workspace.size == size, "the workspace is for another size")
    let area = size * size
    precondition(
      image.count >= area && mask.count >= area && object.count >= area * size,
      "image, mask and object must have room for \(size) voxels along each axis")
    var random = KeyedGenerator(seed: seed, sample: index, purpose: .synthesis)
    let betti = drawObject(
      kind(of: index), field: workspace.field.cells, object: object, &random)
    mask.copy(object.suffix(from: size / 2 * area), count: area, to: 0)
    FluorescenceImage(size: size, &random).expose(
      object, scratch: workspace.light.cells, image: image, &random)
    return betti
  }

  private func drawObject(
    _ kind: CellKind, field: Floats, object: Floats, _ random: inout KeyedGenerator
  ) -> BettiNumbers {
    let raster = ShapeRaster(size: size)
    /// Draws a shape whose length unit has so many of 64 voxels.
    func draw(
      _ shape: some ImplicitShape, radius: Range<Float>, tilt: Float, _ random: inout KeyedGenerator
    ) {
      let scale = random.uniform(in: radius) * Float(size) / 64
      let pose = Pose(scale: scale, tilt: tilt, &random)
      raster.draw(shape, pose, field: field, object: object)
    }
    switch kind {
    case .spherocyte: draw(Spherocyte(&random), radius: 17..<22, tilt: 0.3, &random)
    case .stomatocyte: draw(Stomatocyte(&random), radius: 21..<25, tilt: 0.2, &random)
    case .discocyte: draw(Discocyte(&random), radius: 22..<26, tilt: 0.15, &random)
    case .echinocyte:
      draw(SpiculatedCell.echinocyte(&random), radius: 17..<19.5, tilt: 1, &random)
    case .keratocyte: draw(Keratocyte(&random), radius: 20..<22.5, tilt: 0.15, &random)
    case .knizocyte: draw(Knizocyte(&random), radius: 24..<27, tilt: 0.15, &random)
    case .acanthocyte:
      draw(SpiculatedCell.acanthocyte(&random), radius: 15..<17.5, tilt: 1, &random)
    case .multilobate: draw(Multilobate(&random), radius: 24..<27, tilt: 1, &random)
    case .cellCluster:
      let cluster = CellCluster(&random)
      let scale = min(20, random.uniform(in: 25..<27.5) / cluster.reach) * Float(size) / 64
      raster.draw(cluster, Pose(scale: scale), field: field, object: object)
      return BettiNumbers(components: cluster.components, loops: 0, cavities: 0)
    case .nucleus:
      let nucleus = Nucleus(&random)
      draw(nucleus, radius: 23..<26, tilt: 0.2, &random)
      return nucleus.betti
    }
    return .contractible
  }
}

/// Memory to draw in.
public final class SynthesisWorkspace {
  let size: Int
  let field: Scratch<Float>
  let light: Scratch<Float>

  /// - Parameter size: voxels along each axis, one of ``SyntheticCells/sizes``.
  public init(size: Int, budget: MemoryBudget) throws(ComputeError) {
    precondition(SyntheticCells.sizes ~= size, "synthetic cells are not drawn with \(size) voxels")
    self.size = size
    field = try Scratch(count: size * size * size, budget: budget)
    light = try Scratch(count: 2 * size * size, budget: budget)
  }
}
