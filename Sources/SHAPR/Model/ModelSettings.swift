public import NeuralNetwork

/// What the networks look like.
public struct ModelSettings: Equatable, Sendable {
  /// How the generator's decoder convolves.
  public enum Decoder: String, Sendable, CaseIterable {
    /// Kernels (1, 3, 3), as the published PyTorch code: slices meet in the last layer only.
    case slice
    /// Kernels (3, 3, 3), as the first SHAPR: depth mixes in every layer.
    case volumetric
  }

  public var decoder = Decoder.slice
  /// Channels of the first layer; the deeper ones have two, four and eight times as many.
  public var baseFilters = 10

  public init(decoder: Decoder = .slice, baseFilters: Int = 10) {
    (self.decoder, self.baseFilters) = (decoder, baseFilters)
  }

  /// More filters than any processor could train.
  static let mostBaseFilters = 256

  func check() throws(NetworkError) {
    guard 1...Self.mostBaseFilters ~= baseFilters else {
      throw .invalidSetting(
        "base_filters must be between 1 and \(Self.mostBaseFilters), got \(baseFilters)")
    }
  }
}

extension ModelSettings {
  /// The settings of the generator that a file holds, read off the shapes of its tensors.
  public init(of file: CheckpointFile) throws(FileError) {
    let (first, decoder) = ("conv1.encoderblock.0.weight", "conv5.encoderblock.0.weight")
    guard let shape = file.shape(of: first), shape.count == 5,
      1...Self.mostBaseFilters ~= shape[0], let kernel = file.shape(of: decoder),
      kernel.count == 5
    else {
      throw FileError(
        .shape, file: file.path, "does not hold a generator: no tensors \(first) and \(decoder)")
    }
    self.init(decoder: kernel[2] == 3 ? .volumetric : .slice, baseFilters: shape[0])
  }
}
