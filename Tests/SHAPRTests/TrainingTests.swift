import ComputeRuntime
import NeuralKernels
import NeuralNetwork
import SHAPR
import TestOracles
import Testing

/// Small made-up cells: a ball of random place and size, its shadow as the mask.
struct Balls: CellSource {
  let count: Int
  let extent = CellExtent(depth: 64, height: 16, width: 16)

  func name(of index: Int) -> String { "ball\(index)" }

  private func ball(_ index: Int) -> (z: Float, y: Float, x: Float, radius: Float) {
    var generator = SeededGenerator(seed: UInt64(index))
    let numbers = (0..<4).map { _ in Float(generator.unit()) }
    return (24 + 16 * numbers[0], 6 + 4 * numbers[1], 6 + 4 * numbers[2], 3 + 3 * numbers[3])
  }

  func load(_ index: Int, input: FencedPointer<Float>, object: FencedPointer<Float>?) throws {
    fillInput(index, input)
    if let object { fillObject(index, object) }
  }

  private func fillInput(_ index: Int, _ input: FencedPointer<Float>) {
    let ball = ball(index)
    for y in 0..<16 {
      for x in 0..<16 {
        let (dy, dx) = (Float(y) - ball.y, Float(x) - ball.x)
        let height = max(0, ball.radius * ball.radius - dy * dy - dx * dx).squareRoot()
        input[y * 16 + x] = height > 0 ? 1 : 0
        input[256 + y * 16 + x] = height / 8
      }
    }
  }

  private func fillObject(_ index: Int, _ object: FencedPointer<Float>) {
    let ball = ball(index)
    for z in 0..<64 {
      for y in 0..<16 {
        for x in 0..<16 {
          let (dz, dy, dx) = (Float(z) - ball.z, Float(y) - ball.y, Float(x) - ball.x)
          let inside = ball.radius - (dz * dz + dy * dy + dx * dx).squareRoot()
          object[(z * 16 + y) * 16 + x] = min(1, max(0, inside + 0.5))
        }
      }
    }
  }
}

/// A training of a few seconds that has everything: two stages, L_T, a short last batch.
func smallTraining(
  _ change: (inout Settings) -> Void = { _ in }, threads: Int = 2, source: any CellSource = Balls(count: 8)
) throws -> Training {
  var settings = Settings()
  settings.baseFilters = 2
  settings.batchSize = 2
  settings.epochs = 2
  settings.adversarialEpochs = 1
  settings.schedule = .plateau
  settings.topologicalResolution = 8
  change(&settings)
  let budget = MemoryBudget()
  return try Training(
    settings, seed: 3, source: source,
    split: Split(train: [0, 1, 2, 3, 4], validation: [5, 6, 7], test: []),
    workspace: KernelWorkspace(threads: threads, budget: budget), budget: budget)
}

/// Everything that a training ends with, as bits.
func bits(of training: Training) -> [UInt32] {
  training.generator.network.stateValues.flatMap { values in (0..<values.count).map { values[$0].bitPattern }
  }
}

@Suite("training")
struct TrainingTests {
  @Test("the same bits for any number of threads")
  func threads() throws {
    let results = try [1, 2, 4].map { threads in
      let training = try smallTraining(threads: threads)
      try WorkTeam.run(threads: threads) { team in
        try training.run(team: team, onStep: { _ in true }, onEpoch: { _ in true })
      }
      return (bits(of: training), training.progress)
    }
    #expect(results[0].0 == results[1].0 && results[1].0 == results[2].0)
    #expect(results[0].1 == results[1].1 && results[1].1 == results[2].1)
    #expect(results[0].1.log.count == 3 && results[0].1.isFinished)
  }

  @Test("stopped after any step and gone on with from a checkpoint, it is the same training")
  func resume() throws {
    let reference = try smallTraining()
    var steps = 0
    try WorkTeam.run(threads: 2) { team in
      try reference.run(
        team: team,
        onStep: { _ in
          steps += 1
          return true
        }, onEpoch: { _ in true })
    }
    let folder = TemporaryFolder()
    let path = folder["checkpoint.safetensors"]
    for stop in 1...steps {
      var done = 0
      let first = try smallTraining()
      WorkTeam.run(threads: 2) { team in
        // The last stop comes after the last step; there the first training ends by itself.
        try? first.run(
          team: team,
          onStep: { _ in
            done += 1
            return done < stop
          }, onEpoch: { _ in true })
      }
      try first.writeCheckpoint(to: path)
      let second = try smallTraining(threads: 1)
      try second.readCheckpoint(from: path)
      #expect(second.progress == first.progress)
      try WorkTeam.run(threads: 1) { team in
        try second.run(team: team, onStep: { _ in true }, onEpoch: { _ in true })
      }
      #expect(bits(of: second) == bits(of: reference), "stopped after step \(stop)")
      #expect(second.progress == reference.progress)
    }
  }

  @Test("it learns")
  func learns() throws {
    let training = try smallTraining {
      $0.epochs = 12
      $0.adversarialEpochs = 0
      $0.learningRate = 0.01
    }
    try WorkTeam.run(threads: 2) { team in
      try training.run(team: team, onStep: { _ in true }, onEpoch: { _ in true })
    }
    let log = training.progress.log
    #expect(log[log.count - 1].train.total < 0.8 * log[0].train.total)
  }
}
