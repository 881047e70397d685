import CTopoLoss
import TestOracles
import Testing
import TopoLossABI

/// The trainer through its C functions: the same training by steps, by epochs and in one call.
@Suite struct TrainerCallTests {
  /// The log of a training from the beginning to the end in one call.
  private func wholeLog() throws -> String {
    let trainer = CTrainer()
    let (status, training) = unsafe trainer.create()
    defer { unsafe topoloss_training_destroy(training) }
    try #require(status == TOPOLOSS_OK, "\(trainer.message)")
    #expect(unsafe topoloss_training_fit(training, nil, nil, nil, nil) == TOPOLOSS_OK)
    return try #require(unsafe log(of: training))
  }

  @Test func stepsEpochsAndOneCallAreTheSame() throws {
    let whole = try wholeLog()
    #expect(whole.split(separator: "\n").count == 2)
    for isByStep in [true, false] {
      let trainer = CTrainer()
      let (status, training) = unsafe trainer.create()
      defer { unsafe topoloss_training_destroy(training) }
      try #require(status == TOPOLOSS_OK, "\(trainer.message)")
      var events: [String] = []
      for _ in 0..<6 {
        var report = emptyReport()
        let advance = unsafe isByStep ? topoloss_training_step : topoloss_training_epoch
        #expect(unsafe advance(training, nil, &report, nil) == TOPOLOSS_OK)
        events.append("\(report.event):\(report.epoch)/\(report.epochs):\(report.step)/\(report.steps)")
        if report.event == TOPOLOSS_TRAINING_DONE { break }
        #expect(report.train.total > 0 && report.learning_rate == 1e-3)
        #expect((report.validation.total > 0) == (report.event == TOPOLOSS_EPOCH_DONE))
        #expect(report.train.geometric == report.train.dice + report.train.cross_entropy / 2)
      }
      let expected =
        isByStep
        ? ["0:0/2:1/2", "1:0/2:2/2", "0:1/2:1/2", "1:1/2:2/2", "2:2/2:0/2"]
        : ["1:0/2:2/2", "1:1/2:2/2", "2:2/2:0/2"]
      #expect(events == expected)
      #expect(unsafe log(of: training) == whole)
    }
  }

  @Test func aCancelledTrainingGoesOnToTheSameBits() throws {
    let whole = try wholeLog()
    let trainer = CTrainer()
    let (_, training) = unsafe trainer.create()
    defer { unsafe topoloss_training_destroy(training) }
    // By the answer of the progress function, after every step and epoch.
    var calls = 0
    while calls < 20,
      unsafe topoloss_training_fit(training, nil, { _, _ in 1 }, nil, nil) == TOPOLOSS_ECANCELLED
    {
      calls += 1
    }
    #expect(calls == 6)
    #expect(unsafe log(of: training) == whole)
    // By a token that is cancelled already, and by the function that is asked.
    let token = unsafe topoloss_cancellation_create()
    defer { unsafe topoloss_cancellation_destroy(token) }
    var options = unsafe topoloss_run_options()
    unsafe topoloss_run_options_init(&options)
    unsafe topoloss_cancellation_cancel(token)
    unsafe options.cancellation = token
    let (_, second) = unsafe trainer.create()
    defer { unsafe topoloss_training_destroy(second) }
    #expect(unsafe topoloss_training_step(second, &options, nil, nil) == TOPOLOSS_ECANCELLED)
    #expect(unsafe log(of: second)?.isEmpty == true)
    unsafe topoloss_cancellation_reset(token)
    #expect(unsafe topoloss_training_fit(second, &options, nil, nil, nil) == TOPOLOSS_OK)
    #expect(unsafe log(of: second) == whole)
    unsafe topoloss_cancellation_cancel(token)
    #expect(unsafe trainer.create(&options).0 == TOPOLOSS_ECANCELLED)
  }

  @Test func handlesServeOneCallAtATime() throws {
    let trainer = CTrainer()
    let (_, training) = unsafe trainer.create()
    defer { unsafe topoloss_training_destroy(training) }
    var model: OpaquePointer?
    // The context is the handle itself: what is asked of it in the middle of a call.
    let status = unsafe topoloss_training_fit(
      training, nil,
      { _, context in
        let training = OpaquePointer(context)
        var model: OpaquePointer?
        defer { unsafe topoloss_model_destroy(model) }
        let isRight =
          unsafe topoloss_training_step(training, nil, nil, nil) == TOPOLOSS_EBUSY
          && topoloss_training_load(training, "nothing", nil) == TOPOLOSS_EBUSY
          && topoloss_training_model(training, &model, nil) == TOPOLOSS_OK
          && topoloss_training_log(training, nil, 0, nil, nil) == TOPOLOSS_OK
        return isRight ? 0 : 1
      }, UnsafeMutableRawPointer(training), &trainer.error)
    #expect(status == TOPOLOSS_OK, "\(trainer.message)")
    #expect(unsafe topoloss_training_model(training, &model, nil) == TOPOLOSS_OK)
    defer { unsafe topoloss_model_destroy(model) }
    let volumes = unsafe trainer.predict(model)
    #expect(volumes.count == 4 * 64 * CTrainer.pixels && volumes.allSatisfy { $0 > 0 && $0 < 1 })
  }

