public import NeuralNetwork

/// Something about a folder of cells that its owner should know.
public struct Finding: Sendable, Equatable, CustomStringConvertible {
  public enum Severity: String, Sendable {
    /// The cell cannot be used.
    case error
    /// It can; somebody may want to know.
    case notice
  }

  public enum Kind: Sendable, Equatable {
    /// The file is missing, cannot be read, or is not what it has to be.
    case defect(FileError)
    /// It is resampled to the size that is trained on.
    case resampled(file: String, from: [Int], to: [Int])
    /// The greatest value is 1 of 255 or of 65535: perhaps 1 was meant to be white.
    case almostBlack(file: String)
    /// All values are zero.
    case empty(file: String)
    /// A file or folder that has no place in the layout.
    case ignored(file: String)
  }

  /// The cell's name; `nil` where it is about none.
  public let sample: String?
  public let kind: Kind

  init(_ sample: String?, _ kind: Kind) { (self.sample, self.kind) = (sample, kind) }

  public var severity: Severity { if case .defect = kind { .error } else { .notice } }

  /// One line.
  public var description: String {
    switch kind {
    case .defect(let error): error.description
    case .resampled(let file, let from, let to):
      "\(quotedJSON(file)): is \(shapeText(from)), and resampled to \(shapeText(to))"
    case .almostBlack(let file):
      "\(quotedJSON(file)): has no value above 1, and white is the largest number of its type: is it 0 and 1?"
    case .empty(let file): "\(quotedJSON(file)): is zero everywhere"
    case .ignored(let file): "\(quotedJSON(file)): is not used"
    }
  }
}
