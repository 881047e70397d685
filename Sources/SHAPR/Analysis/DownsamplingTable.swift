/// The downsampling losses of a data set.
public struct DownsamplingTable: Sendable {
  private let volumes: [Downsampling]

  public init(_ volumes: [Downsampling]) { self.volumes = volumes }

  /// One line for each volume, resolution and dimension.
  public var csv: String {
    var text = csvLine([
      "file", "resolution", "dimension", "w2", "w2_all_lost", "features_full", "features", "features_kept",
      "milliseconds",
    ])
    for volume in volumes {
      for loss in volume.losses {
        text += csvLine([
          volume.file, "\(loss.resolution)", "\(loss.dimension)", csvNumber(loss.distance),
          csvNumber(loss.distanceWithoutFeatures), "\(loss.fullFeatures)", "\(loss.features)", "\(loss.kept)",
          NumberText.fixed(loss.milliseconds, digits: 3),
        ])
      }
    }
    return text
  }

  /// The losses over all volumes, for readers: one line for each dimension and resolution, and what they
  /// mean.
  public var text: String {
    var table = TextTable(
      header: [
        "dimension", "M", "W_2: median", "mean ± sd", "quartiles", "all lost", "features kept",
        "milliseconds",
      ])
    let all = volumes.flatMap(\.losses)
    for dimension in Set(all.map(\.dimension)).sorted() {
      for resolution in Set(all.map(\.resolution)).sorted() {
        let losses = all.filter { $0.dimension == dimension && $0.resolution == resolution }
        table.rows.append(["\(title(of: dimension))", "\(resolution)"] + cells(losses))
      }
    }
    let full = Summary(of: volumes.map(\.fullMilliseconds)).median
    return table.render(.text)
      + """

      W_2 between the diagrams at full size and at M: what the loss cannot see at that M; all lost: its mean if
      no feature were left. Features kept: of those at full size, how many have a partner at M. Milliseconds: median
      processor time of one volume's diagrams, all dimensions together; at full size \(NumberText.fixed(full)).

      """
  }

  private func cells(_ losses: [DownsamplingLoss]) -> [String] {
    let distances = losses.map(\.distance)
    let (summary, sorted) = (Summary(of: distances), distances.sorted())
    func text(_ value: Double) -> String { NumberText.fixed(value, digits: 4) }
    let features = losses.reduce(0) { $0 + $1.fullFeatures }
    let kept = losses.reduce(0) { $0 + $1.kept }
    return [
      text(summary.median), "\(text(summary.mean)) ± \(text(summary.standardDeviation))",
      "\(text(quantile(0.25, sorted))) to \(text(quantile(0.75, sorted)))",
      text(Summary(of: losses.map(\.distanceWithoutFeatures)).mean), "\(kept) of \(features)",
      NumberText.fixed(Summary(of: losses.map(\.milliseconds)).median),
    ]
  }
}
