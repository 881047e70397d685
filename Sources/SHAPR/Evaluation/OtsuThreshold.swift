public import ComputeRuntime
public import NeuralKernels

/// The grey value that tells object from background best: Otsu's method.
///
/// Of the values between two bins of a histogram, it is the one with the largest variance between the two
/// classes, w0 w1 (m0 - m1)^2. (Otsu, "A threshold selection method from gray-level histograms", 1979.)
/// Everything is computed in the precision of the image, as scikit-image 0.26 does it for images of 32-bit
/// floats, so that thresholds agree to the last bit; the few images with two almost equal maxima make that
/// necessary.
public enum OtsuThreshold {
  public static let bins = 256

  /// The threshold of an image; what is **above** it is object.
  ///
  /// The bins divide the range from the lowest to the highest value evenly; each holds its lower edge, the
  /// last one its upper edge too. The threshold is the centre of a bin. Of an image of one value it is that
  /// value, so that nothing is object.
  ///
  /// - Precondition: there is a value, and all are finite.
  public static func threshold(of image: Floats) -> Float {
    precondition(image.count > 0, "an image without values has no threshold")
    let (lowest, highest) = range(of: image)
    guard lowest < highest else { return lowest }
    let edges = edges(lowest, highest)
    let counts = histogram(image, edges)
    let centres = (0..<bins).map { (edges[$0] + edges[$0 + 1]) / 2 }
    return centres[bestCut(counts, centres)]
  }

  static func range(of image: Floats) -> (lowest: Float, highest: Float) {
    var (lowest, highest) = (image[0], image[0])
    for index in 1..<max(1, image.count) {
      let value = image[index]
      lowest = value < lowest ? value : lowest
      highest = value > highest ? value : highest
    }
    return (lowest, highest)
  }

  private static func edges(_ lowest: Float, _ highest: Float) -> [Float] {
    let step = (highest - lowest) / Float(bins)
    return (0..<bins).map { Float($0) * step + lowest } + [highest]
  }

  private static func histogram(_ image: Floats, _ edges: [Float]) -> [Int] {
    let (lowest, range) = (edges[0], edges[bins] - edges[0])
    var counts = [Int](repeating: 0, count: bins)
    for index in 0..<image.count {
      let value = image[index]
      var bin = min(Int((value - lowest) / range * Float(bins)), bins - 1)
      // The guess may be beside an edge that was rounded; the edges decide.
      while bin > 0, value < edges[bin] { bin -= 1 }
      while bin < bins - 1, value >= edges[bin + 1] { bin += 1 }
      counts[bin] += 1
    }
    return counts
  }

  /// The last bin of the lower class; of equally good ones, the first.
  private static func bestCut(_ counts: [Int], _ centres: [Float]) -> Int {
    // Upper classes, from the last bin down: how many values, and their sum.
    var upper = [(weight: Float, sum: Float)](repeating: (0, 0), count: bins + 1)
    for bin in (0..<bins).reversed() {
      let count = Float(counts[bin])
      upper[bin] = (upper[bin + 1].weight + count, upper[bin + 1].sum + count * centres[bin])
    }
    var (weight, sum): (Float, Float) = (0, 0)
    var (best, bestVariance): (Int, Float) = (0, -1)
    for bin in 0..<bins - 1 {
      weight += Float(counts[bin])
      sum += Float(counts[bin]) * centres[bin]
      let other = upper[bin + 1]
      let distance = sum / weight - other.sum / other.weight
      let variance = weight * other.weight * (distance * distance)
      if variance > bestVariance { (best, bestVariance) = (bin, variance) }
    }
    return best
  }
}