  @Test func modelsAndCheckpointsGoThroughFiles() throws {
    let trainer = CTrainer()
    let folder = TemporaryFolder()
    let (_, training) = unsafe trainer.create()
    defer { unsafe topoloss_training_destroy(training) }
    #expect(unsafe topoloss_training_step(training, nil, nil, nil) == TOPOLOSS_OK)
    #expect(unsafe topoloss_training_save(training, folder["state"], nil) == TOPOLOSS_OK)
    let (_, other) = unsafe trainer.create()
    defer { unsafe topoloss_training_destroy(other) }
    #expect(unsafe topoloss_training_load(other, folder["state"], &trainer.error) == TOPOLOSS_OK)
    #expect(unsafe topoloss_training_fit(other, nil, nil, nil, nil) == TOPOLOSS_OK)
    #expect(unsafe log(of: other) == (try wholeLog()))

    var (model, again): (OpaquePointer?, OpaquePointer?) = (nil, nil)
    #expect(unsafe topoloss_training_model(other, &model, nil) == TOPOLOSS_OK)
    #expect(unsafe topoloss_model_save(model, folder["model"], nil) == TOPOLOSS_OK)
    #expect(unsafe topoloss_model_load(folder["model"], nil, &again, nil) == TOPOLOSS_OK)
    defer {
      unsafe topoloss_model_destroy(model)
      unsafe topoloss_model_destroy(again)
    }
    #expect(unsafe trainer.predict(model) == trainer.predict(again))
    let text = unsafe copiedText { unsafe topoloss_model_settings(again, $0, $1, $2, nil) }
    #expect(text?.contains("\"epochs\": 2,") == true)

    // A model is no checkpoint; after that the training wants a good one.
    #expect(unsafe topoloss_training_load(other, folder["model"], nil) == TOPOLOSS_EFORMAT)
    #expect(unsafe topoloss_training_step(other, nil, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_training_load(other, folder["state"], nil) == TOPOLOSS_OK)
    #expect(unsafe topoloss_training_load(other, folder["nothing"], &trainer.error) == TOPOLOSS_EIO)
    #expect(trainer.error.system_error == 2)
    #expect(unsafe topoloss_training_step(other, nil, nil, nil) == TOPOLOSS_OK)
    var fresh: OpaquePointer?
    defer { unsafe topoloss_model_destroy(fresh) }
    #expect(unsafe topoloss_model_create("{\"base_filters\": 2}", nil, &fresh, nil) == TOPOLOSS_OK)
    #expect(unsafe !trainer.predict(fresh).isEmpty)
  }

  @Test func settingsComeBackComplete() {
    let text = unsafe copiedText { unsafe topoloss_settings("{\"epochs\": 7}", $0, $1, $2, nil) }
    #expect(text?.contains("\"epochs\": 7,") == true && text?.contains("\"order\": 2.0,") == true)
    let again = unsafe copiedText { unsafe topoloss_settings(text, $0, $1, $2, nil) }
    #expect(again == text)
    var error = emptyError()
    #expect(unsafe topoloss_settings("{\"epoch\": 7}", nil, 0, nil, &error) == TOPOLOSS_EARGUMENT)
    #expect(error.index == 10)
    #expect(unsafe topoloss_settings("{", nil, 0, nil, &error) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_settings("\u{ff}", nil, 0, nil, nil) == TOPOLOSS_EARGUMENT)
  }

  @Test func scoresAreNamedAndKnown() {
    var names: [String] = []
    while let name = unsafe topoloss_measure_name(Int32(names.count)) {
      names.append(unsafe String(cString: name))
    }
    #expect(
      names == [
        "iou_error", "volume_error", "surface_error", "roughness_error", "roughness_error_paper", "dice",
        "betti0_error", "betti1_error", "betti2_error", "wasserstein0", "wasserstein1", "wasserstein2",
      ])
    #expect(unsafe topoloss_measure_name(-1) == nil)
    let trainer = CTrainer()
    var scores = [Double](repeating: .nan, count: 4 * names.count)
    let status = unsafe trainer.objects.withArray(trainer.objectValues.baseAddress) {
      unsafe topoloss_evaluate(nil, $0, $0, nil, &scores, nil)
    }
    #expect(status == TOPOLOSS_OK)
    // A prediction that is the truth itself: Dice 1, all errors 0.
    #expect(scores == (0..<4).flatMap { _ in names.map { $0 == "dice" ? 1 : 0 } })
  }

  @Test func foldsAndComparison() {
    var parts = [Int32](repeating: -1, count: 10)
    #expect(unsafe topoloss_folds(nil, 10, 3, 1, &parts, nil) == TOPOLOSS_OK)
    #expect((0..<3).map { part in parts.count { $0 == part } }.sorted() == [3, 3, 4])
    #expect(unsafe topoloss_folds(nil, 2, 3, 1, &parts, nil) == TOPOLOSS_ESHAPE)
    #expect(unsafe topoloss_folds(nil, 10, 2, 1, &parts, nil) == TOPOLOSS_EARGUMENT)
    #expect(topoloss_folds(nil, 10, 3, 1, nil, nil) == TOPOLOSS_EARGUMENT)
    let (first, second) = ("name,class,dice\na1,a,0.5\na2,a,0.25\n", "name,class,dice\na1,a,0.75\na2,a,1\n")
    let table = unsafe copiedText { unsafe topoloss_compare(first, second, nil, 1, $0, $1, $2, nil) }
    #expect(table?.contains("cells,,dice,2,0,0.375,") == true, "\(table ?? "")")
    #expect(unsafe topoloss_compare(first, "name\n", nil, 0, nil, 0, nil, nil) == TOPOLOSS_EFORMAT)
    #expect(unsafe topoloss_compare(first, second, nil, 3, nil, 0, nil, nil) == TOPOLOSS_EARGUMENT)
    #expect(unsafe topoloss_compare(nil, second, nil, 0, nil, 0, nil, nil) == TOPOLOSS_EARGUMENT)
  }
}
