import ComputeRuntime
import NeuralKernels
import SHAPR
import Synchronization
import Testing

/// Cells that cancel a token when they are loaded for the n-th time: in the middle of a step, since they are
/// loaded beside it.
private final class Alarm: CellSource {
  private let cells = Balls(count: 8)
  private let loads = Atomic<Int>(0)
  private let last: Int
  let token = Cancellation()

  init(last: Int) { self.last = last }

  var count: Int { cells.count }
  var extent: CellExtent { cells.extent }
  func name(of index: Int) -> String { cells.name(of: index) }

  func load(_ index: Int, input: FencedPointer<Float>, object: FencedPointer<Float>?) throws {
    if loads.add(1, ordering: .relaxed).oldValue == last { token.cancel() }
    try cells.load(index, input: input, object: object)
  }
}

@Suite("a training that is broken off in the middle of a step")
struct BrokenOffTests {
  @Test("goes on as if nothing had happened, wherever it was")
  func samebits() throws {
    let reference = try smallTraining()
    try WorkTeam.run(threads: 2) { team in
      try reference.run(team: team, onStep: { _ in true }, onEpoch: { _ in true })
    }
    var breaks = 0
    // Three epochs of five cells and three of the validation.
    for last in 0..<24 {
      let source = Alarm(last: last)
      let training = try smallTraining(source: source)
      var isBroken = false
      WorkTeam.run(threads: 2, interruption: Interruption(token: source.token)) { team in
        do { try training.run(team: team, onStep: { _ in true }, onEpoch: { _ in true }) } catch {
          guard case TrainingError.stopped = error else { return }
          isBroken = true
        }
      }
      guard isBroken else {
        #expect(training.progress.isFinished)
        continue
      }
      breaks += 1
      try WorkTeam.run(threads: 2) { team in
        try training.run(team: team, onStep: { _ in true }, onEpoch: { _ in true })
      }
      #expect(bits(of: training) == bits(of: reference), "broken off at load \(last)")
      #expect(training.progress == reference.progress)
    }
    // The last cells are loaded when little or nothing is left to break off.
    #expect(breaks >= 20)
  }
}
