public import NeuralNetwork
public import SHAPR

/// A JSON file with lists of names: `train`, `val` and optionally `test`. Ends of names, such as `.tif`,
/// do not matter.
public struct SplitFile {
  private let path: String
  private var lists: [String: [String]] = [:]

  public init(_ text: String, path: String) throws(FileError) {
    self.path = path
    let value: JSONValue
    do { value = try JSONValue(parsing: text) } catch {
      throw FileError(.format, file: path, offset: error.offset, error.description)
    }
    guard case .object(let object) = value.content else {
      throw FileError(.format, file: path, "is not a JSON object with lists train and val")
    }
    for (name, list) in object.members {
      guard ["train", "val", "test"].contains(name) else { continue }
      guard case .array(let elements) = list.content else {
        throw FileError(.format, file: path, offset: list.offset, "\(name) is not a list")
      }
      var names: [String] = []
      for element in elements {
        guard case .string(let text) = element.content else {
          throw FileError(
            .format, file: path, offset: element.offset, "\(name) holds something that is no name")
        }
        names.append(text)
      }
      lists[name] = names
    }
  }

  /// The lists as indices into `names`, in the order of the file.
  ///
  /// - Throws: for a name that is not there, or that stands twice.
  public func split(of names: [String]) throws(FileError) -> Split {
    var places: [String: Int] = [:]
    for (index, name) in names.enumerated() { places[stem(name)] = index }
    var seen: Set<Int> = []
    func indices(_ list: String) throws(FileError) -> [Int] {
      var found: [Int] = []
      for name in lists[list] ?? [] {
        guard let index = places[stem(name)] else {
          throw FileError(
            .format, file: path, "\(list) names \(quotedJSON(name)), which is not among the cells")
        }
        guard seen.insert(index).inserted else {
          throw FileError(.format, file: path, "\(quotedJSON(name)) stands twice")
        }
        found.append(index)
      }
      return found
    }
    return Split(
      train: try indices("train"), validation: try indices("val"), test: try indices("test"))
  }

  private func stem(_ name: String) -> String {
    for end in [".tif", ".tiff", ".png", ".npy"] where name.hasSuffix(end) {
      return String(name.dropLast(end.count))
    }
    return name
  }
}
