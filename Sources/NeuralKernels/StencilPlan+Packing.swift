internal import ComputeRuntime

// The order in which the tiles read the weights (Tile.swift in NeuralKernelsPortable).
extension StencilPlan {
  /// For each parity: `[tile of outputs][column][tap][output in tile]`.
  func packForward(_ weights: Floats, _ strides: WeightStrides, team: WorkTeam) {
    let perTile = workspace.kernels.outputsInTile()
    let tiles = (map.outputs + perTile - 1) / perTile
    team.share(tiles * map.parities) { _, item in
      let (parity, tile) = (item / tiles, item % tiles)
      let taps = map.taps[parity].count
      let first = tile * perTile
      let isNarrow = isNarrow(map.outputs - first)
      let width = isNarrow ? 1 : perTile
      var place = parityWeights[parity] + first * map.columns * taps
      for group in stride(from: first, to: min(first + perTile, map.outputs), by: width) {
        let count = min(width, map.outputs - group)
        for column in 0..<map.columns {
          for tap in 0..<taps {
            let from =
              parity * strides.parity + tap * strides.tap + group * strides.output
              + column * strides.column
            for output in 0..<count {
              forwardWeights.cells[place + output] = weights[from + output * strides.output]
            }
            place += width
          }
        }
      }
    }
  }

  /// The same with the roles exchanged: `[tile of inputs][output][tap of all parities][input in tile]`.
  func packBackward(_ weights: Floats, _ strides: WeightStrides, team: WorkTeam) {
    let perTile = workspace.kernels.outputsInTile()
    let tiles = (map.inputs + perTile - 1) / perTile
    let tapCount = map.tapCount
    team.share(tiles) { _, tile in
      let first = tile * perTile
      let width = isNarrow(map.inputs - first) ? 1 : perTile
      var place = first * map.outputs * tapCount
      for group in stride(from: first, to: min(first + perTile, map.inputs), by: width) {
        let count = min(width, map.inputs - group)
        for output in 0..<map.outputs {
          for parity in 0..<map.parities {
            for tap in map.taps[parity].indices {
              let from =
                parity * strides.parity + tap * strides.tap + output * strides.output
                + group * strides.column
              for input in 0..<count {
                backwardWeights.cells[place + input] = weights[from + input * strides.column]
              }
              place += width
            }
          }
        }
      }
    }
  }

  private func isNarrow(_ outputsLeft: Int) -> Bool {
    outputsLeft < workspace.kernels.outputsInTile()
      && workspace.kernels.trailingOutputsAreNarrow(outputsLeft)
  }
}
