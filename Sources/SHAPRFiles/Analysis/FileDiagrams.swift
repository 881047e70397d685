public import NeuralNetwork
public import ComputeRuntime
public import SHAPR

/// Diagrams of files, computed side by side; the results are the same for any number of threads.
public struct FileDiagrams {
  private let options: DiagramOptions
  private let budget: MemoryBudget

  public init(_ options: DiagramOptions, budget: MemoryBudget) {
    (self.options, self.budget) = (options, budget)
  }

  /// The diagrams of every file and, if wanted, the distances between consecutive ones.
  public func series(_ files: [String], hasDistances: Bool = true, team: WorkTeam) throws(FileError)
    -> DiagramSeries
  {
    // One volume per thread; with more threads than volumes, the volumes share them.
    var options = options
    options.threads = max(1, team.count / max(1, files.count))
    let diagrams = try team.map(files) { [options] (file) throws(FileError) in
      let volume = try GreyVolume(file, budget: budget)
      return try naming(file) { () throws(EvaluationError) in
        try VolumeDiagrams(
          of: volume.values, extents: volume.extents, options: options, budget: budget)
      }
    }
    let pairs = hasDistances ? Array(files.indices.dropFirst()) : []
    let steps = try team.map(pairs) { (place) throws(FileError) in
      try naming(files[place]) { () throws(EvaluationError) in
        try diagrams[place - 1].distances(to: diagrams[place])
      }
    }
    return DiagramSeries(files: zip(files.map(nameWithoutEnd), diagrams).map { ($0, $1) }, steps: steps)
  }

  /// What every file loses when it is resampled.
  ///
  /// - Parameter clock: gives the seconds that the calling thread has computed.
  public func downsampling(
    _ files: [String], resolutions: [Int], team: WorkTeam, clock: () -> Double
  ) throws(FileError) -> DownsamplingTable {
    let volumes = try team.map(files) { (file) throws(FileError) in
      let volume = try GreyVolume(file, budget: budget)
      return try naming(file) { () throws(EvaluationError) in
        try Downsampling(
          nameWithoutEnd(file), of: volume.values, extents: volume.extents, resolutions: resolutions,
          options: options, budget: budget, clock: clock)
      }
    }
    return DownsamplingTable(volumes)
  }
}

/// Runs `body`, and says of which file it was when it failed.
private func naming<Value>(
  _ file: String, _ body: () throws(EvaluationError) -> Value
) throws(FileError) -> Value {
  do throws(EvaluationError) { return try body() } catch { throw FileError(error, file: file) }
}
