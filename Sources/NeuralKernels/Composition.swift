// Raw addresses: matrix products want them.
public import ComputeRuntime

/// Two linear layers in a row, a transposed convolution and the convolution after it, as the one
/// ``StencilMap`` that they are; and the way back, from the map's gradient to those of both layers.
///
/// Both layers keep their own weights. With j the taps of the convolution, s the position inside the
/// block that one voxel grows into, and m the channels between the layers,
///
///     K[p][t][o][c] = sum over j, m of convolution[o][m][j] * transposed[c][m][s]
///
/// over all j that lead from an output voxel of parity p to tap t and position s. The column of ones
/// has the offset of m for every s. (Waibel et al. 2022 give the layers; that they compose is linear
/// algebra.)
public final class Composition {
  public let map: StencilMap
  private let between: Int
  /// A row of the products that run along the channels between the layers.
  private let paddedBetween: Int
  private let kernel: Extent
  private let workspace: KernelWorkspace

  /// One product: convolution tap `j` of outputs with parity `parity` meets `tap` and `position`.
  private struct Term {
    let parity: Int
    let tap: Int
    let j: Int
    let position: Int
  }
  private let terms: [Term]

  /// The composed weights, with the strides of ``WeightStrides/composed(_:)``.
  public let weights: Scratch<Float>
  /// Their gradient: set to 0 by ``clearGradient()``.
  public let gradient: Scratch<Float>
  private let left: Scratch<Float>  // [j][o][m]
  private let leftTurned: Scratch<Float>  // [j][m][o]
  private let right: Scratch<Float>  // [s][m][columns padded]
  private let rightTurned: Scratch<Float>  // [s][column][m padded]
  private let leftGradient: Scratch<Float>  // [j][o][m padded]
  private let rightGradient: Scratch<Float>  // [s][m][columns padded]

  /// - Parameter between: channels between the two layers.
  public init(
    inputs: Int, between: Int, outputs: Int, growth: Extent, kernel: Extent, training: Bool,
    workspace: KernelWorkspace, budget: MemoryBudget
  ) throws(ComputeError) {
    let map = StencilMap.composed(
      inputs: inputs, outputs: outputs, growth: growth, kernel: kernel)
    (self.map, self.between, self.kernel, self.workspace) = (map, between, kernel, workspace)
    let paddedBetween = (between + 15) / 16 * 16
    self.paddedBetween = paddedBetween
    terms = Self.terms(map, kernel)
    let (positions, columns) = (growth.count, map.paddedColumns)
    func zeros(_ count: Int, ifTraining: Bool = false) throws(ComputeError) -> Scratch<Float> {
      try Scratch(count: ifTraining && !training ? 0 : count, zeroed: true, budget: budget)
    }
    weights = try zeros(map.composedCount)
    left = try zeros(kernel.count * outputs * between)
    right = try zeros(positions * between * columns)
    gradient = try zeros(map.composedCount, ifTraining: true)
    leftTurned = try zeros(kernel.count * outputs * between, ifTraining: true)
    rightTurned = try zeros(positions * map.columns * paddedBetween, ifTraining: true)
    leftGradient = try zeros(kernel.count * outputs * paddedBetween, ifTraining: true)
    rightGradient = try zeros(positions * between * columns, ifTraining: true)
  }

  private static func terms(_ map: StencilMap, _ kernel: Extent) -> [Term] {
    let growth = map.growth
    var terms: [Term] = []
    for parity in 0..<map.parities {
      let p = Extent(
        parity / (growth.height * growth.width), parity / growth.width % growth.height,
        parity % growth.width)
      for j in 0..<kernel.count {
        // Where the tap lands, in voxels of the large volume around the block of the output voxel.
        let z = p.depth + j / (kernel.height * kernel.width) - kernel.depth / 2
        let y = p.height + j / kernel.width % kernel.height - kernel.height / 2
        let x = p.width + j % kernel.width - kernel.width / 2
        let tap = Extent(
          StencilMap.floorDivide(z, growth.depth), StencilMap.floorDivide(y, growth.height),
          StencilMap.floorDivide(x, growth.width))
        let s = Extent(
          z - tap.depth * growth.depth, y - tap.height * growth.height,
          x - tap.width * growth.width)
        guard let index = map.taps[parity].firstIndex(of: tap) else {
          preconditionFailure("every tap of the kernel is a tap of the map")
        }
        terms.append(
          Term(
            parity: parity, tap: index, j: j,
            position: (s.depth * growth.height + s.height) * growth.width + s.width))
      }
    }
    return terms
  }

