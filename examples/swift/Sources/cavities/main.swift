// Noise in a hollow cell makes hundreds of cavities; the loss closes them and leaves the true one.
import OptimalTransport
import PersistentHomology
import TopologicalLoss

let shape = [24, 24, 24]

/// A bright shell around a dark cavity, row-major, axes (z, y, x).
func hollowCell() -> [Float] {
  (0..<24 * 24 * 24).map { voxel in
    let (z, y, x) = (Float(voxel / 576) - 11.5, Float(voxel / 24 % 24) - 11.5, Float(voxel % 24) - 11.5)
    let fromShell = (z * z + y * y + x * x).squareRoot() - 7
    return max(0, 1 - fromShell * fromShell / 8)
  }
}

func cavities(of volume: [Float]) throws -> Diagram {
  var options = PersistenceOptions()
  options.dimensions = .h2
  return try persistenceDiagrams(of: volume, shape: shape, options: options)[0]
}

do {
  let truth = hollowCell()
  var generator: UInt64 = 1
  var prediction = truth.map { value in
    generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return value + 0.25 * Float(generator >> 40) / Float(1 << 24)
  }
  var options = LossOptions()  // cavities, superlevel, W_2, as in the paper
  options.resolution = [nil, nil, nil]  // at full size
  options.totalPersistence = false
  for step in 0...200 {
    let loss = try topologicalLoss(
      prediction: prediction, target: truth, shape: shape, rank: 3, options: options)
    if step % 100 == 0 {
      let found = try cavities(of: prediction)
      let strong = found.count { $0.birth - $0.death > 0.05 }
      let distance = try wassersteinDistance(found.points, cavities(of: truth).points)
      print("step \(step): \(strong) cavities, W_2 \((distance * 100).rounded() / 100)")
    }
    for voxel in prediction.indices { prediction[voxel] -= 0.1 * loss.gradient[voxel] }
  }
} catch {
  print("failed: \(error)")
}
