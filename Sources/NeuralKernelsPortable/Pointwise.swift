// Voxel by voxel: activations, the losses, the optimiser. The last, incomplete lane is worked on in a
// padded copy, so that every voxel gets the same arithmetic wherever it stands.

/// `output = 1 / (1 + exp(-input))`
public func sigmoid(
  _ input: UnsafePointer<Float>, count: Int, output: UnsafeMutablePointer<Float>
) {
  forEachLane(count) { x, left in
    storeSome(logistic(loadSome(input + x, left)), output + x, left)
  }
}

/// `result = gradient * output * (1 - output)`
public func sigmoidBackward(
  _ gradient: UnsafePointer<Float>, output: UnsafePointer<Float>, count: Int,
  result: UnsafeMutablePointer<Float>
) {
  forEachLane(count) { x, left in
    let y: Lane = loadSome(output + x, left)
    storeSome(loadSome(gradient + x, left) * (y * (Lane(repeating: 1) - y)), result + x, left)
  }
}

/// What the geometric losses need of `count` voxels, added to `sums`:
/// `[sum of prediction * target, sum of prediction, sum of target, sum of cross entropy]`.
///
/// The cross entropy is computed from the logits: `max(z, 0) - z * target + log(1 + exp(-|z|))`.
public func lossSums(
  logits: UnsafePointer<Float>, probabilities: UnsafePointer<Float>, target: UnsafePointer<Float>,
  count: Int, sums: UnsafeMutablePointer<Float>
) {
  var (products, predictions): (Lane, Lane) = (Lane.zero, Lane.zero)
  var (targets, entropies): (Lane, Lane) = (Lane.zero, Lane.zero)
  forEachLane(count) { x, left in
    let (p, y): (Lane, Lane) = (
      loadSome(probabilities + x, left), loadSome(target + x, left)
    )
    products = multiplyAdd(products, p, y)
    predictions += p
    targets += y
    let z: Lane = loadSome(logits + x, left)
    let magnitude: Lane = larger(z, -z)
    let entropy: Lane =
      larger(z, Lane.zero) - z * y + logarithmOfOnePlus(exponential(-magnitude))
    // Beyond the end stands z = 0, whose entropy is not 0.
    entropies += left < laneCount ? firstLanes(entropy, left) : entropy
  }
  sums[0] += total(products)
  sums[1] += total(predictions)
  sums[2] += total(targets)
  sums[3] += total(entropies)
}

/// The gradient with respect to the logits:
/// `(slope * target + offset + extra) * p * (1 - p) + entropy * (p - target)`, p the probability.
///
/// `extra`, a gradient with respect to the probabilities, may be nil.
public func lossGradient(
  probabilities: UnsafePointer<Float>, target: UnsafePointer<Float>, extra: UnsafePointer<Float>?,
  count: Int, slope: Float, offset: Float, entropy: Float, result: UnsafeMutablePointer<Float>
) {
  let (slopes, offsets): (Lane, Lane) = (Lane(repeating: slope), Lane(repeating: offset))
  let (entropies, one): (Lane, Lane) = (Lane(repeating: entropy), Lane(repeating: 1))
  forEachLane(count) { x, left in
    let (p, y): (Lane, Lane) = (loadSome(probabilities + x, left), loadSome(target + x, left))
    var outer: Lane = multiplyAdd(offsets, slopes, y)
    if let extra { outer += loadSome(extra + x, left) }
    storeSome(multiplyAdd(entropies * (p - y), outer, p * (one - p)), result + x, left)
  }
}

/// One step of Adam (Kingma & Ba 2015) for `count` weights.
///
/// `stepSize` is rate / (1 - beta1^t), `rootCorrection` is 1 / sqrt(1 - beta2^t).
public func adamStep(
  weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
  first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, count: Int,
  beta1: Float, beta2: Float, complement1: Float, complement2: Float,
  stepSize: Float, rootCorrection: Float, epsilon: Float, decay: Float, gradientScale: Float
) {
  let (b1, c1): (Lane, Lane) = (Lane(repeating: beta1), Lane(repeating: complement1))
  let (b2, c2): (Lane, Lane) = (Lane(repeating: beta2), Lane(repeating: complement2))
  let (step, root): (Lane, Lane) = (Lane(repeating: stepSize), Lane(repeating: rootCorrection))
  let (eps, decays): (Lane, Lane) = (Lane(repeating: epsilon), Lane(repeating: decay))
  let scale = Lane(repeating: gradientScale)
  forEachLane(count) { x, left in
    let w: Lane = loadSome(weights + x, left)
    let g: Lane = multiplyAdd(loadSome(gradient + x, left) * scale, decays, w)
    let m: Lane = multiplyAdd(c1 * g, b1, loadSome(first + x, left))
    let v: Lane = multiplyAdd(c2 * g * g, b2, loadSome(second + x, left))
    storeSome(m, first + x, left)
    storeSome(v, second + x, left)
    storeSome(w - step * m / multiplyAdd(eps, v.squareRoot(), root), weights + x, left)
  }
}

/// `target += source`
public func addValues(
  _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
) {
  forEachLane(count) { x, left in
    storeSome(loadSome(target + x, left) + loadSome(source + x, left), target + x, left)
  }
}

/// The sum of the squares of `count` values, as Double.
public func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
  var sum: Double = 0
  var at = 0
  // Blocks short enough that Float loses nothing that matters.
  while at < count {
    let end: Int = at &+ 1024 < count ? at &+ 1024 : count
    var squares = Lane.zero
    let block: Source = values + at
    forEachLane(end &- at) { x, left in
      let value: Lane = loadSome(block + x, left)
      squares = multiplyAdd(squares, value, value)
    }
    sum += Double(total(squares))
    at = end
  }
  return sum
}

/// Calls `body` with the start of each lane and how many elements are left from there on.
@inline(__always) private func forEachLane(_ count: Int, _ body: (Int, Int) -> Void) {
  var x = 0
  while x < count {
    body(x, count &- x)
    x &+= laneCount
  }
}

/// A lane of which the elements from `left` on are 0.
@inline(__always) private func loadSome(_ address: Source, _ left: Int) -> Lane {
  if left >= laneCount { return load(address) }
  var lane = Lane.zero
  for i in 0..<laneCount where i < left { lane[i] = address[i] }
  return lane
}

@inline(__always) private func storeSome(_ lane: Lane, _ address: Target, _ left: Int) {
  if left >= laneCount { return store(lane, address) }
  for i in 0..<laneCount where i < left { address[i] = lane[i] }
}

@inline(__always) private func firstLanes(_ lane: Lane, _ left: Int) -> Lane {
  var lane: Lane = lane
  for i in 0..<laneCount where i >= left { lane[i] = 0 }
  return lane
}
