public import ComputeRuntime
internal import NeuralKernels
public import NeuralNetwork
public import SHAPR

/// Predicted volumes of any program and the true ones, paired by their names without ends.
public struct VolumePairs: Sendable {
  /// The names that have both, in the order of their bytes.
  public let names: [String]
  /// The files that have no partner: those of the predictions first.
  public let unpaired: [Unpaired]

  /// Files of one folder that the other has no partner for.
  public struct Unpaired: Sendable, CustomStringConvertible {
    /// Not empty.
    public let files: [String]
    let folder: String
    let other: String

    /// One line, however many they are.
    public var description: String {
      "\(files.count) of the files in \(quotedJSON(folder)) have no partner in \(quotedJSON(other)), the first "
        + "is \(quotedJSON(files[0]))"
    }

    /// For those who want every file to have a partner.
    public var error: FileError {
      FileError(
        .reading(errno: noSuchFile.number), file: files[0], "has no partner in \(quotedJSON(other))")
    }
  }

  private let predictions: VolumeFolder
  private let truth: VolumeFolder

  /// - Throws: when a folder cannot be used, or the two have no name in common.
  public init(predictions: String, truth: String) throws(FileError) {
    self.predictions = try VolumeFolder(predictions)
    self.truth = try VolumeFolder(truth)
    func alone(_ one: VolumeFolder, _ other: VolumeFolder) -> Unpaired? {
      let files = one.names.filter { other.file($0) == nil }.compactMap(one.file)
      return files.isEmpty ? nil : Unpaired(files: files, folder: one.path, other: other.path)
    }
    unpaired = [alone(self.predictions, self.truth), alone(self.truth, self.predictions)].compactMap(\.self)
    names = self.predictions.names.filter { [truth = self.truth] in truth.file($0) != nil }
    guard !names.isEmpty else {
      throw FileError(
        .path, file: predictions, "has no file named like one in \(quotedJSON(self.truth.path))")
    }
  }

  /// Scores every pair; the result is the same for any number of threads.
  ///
  /// - Throws: ``FileError`` of the first file that cannot be used, or is of another size than its
  ///   partner.
  public func scores(
    _ evaluation: Evaluation, team: WorkTeam, budget: MemoryBudget
  ) throws(FileError) -> Scores {
    var scores = Scores(measures: evaluation.measures)
    let cells = try team.map(names) { (name) throws(FileError) in
      try score(name, evaluation, budget)
    }
    for cell in cells { scores.append(cell) }
    return scores
  }

  private func score(
    _ name: String, _ evaluation: Evaluation, _ budget: MemoryBudget
  ) throws(FileError) -> CellScore {
    guard let predicted = predictions.file(name), let expected = truth.file(name) else {
      preconditionFailure("a pair has two files")
    }
    let prediction = try GreyVolume(predicted, values: .fractions, budget: budget)
    let truth = try GreyVolume(expected, values: .fractions, budget: budget)
    for volume in [prediction, truth] where volume.extents.count != 3 {
      throw FileError(
        .shape, file: volume.file, "is \(shapeText(volume.extents)); a volume is needed here")
    }
    guard prediction.extents == truth.extents else {
      throw FileError(
        .shape, file: predicted,
        "is \(shapeText(prediction.extents)), but \(quotedJSON(expected)) is \(shapeText(truth.extents))")
    }
    do throws(EvaluationError) {
      return try evaluation.score(
        name: name, className: className(of: name), prediction: prediction.values,
        truth: truth.values,
        extent: Extent(truth.extents[0], truth.extents[1], truth.extents[2]), budget: budget)
    } catch { throw FileError(error, file: predicted) }
  }
}
