/// Max pooling with a stride that equals the kernel D x H x W: each window becomes its largest value. Voxels
/// behind the last whole window are left out, as in PyTorch's MaxPool3d. For numbers, not for NaN.
public struct NaiveMaxPooling {
  /// D, H, W.
  public var kernel: [Int]

  public init(kernel: [Int]) { self.kernel = kernel }

  /// [N, C, d, h, w] becomes [N, C, d / D, h / H, w / W], rounded down.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func callAsFunction<T>(_ input: NaiveTensor<T>) -> NaiveTensor<T> {
    let shape = input.shape.prefix(2) + zip(input.shape.dropFirst(2), kernel).map { $0 / $1 }
    return NaiveTensor(shape: Array(shape), values: winners(of: input).map { input.values[$0] })
  }

  /// d loss / d input: the first maximum of a window in the order of rows gets all of the window's gradient.
  @specialized(where T == Float)
  @specialized(where T == Double)
  public func inputGradient<T>(_ outputGradient: NaiveTensor<T>, input: NaiveTensor<T>) -> NaiveTensor<T> {
    var gradient = NaiveTensor<T>(shape: input.shape)
    for (window, winner) in winners(of: input).enumerated() {
      gradient.values[winner] += outputGradient.values[window]
    }
    return gradient
  }

  /// For every window, in the order of the output, where its first maximum lies in the input.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private func winners<T>(of input: NaiveTensor<T>) -> [Int] {
    var winners: [Int] = []
    for n in 0..<input.shape[0] {
      for c in 0..<input.shape[1] {
        for z in 0..<input.shape[2] / kernel[0] {
          for y in 0..<input.shape[3] / kernel[1] {
            for x in 0..<input.shape[4] / kernel[2] {
              var winner = input.offset(n, c, z * kernel[0], y * kernel[1], x * kernel[2])
              for kz in 0..<kernel[0] {
                for ky in 0..<kernel[1] {
                  for kx in 0..<kernel[2] {
                    let rival = input.offset(
                      n, c, z * kernel[0] + kz, y * kernel[1] + ky, x * kernel[2] + kx)
                    if input.values[rival] > input.values[winner] { winner = rival }
                  }
                }
              }
              winners.append(winner)
            }
          }
        }
      }
    }
    return winners
  }
}
