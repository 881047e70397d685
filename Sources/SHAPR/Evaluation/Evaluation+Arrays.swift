package import ComputeRuntime
internal import NeuralKernels
package import PersistentHomology
internal import TopologicalLoss

extension Evaluation {
  /// Scores cells in a caller's memory, several at a time; values are read as by ``ArrayCells``.
  ///
  /// - Parameters:
  ///   - predictions, truths: `N x D x H x W`, of the same shape.
  ///   - scores: one row per cell, with a column for each of ``measures``.
  /// - Throws: ``EvaluationError`` or ``ArrayCellsError``.
  package func score(
    predictions: StridedVolumes, truths: StridedVolumes, into scores: FencedPointer<Double>,
    threads: Int, budget: MemoryBudget, interruption: Interruption
  ) throws {
    for (name, volumes) in [("predictions", predictions), ("truths", truths)]
    where volumes.scalarType.fullScale == nil { throw ArrayCellsError.elementType(name) }
    let extents = predictions.shape.extents
    guard extents.count == 3, extents == truths.shape.extents, predictions.count == truths.count else {
      throw ArrayCellsError.shape("predictions and truths are N x D x H x W, of the same shape")
    }
    let inputs = ScoredArrays(predictions: predictions, truths: truths)
    let extent = Extent(extents[0], extents[1], extents[2])
    let columns = measures
    do throws(ArrayScoreError) {
      try shareOut(predictions.count, threads: threads, interruption: interruption) {
        () throws(ArrayScoreError) in
        try CellPair(voxels: extent.count, budget: budget)
      } _: { (pair, index) throws(ArrayScoreError) in
        try pair.read(inputs, index)
        let score: CellScore
        do throws(EvaluationError) {
          score = try self.score(
            name: "", className: "", prediction: pair.prediction.cells, truth: pair.truth.cells,
            extent: extent, budget: budget)
        } catch { throw .evaluation(error) }
        for (place, measure) in columns.enumerated() {
          scores[index * columns.count + place] = score.values[measure] ?? .nan
        }
      }
    } catch {
      switch error {
      case .compute(let error): throw error
      case .cells(let error): throw error
      case .evaluation(let error): throw error
      }
    }
  }
}

/// The arrays of one call; only read.
private struct ScoredArrays: @unchecked Sendable {
  let predictions: StridedVolumes
  let truths: StridedVolumes
}

/// What one thread keeps: a prediction and its truth as floats.
private final class CellPair {
  let prediction: Scratch<Float>
  let truth: Scratch<Float>

  init(voxels: Int, budget: MemoryBudget) throws(ArrayScoreError) {
    do throws(ComputeError) {
      (prediction, truth) = (
        try Scratch(count: voxels, budget: budget), try Scratch(count: voxels, budget: budget)
      )
    } catch { throw .compute(error) }
  }

  func read(_ inputs: ScoredArrays, _ index: Int) throws(ArrayScoreError) {
    if let flaw = inputs.predictions.copyFractions(ofVolume: index, into: prediction.cells) {
      throw .cells(.value("predictions", index: flaw.index, flaw.value))
    }
    if let flaw = inputs.truths.copyFractions(ofVolume: index, into: truth.cells) {
      throw .cells(.value("truths", index: flaw.index, flaw.value))
    }
  }
}

private enum ArrayScoreError: ComputeFailure {
  case compute(ComputeError)
  case cells(ArrayCellsError)
  case evaluation(EvaluationError)

  init(_ error: ComputeError) { self = .compute(error) }

  var isCancellation: Bool {
    if case .compute(.cancelled) = self { true } else { false }
  }
}
