/// What the elements of an image or volume are.
public enum ElementType: String, Sendable, CaseIterable {
  case bool, uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, float32, float64

  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// The value that counts as 1, or `nil` where there is no telling.
  ///
  /// Cameras and programs fill the range of 8 and 16 bits. Wider and signed integers hold numbers of
  /// anything: labels, counts, heights.
  public var fullScale: Float? {
    switch self {
    case .bool, .float16, .float32, .float64: 1
    case .uint8: 255
    case .uint16: 65535
    case .int8, .int16, .uint32, .int32, .uint64, .int64: nil
    }
  }
}
