import TestOracles
import Testing

@testable import NeuralNetwork

@Suite("Schedules")
struct SchedulesTests {
  /// What PyTorch did: Tests/Fixtures/schedules/make.py. Equal bits, because both compute the same
  /// products of Doubles.
  @Test("the rates of PyTorch's ReduceLROnPlateau") func plateau() throws {
    let record = FixtureJSON(parsing: bytes(ofFixture: "schedules/schedules.json"))
    let cases = try #require(record["plateau"]?.elements)
    #expect(cases.count == 36)
    for one in cases {
      let options = try #require(one["options"])
      var schedule = PlateauSchedule()
      schedule.factor = try #require(options["factor"]?.number)
      schedule.patience = Int(try #require(options["patience"]?.number))
      schedule.threshold = try #require(options["threshold"]?.number)
      schedule.cooldown = Int(try #require(options["cooldown"]?.number))
      schedule.minimumRate = try #require(options["min_lr"]?.number)
      schedule.smallestChange = try #require(options["eps"]?.number)
      let losses = try #require(record["losses"]?[one["losses"]?.string ?? ""]?.numbers)
      var general = LearningRateSchedule.plateau(schedule)
      var rate = 1e-3
      let rates = losses.map { loss in
        rate = general.rate(after: rate, validationLoss: loss)
        return rate
      }
      #expect(rates == one["rates"]?.numbers)
    }
    let defaults = PlateauSchedule()
    let first = try #require(cases[0]["options"])
    #expect(defaults.factor == first["factor"]?.number && defaults.threshold == first["threshold"]?.number)
    #expect(
      Double(defaults.patience) == first["patience"]?.number
        && defaults.smallestChange == first["eps"]?.number)
  }

  @Test("the rates of PyTorch's StepLR") func step() throws {
    let record = FixtureJSON(parsing: bytes(ofFixture: "schedules/schedules.json"))
    for one in try #require(record["step"]?.elements) {
      var schedule = LearningRateSchedule.step(
        StepSchedule(
          stepSize: Int(try #require(one["size"]?.number)), gamma: try #require(one["gamma"]?.number)))
      var rate = try #require(one["rate"]?.number)
      let expected = try #require(one["rates"]?.numbers)
      let rates = expected.map { _ in
        rate = schedule.rate(after: rate, validationLoss: 0)
        return rate
      }
      #expect(rates == expected)
    }
  }

  @Test("a constant schedule changes nothing") func constant() {
    var schedule = LearningRateSchedule.constant
    #expect(schedule.rate(after: 0.25, validationLoss: .nan) == 0.25)
  }

  @Test("state that is stored and restored continues the same way") func resume() {
    var generator = SeededGenerator(seed: 96)
    let losses = (0..<60).map { _ in generator.unit() }
    var whole = PlateauSchedule()
    var (stopping, rate) = (EarlyStopping(), 1.0)
    for (epoch, loss) in losses.enumerated() {
      var restored = PlateauSchedule()
      (restored.best, restored.badEpochs, restored.cooldownLeft) = (
        whole.best, whole.badEpochs, whole.cooldownLeft
      )
      var restoredStopping = EarlyStopping()
      (restoredStopping.best, restoredStopping.badEpochs) = (stopping.best, stopping.badEpochs)
      let next = whole.rate(after: rate, validationLoss: loss)
      #expect(restored.rate(after: rate, validationLoss: loss) == next)
      #expect(restoredStopping.judge(loss) == stopping.judge(loss))
      #expect(restored == whole && restoredStopping == stopping, "epoch \(epoch)")
      rate = next
    }
  }

  @Test("the epoch that ends training: patience epochs in a row that are not better", arguments: [0.0, 0.01])
  func earlyStopping(minimumDelta: Double) {
    var stopping = EarlyStopping()
    stopping.minimumDelta = minimumDelta
    #expect(stopping.judge(1) == .better)
    #expect(stopping.judge(1) == .notBetter)
    #expect(stopping.judge(0.995) == (minimumDelta == 0 ? .better : .notBetter))
    #expect(stopping.judge(0.5) == .better)
    for epoch in 1...15 {
      #expect(stopping.judge(epoch == 4 ? .nan : 0.5) == (epoch == 15 ? .stop : .notBetter))
    }
    #expect(stopping.judge(0.4) == .better)
  }
}
