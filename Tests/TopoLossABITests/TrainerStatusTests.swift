import CTopoLoss
import Testing
import TopoLossABI

/// What bad calls of the trainer get; after each of them the next call is right.
@Suite struct TrainerStatusTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    var index: Int64 = -1
    let change: @Sendable (CTrainer) -> Void
  }

  static let cases = [
    Case(testDescription: "settings that are no JSON", status: TOPOLOSS_EARGUMENT, index: 0) {
      $0.settings = "x"
    },
    Case(testDescription: "an unknown setting", status: TOPOLOSS_EARGUMENT, index: 12) {
      $0.settings = "{\"epocks\":  2}"
    },
    Case(testDescription: "an old topoloss_cells", status: TOPOLOSS_EARGUMENT) { $0.cellsSize = 8 },
    Case(testDescription: "an old topoloss_split", status: TOPOLOSS_EARGUMENT) { $0.splitSize = 0 },
    Case(testDescription: "no cell to train on", status: TOPOLOSS_ESHAPE) { $0.train = [] },
    Case(testDescription: "no cell to validate on", status: TOPOLOSS_ESHAPE) { $0.validation = [] },
    Case(testDescription: "a cell below all", status: TOPOLOSS_EARGUMENT, index: 1) { $0.train = [0, -1] },
    Case(testDescription: "a cell beyond all", status: TOPOLOSS_EARGUMENT, index: 0) {
      $0.validation = [4]
    },
    Case(testDescription: "the same cell twice", status: TOPOLOSS_EARGUMENT, index: 1) { $0.train = [2, 2] },
    Case(testDescription: "a cell in two lists", status: TOPOLOSS_EARGUMENT, index: 0) { $0.test = [3] },
    Case(testDescription: "a list longer than there are cells", status: TOPOLOSS_EARGUMENT) {
      $0.train = [0, 1, 2, 0, 1]
    },
    Case(testDescription: "images without an axis for cells", status: TOPOLOSS_ESHAPE) {
      $0.images.shape = [64, 16]
    },
    Case(testDescription: "images that are volumes", status: TOPOLOSS_ESHAPE) {
      $0.images.shape = [1, 4, 16, 16]
    },
    Case(testDescription: "objects of another depth", status: TOPOLOSS_ESHAPE) {
      $0.objects.shape = [4, 32, 16, 16]
    },
    Case(testDescription: "fewer masks than images", status: TOPOLOSS_ESHAPE) {
      $0.masks.shape = [3, 16, 16]
    },
    Case(testDescription: "images of an odd size", status: TOPOLOSS_ESHAPE) {
      $0.images.shape = [4, 16, 15]
      $0.masks.shape = [4, 16, 15]
      $0.objects.shape = [4, 64, 16, 15]
    },
    Case(testDescription: "no cells at all", status: TOPOLOSS_ESHAPE) { $0.images.shape = [0, 16, 16] },
    Case(testDescription: "a size that overflows", status: TOPOLOSS_ELIMIT) {
      $0.images.shape = [1 << 40, 16, 16]
    },
    Case(testDescription: "integers of which nobody says what is white", status: TOPOLOSS_EDTYPE) {
      $0.objects.dtype = Int32(TOPOLOSS_INT8)
    },
    Case(testDescription: "NaN", status: TOPOLOSS_ENAN, index: 300) {
      unsafe $0.imageValues[300] = .nan
    },
    Case(testDescription: "infinity", status: TOPOLOSS_EINF, index: 0) {
      unsafe $0.imageValues[0] = .infinity
    },
    Case(testDescription: "a value above 1", status: TOPOLOSS_EARGUMENT, index: 1023) {
      unsafe $0.imageValues[1023] = 1.001
    },
    Case(testDescription: "0 and 1 in bytes", status: TOPOLOSS_EARGUMENT) {
      for i in 0..<4 * CTrainer.pixels { unsafe $0.maskValues[i] /= 255 }
    },
    Case(testDescription: "the adversarial stage for 4 by 4 pixels", status: TOPOLOSS_ESHAPE) {
      $0.settings = "{\"adversarial_epochs\": 1}"
      $0.images.shape = [4, 4, 4]
      $0.masks.shape = [4, 4, 4]
      $0.objects.shape = [4, 64, 4, 4]
    },
  ]

  @Test(arguments: cases) func badArgumentsAreRefused(_ bad: Case) {
    let trainer = CTrainer()
    bad.change(trainer)
    trainer.error.index = -77
    let (status, handle) = unsafe trainer.create()
    #expect(Int(status) == bad.status, "\(trainer.message)")
    #expect(trainer.error.index == bad.index, "\(trainer.message)")
    #expect(unsafe handle == nil && !trainer.message.isEmpty)
    let good = CTrainer()
    let (next, training) = unsafe good.create()
    #expect(next == TOPOLOSS_OK)
    unsafe topoloss_training_destroy(training)
  }

  @Test func nothingIsNeverRead() {
    let refused = topoloss_status(TOPOLOSS_EARGUMENT)
    var handle: OpaquePointer?
    var report = emptyReport()
    #expect(unsafe topoloss_training_create(nil, nil, nil, nil, &handle, nil) == refused)
    #expect(topoloss_training_create(nil, nil, nil, nil, nil, nil) == refused)
    #expect(unsafe topoloss_training_step(nil, nil, &report, nil) == refused)
    #expect(unsafe topoloss_training_epoch(nil, nil, &report, nil) == refused)
    #expect(topoloss_training_fit(nil, nil, nil, nil, nil) == refused)
    #expect(unsafe topoloss_training_save(nil, "x", nil) == refused)
    #expect(unsafe topoloss_training_load(nil, "x", nil) == refused)
    #expect(topoloss_training_log(nil, nil, 0, nil, nil) == refused)
    #expect(unsafe topoloss_training_model(nil, &handle, nil) == refused)
    #expect(topoloss_model_create(nil, nil, nil, nil) == refused)
    #expect(unsafe topoloss_model_load(nil, nil, &handle, nil) == refused)
    #expect(unsafe topoloss_model_save(nil, "x", nil) == refused)
    #expect(topoloss_model_settings(nil, nil, 0, nil, nil) == refused)
    #expect(topoloss_model_predict(nil, nil, nil, nil, nil) == refused)
    #expect(topoloss_evaluate(nil, nil, nil, nil, nil, nil) == refused)
    topoloss_training_destroy(nil)
    topoloss_model_destroy(nil)
    topoloss_run_options_init(nil)

    let trainer = CTrainer()
    let (_, training) = unsafe trainer.create()
    defer { unsafe topoloss_training_destroy(training) }
    report.struct_size = 8
    #expect(unsafe topoloss_training_step(training, nil, &report, nil) == refused)
    var options = unsafe topoloss_run_options()
    #expect(unsafe topoloss_training_step(training, &options, nil, nil) == refused)
    unsafe topoloss_run_options_init(&options)
    unsafe options.threads = -1
    #expect(unsafe topoloss_training_step(training, &options, nil, nil) == refused)
    #expect(unsafe topoloss_training_save(training, nil, nil) == refused)
    #expect(unsafe topoloss_training_model(training, nil, nil) == refused)
    #expect(unsafe log(of: training)?.isEmpty == true)
  }

  @Test func memoryIsBounded() {
    let trainer = CTrainer()
    var options = unsafe topoloss_run_options()
    unsafe topoloss_run_options_init(&options)
    unsafe options.max_memory = 1000
    #expect(unsafe trainer.create(&options).0 == TOPOLOSS_ENOMEM)
    // Just enough to begin with is not enough for a step, which needs memory for every layer.
    var (status, training) = unsafe trainer.create(&options)
    while status == TOPOLOSS_ENOMEM {
      unsafe options.max_memory *= 2
      unsafe (status, training) = unsafe trainer.create(&options)
    }
    defer { unsafe topoloss_training_destroy(training) }
    #expect(status == TOPOLOSS_OK, "\(trainer.message)")
    #expect(unsafe topoloss_training_step(training, nil, nil, &trainer.error) == TOPOLOSS_ENOMEM)
    #expect(trainer.message.contains("bytes"))
  }
}
