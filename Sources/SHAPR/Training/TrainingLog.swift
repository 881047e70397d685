/// The log of a training as text: one line per epoch, nothing in it that depends on clock or machine.
public enum TrainingLog {
  static let columns = [
    "stage", "epoch", "rate", "train_loss", "train_dice", "train_cross_entropy", "train_topological",
    "train_adversarial", "train_discriminator", "val_loss", "val_dice", "val_cross_entropy",
    "val_topological", "is_best",
  ]

  /// Comma-separated values with a header; numbers are the shortest that give the same number again.
  public static func csv(_ records: [EpochRecord]) -> String {
    var text = columns.joined(separator: ",") + "\n"
    for record in records { text += values(record).joined(separator: ",") + "\n" }
    return text
  }

  /// The same as one JSON object per line.
  public static func jsonLines(_ records: [EpochRecord]) -> String {
    records.map { record in
      let members = zip(columns, values(record)).map { name, value in
        "\"\(name)\": \(name == "stage" ? "\"\(value)\"" : value)"
      }
      return "{" + members.joined(separator: ", ") + "}\n"
    }.joined()
  }

  /// The lowest validation loss in a log as ``csv(_:)`` writes it; nil if the text is none, or has no epoch.
  public static func lowestValidationLoss(csv: String) -> Double? {
    let lines = csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    guard let header = lines.first, let place = header.firstIndex(of: "val_loss") else { return nil }
    return lines.dropFirst().compactMap { $0.count == header.count ? Double($0[place]) : nil }
      .filter { !$0.isNaN }.min()
  }

  private static func values(_ record: EpochRecord) -> [String] {
    let (train, validation) = (record.train, record.validation)
    return [
      record.stage.rawValue, "\(record.epoch)", "\(record.rate)", "\(train.total)",
      "\(train.dice)", "\(train.crossEntropy)", "\(train.topological)", "\(train.adversarial)",
      "\(train.discriminator)", "\(validation.total)", "\(validation.dice)",
      "\(validation.crossEntropy)", "\(validation.topological)", "\(record.isBest)",
    ]
  }
}
