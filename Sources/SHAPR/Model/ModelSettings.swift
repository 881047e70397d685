internal import NeuralNetwork

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
