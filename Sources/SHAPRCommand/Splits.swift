internal import NeuralNetwork
internal import SHAPR
internal import SHAPRFiles

/// Which cells of a folder each fold trains on, validates on and is tested on.
struct Splits {
  let all: [(fold: Int, split: Split)]
  private let source: FolderSource

  /// - Parameters:
  ///   - file: a JSON file with lists of names, which makes one fold; without it `folds` parts are dealt out.
  ///   - seed: what the dealing follows from.
  init(of source: FolderSource, file: String?, folds: Int, seed: UInt64) throws {
    self.source = source
    let names = source.folder.names
    if let file {
      all = [(0, try SplitFile(readText(file), path: file).split(of: names))]
      return
    }
    guard names.count >= folds else {
      throw Failure(65, "SHAPE", "\(names.count) cells cannot be dealt into \(folds) folds")
    }
    let dealt = Folds(names: names, count: folds, seed: seed)
    all = (0..<folds).map { ($0, dealt.split($0)) }
  }

  /// The content of `split.json`.
  var json: String {
    let folds = all.map { "\"fold-\($0.fold)\": " + $0.split.json { source.name(of: $0) } }
    return "{\n" + folds.joined(separator: ",\n") + "}\n"
  }
}