  /// Computes the composed weights.
  ///
  /// - Parameters:
  ///   - transposed: `[inputs][between][growth]`; `bias`: `[between]`.
  ///   - convolution: `[outputs][between][kernel]`.
  public func compose(
    transposed: Floats, bias: Floats, convolution: Floats, team: WorkTeam
  ) {
    arrange(transposed: transposed, bias: bias, convolution: convolution, team: team)
    let strides = WeightStrides.composed(map)
    let (columns, outputs) = (map.paddedColumns, map.outputs)
    let mostTaps = map.mostTaps
    team.share(map.parities * mostTaps) { _, item in
      let (parity, tap) = (item / mostTaps, item % mostTaps)
      let start = parity * strides.parity + tap * strides.tap
      weights.cells.fill(start..<start + outputs * columns, with: 0)
      for term in terms where term.parity == parity && term.tap == tap {
        unsafe workspace.kernels.addMatrixProduct(
          left: left.cells.suffix(from: term.j * outputs * between).pointer, leftRow: between,
          right: right.cells.suffix(from: term.position * between * columns).pointer,
          rightRow: columns, result: weights.cells.suffix(from: start).pointer,
          resultRow: columns, rows: outputs, inner: between, columns: columns)
      }
    }
  }

  public func clearGradient() { gradient.cells.fill(0..<map.composedCount, with: 0) }

  /// Adds to the gradients of both layers what ``gradient`` says; after ``compose(transposed:bias:convolution:team:)``
  /// with the same weights.
  public func addGradients(
    transposed: Floats, bias: Floats, convolution: Floats, team: WorkTeam
  ) {
    turn(team: team)
    let taps = kernel.count
    team.share(taps + map.growth.count) { _, item in
      if item < taps {
        addConvolutionGradient(j: item, to: convolution)
      } else {
        addTransposedGradient(position: item - taps, to: transposed)
      }
    }
    // The offset of a channel acts at every position.
    let columns = map.paddedColumns
    for position in 0..<map.growth.count {
      for m in 0..<between {
        bias[m] += rightGradient.cells[(position * between + m) * columns + map.inputs]
      }
    }
  }

  private func arrange(
    transposed: Floats, bias: Floats, convolution: Floats, team: WorkTeam
  ) {
    let (taps, positions, columns) = (kernel.count, map.growth.count, map.paddedColumns)
    team.share(map.outputs + between) { _, item in
      if item < map.outputs {
        let o = item
        for m in 0..<between {
          for j in 0..<taps {
            left.cells[(j * map.outputs + o) * between + m] =
              convolution[(o * between + m) * taps + j]
          }
        }
      } else {
        let m = item - map.outputs
        for s in 0..<positions {
          let row = (s * between + m) * columns
          for c in 0..<map.inputs {
            right.cells[row + c] = transposed[(c * between + m) * positions + s]
          }
          right.cells[row + map.inputs] = bias[m]
        }
      }
    }
  }

  /// The transposes that the gradients need, so that products always run along rows.
  private func turn(team: WorkTeam) {
    let (taps, positions, columns) = (kernel.count, map.growth.count, map.paddedColumns)
    team.share(taps + positions) { _, item in
      if item < taps {
        for o in 0..<map.outputs {
          for m in 0..<between {
            leftTurned.cells[(item * between + m) * map.outputs + o] =
              left.cells[(item * map.outputs + o) * between + m]
          }
        }
      } else {
        let s = item - taps
        for c in 0..<map.columns {
          for m in 0..<between {
            rightTurned.cells[(s * map.columns + c) * paddedBetween + m] =
              right.cells[(s * between + m) * columns + c]
          }
        }
      }
    }
  }

  private func addConvolutionGradient(j: Int, to target: Floats) {
    let (columns, outputs, taps) = (map.paddedColumns, map.outputs, kernel.count)
    let strides = WeightStrides.composed(map)
    let sum = leftGradient.cells.suffix(from: j * outputs * paddedBetween)
    sum.fill(0..<outputs * paddedBetween, with: 0)
    for term in terms where term.j == j {
      let from = term.parity * strides.parity + term.tap * strides.tap
      unsafe workspace.kernels.addMatrixProduct(
        left: gradient.cells.suffix(from: from).pointer, leftRow: columns,
        right: rightTurned.cells.suffix(from: term.position * map.columns * paddedBetween).pointer,
        rightRow: paddedBetween, result: sum.pointer, resultRow: paddedBetween, rows: outputs,
        inner: map.columns, columns: paddedBetween)
    }
    for o in 0..<outputs {
      for m in 0..<between {
        target[(o * between + m) * taps + j] += sum[o * paddedBetween + m]
      }
    }
  }

  private func addTransposedGradient(position: Int, to target: Floats) {
    let (columns, positions) = (map.paddedColumns, map.growth.count)
    let strides = WeightStrides.composed(map)
    let sum = rightGradient.cells.suffix(from: position * between * columns)
    sum.fill(0..<between * columns, with: 0)
    for term in terms where term.position == position {
      let from = term.parity * strides.parity + term.tap * strides.tap
      unsafe workspace.kernels.addMatrixProduct(
        left: leftTurned.cells.suffix(from: term.j * between * map.outputs).pointer,
        leftRow: map.outputs, right: gradient.cells.suffix(from: from).pointer, rightRow: columns,
        result: sum.pointer, resultRow: columns, rows: between, inner: map.outputs,
        columns: columns)
    }
    for m in 0..<between {
      for c in 0..<map.inputs {
        target[(c * between + m) * positions + position] += sum[m * columns + c]
      }
    }
  }
}
