internal import NeuralNetwork

/// The progress as a JSON text, for checkpoints: numbers come back as the same numbers.
extension TrainingProgress {
  var json: String {
    var schedule: [JSONValue] = []
    if case .plateau(let state) = self.schedule {
      schedule = [number(state.best), whole(state.badEpochs), whole(state.cooldownLeft)]
    }
    if case .step(let state) = self.schedule { schedule = [whole(state.epochs)] }
    return object([
      ("stage", text(stage.rawValue)), ("epoch", whole(epoch)), ("step", whole(step)),
      ("epochs_begun", whole(epochsBegun)), ("rate", number(rate)),
      ("schedule", JSONValue(.array(schedule))), ("best", number(earlyStopping.best)),
      ("bad_epochs", whole(earlyStopping.badEpochs)), ("patience", whole(earlyStopping.patience)),
      ("losses", losses.json), ("log", JSONValue(.array(log.map(\.json)))),
      ("schedule_kind", text(scheduleKind)), ("is_finished", JSONValue(.boolean(isFinished))),
    ]).text
  }

  private var scheduleKind: String {
    switch schedule {
    case .constant: "constant"
    case .plateau: "plateau"
    case .step: "step"
    }
  }

  /// nil if the text is not one that ``json`` made.
  init?(json: String) {
    guard let object = parsedObject(json), let stage = object.text("stage").flatMap(Stage.init),
      let epoch = object.whole("epoch"), let step = object.whole("step"),
      let epochsBegun = object.whole("epochs_begun"), let rate = object.number("rate"),
      let best = object.number("best"), let badEpochs = object.whole("bad_epochs"),
      let patience = object.whole("patience"),
      let losses = object.object("losses").flatMap(EpochLosses.init),
      let kind = object.text("schedule_kind"), let numbers = object.array("schedule"),
      let rows = object.array("log"), case .boolean(let isFinished)? = object["is_finished"]?.content
    else { return nil }
    var schedule = LearningRateSchedule.constant
    switch (kind, numbers.count) {
    case ("constant", 0): break
    case ("plateau", 3):
      var state = PlateauSchedule()
      guard let first = numbers[0].number, let bad = numbers[1].whole,
        let left = numbers[2].whole
      else { return nil }
      (state.best, state.badEpochs, state.cooldownLeft) = (first, bad, left)
      schedule = .plateau(state)
    case ("step", 1):
      guard let epochs = numbers[0].whole else { return nil }
      var state = StepSchedule(stepSize: 10, gamma: 0.5)
      state.epochs = epochs
      schedule = .step(state)
    default: return nil
    }
    var earlyStopping = EarlyStopping()
    (earlyStopping.best, earlyStopping.badEpochs) = (best, badEpochs)
    earlyStopping.patience = patience
    self.init(rate: rate, schedule: schedule, earlyStopping: earlyStopping)
    (self.stage, self.epoch, self.step, self.epochsBegun) = (stage, epoch, step, epochsBegun)
    (self.losses, self.isFinished) = (losses, isFinished)
    for row in rows {
      guard case .object(let members) = row.content, let record = EpochRecord(members) else {
        return nil
      }
      log.append(record)
    }
  }
}

extension EpochLosses {
  var json: JSONValue {
    object([
      ("dice", number(dice)), ("cross_entropy", number(crossEntropy)),
      ("topological", number(topological)), ("adversarial", number(adversarial)),
      ("discriminator", number(discriminator)), ("cells", whole(cells)),
    ])
  }

  init?(_ members: JSONObject) {
    guard let dice = members.number("dice"), let entropy = members.number("cross_entropy"),
      let topological = members.number("topological"),
      let adversarial = members.number("adversarial"),
      let discriminator = members.number("discriminator"), let cells = members.whole("cells")
    else { return nil }
    self.init()
    (self.dice, crossEntropy, self.topological) = (dice, entropy, topological)
    (self.adversarial, self.discriminator, self.cells) = (adversarial, discriminator, cells)
  }
}

extension EpochRecord {
  var json: JSONValue {
    object([
      ("stage", text(stage.rawValue)), ("epoch", whole(epoch)), ("rate", number(rate)),
      ("train", train.json), ("validation", validation.json),
      ("is_best", JSONValue(.boolean(isBest))),
    ])
  }

  init?(_ members: JSONObject) {
    guard let stage = members.text("stage").flatMap(Stage.init),
      let epoch = members.whole("epoch"), let rate = members.number("rate"),
      let train = members.object("train").flatMap(EpochLosses.init),
      let validation = members.object("validation").flatMap(EpochLosses.init),
      case .boolean(let isBest)? = members["is_best"]?.content
    else { return nil }
    self.init(
      stage: stage, epoch: epoch, rate: rate, train: train, validation: validation, isBest: isBest)
  }
}

extension Split {
  /// The names of the cells, as `split.json` has them.
  public func json(names: (Int) -> String) -> String {
    func list(_ cells: [Int]) -> String {
      "[\n" + cells.map { "    \(quotedJSON(names($0)))" }.joined(separator: ",\n") + "\n  ]"
    }
    return """
      {
        "train": \(list(train)),
        "val": \(list(validation)),
        "test": \(list(test))
      }

      """
  }
}

// MARK: - Small JSON

private func object(_ members: [(String, JSONValue)]) -> JSONValue {
  var object = JSONObject()
  for (name, value) in members { _ = object.add(name, value) }
  return JSONValue(.object(object))
}

private func number(_ value: Double) -> JSONValue { JSONValue(.number(value)) }
private func whole(_ value: Int) -> JSONValue { JSONValue(.integer(Int64(value))) }
private func text(_ value: String) -> JSONValue { JSONValue(.string(value)) }

private func parsedObject(_ text: String) -> JSONObject? {
  guard let value = try? JSONValue(parsing: text), case .object(let object) = value.content else {
    return nil
  }
  return object
}

extension JSONValue {
  /// A number; null is infinity, which JSON does not have.
  fileprivate var number: Double? {
    switch content {
    case .number(let value): value
    case .integer(let value): Double(value)
    case .null: .infinity
    default: nil
    }
  }

  /// A count that can be gone on with: products of two of them, and one more, are no overflow.
  fileprivate var whole: Int? {
    guard case .integer(let value) = content, (0...Int64(Int32.max)).contains(value) else { return nil }
    return Int(value)
  }
}

extension JSONObject {
  fileprivate func number(_ name: String) -> Double? { self[name]?.number }
  fileprivate func whole(_ name: String) -> Int? { self[name]?.whole }

  fileprivate func text(_ name: String) -> String? {
    if case .string(let text)? = self[name]?.content { text } else { nil }
  }

  fileprivate func array(_ name: String) -> [JSONValue]? {
    if case .array(let elements)? = self[name]?.content { elements } else { nil }
  }

  fileprivate func object(_ name: String) -> JSONObject? {
    if case .object(let object)? = self[name]?.content { object } else { nil }
  }
}
