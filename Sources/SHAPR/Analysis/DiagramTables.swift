internal import PersistentHomology

extension VolumeDiagrams {
  /// The features as CSV, one line each (docs/tools.md says what the columns are).
  public var csv: String {
    var text = csvLine([
      "dimension", "birth", "death", "persistence", "birth_z", "birth_y", "birth_x", "death_z", "death_y",
      "death_x",
    ])
    for feature in features {
      text += csvLine(
        ["\(feature.dimension)"]
          + [feature.birth, feature.death, feature.persistence].map(csvNumber)
          + coordinates(of: feature.creator)
          + (feature.destroyer.map(coordinates) ?? ["", "", ""]))
    }
    return text
  }

  /// z, y and x of a voxel; z is 0 in an image.
  private func coordinates(of voxel: Int) -> [String] {
    let (height, width) = (extents[extents.count - 2], extents[extents.count - 1])
    return [voxel / (height * width), voxel / width % height, voxel % width].map { "\($0)" }
  }
}

/// The diagrams of several files, in the order in which they were given.
public struct DiagramSeries: Sendable {
  public let files: [(name: String, diagrams: VolumeDiagrams)]
  /// From each file to the next one; empty where nobody asked.
  public let steps: [[DiagramDistance]]

  /// - Precondition: one step less than files, or none.
  public init(files: [(name: String, diagrams: VolumeDiagrams)], steps: [[DiagramDistance]]) {
    precondition(steps.isEmpty || steps.count == files.count - 1, "a step lies between two files")
    (self.files, self.steps) = (files, steps)
  }

  /// What there is in each file, for readers.
  public var summary: String {
    var table = TextTable(
      header: ["file", "dimension", "features", "total persistence", "most persistent", "birth", "death"])
    for (name, diagrams) in files {
      for dimension in diagrams.dimensions {
        let features = diagrams.features(of: dimension)
        // One that never ends is there in every volume, and says nothing.
        let most = features.first { !$0.isEssential }
        table.rows.append(
          [name, title(of: dimension), "\(features.count)"]
            + [
              diagrams.totalPersistence(of: dimension), most?.persistence ?? .nan,
              most?.birth ?? .nan, most?.death ?? .nan,
            ].map { NumberText.fixed($0, digits: 4) })
      }
    }
    return table.render(.text)
  }

  /// The distances between consecutive files, for readers.
  public var distances: String {
    var table = TextTable(header: ["from", "to", "dimension", "W_2"])
    for (place, step) in steps.enumerated() {
      for distance in step {
        table.rows.append([
          files[place].name, files[place + 1].name, title(of: distance.dimension),
          NumberText.fixed(distance.distance, digits: 4),
        ])
      }
    }
    return table.render(.text)
  }

  /// The distances between consecutive files, with the total persistence of both.
  public var distancesCSV: String {
    var text = csvLine([
      "first", "second", "dimension", "w2", "total_persistence_first", "total_persistence_second",
    ])
    for (place, step) in steps.enumerated() {
      let (first, second) = (files[place], files[place + 1])
      for distance in step {
        text += csvLine(
          [first.name, second.name, "\(distance.dimension)"]
            + [
              distance.distance, first.diagrams.totalPersistence(of: distance.dimension),
              second.diagrams.totalPersistence(of: distance.dimension),
            ].map(csvNumber))
      }
    }
    return text
  }
}

/// How tables call a homology dimension.
func title(of dimension: Int) -> String {
  ["0 components", "1 loops", "2 cavities"][dimension]
}
