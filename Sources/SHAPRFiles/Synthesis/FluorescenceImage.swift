internal import ComputeRuntime
internal import NeuralKernels
internal import NeuralNetwork

/// The image of an object in a confocal fluorescence microscope focused on its middle slice.
///
/// Light of the other slices comes too, the weaker and the more blurred the farther away they are: the
/// thicker the cell above and below a place, the brighter it is. So the image tells of the third
/// dimension what the mask does not.
struct FluorescenceImage {
  /// Voxels along each axis.
  let size: Int
  /// How much brighter the membrane is than the inside.
  private let membrane: Float
  private let exposure: Float
  private let background: Float
  private let photons: Float
  private let readNoise: Float

  init(size: Int, _ random: inout KeyedGenerator) {
    self.size = size
    membrane = random.uniform(in: 0.4..<1.2)
    exposure = random.uniform(in: 0.9..<1.1)
    background = random.uniform(in: 0.01..<0.04)
    photons = random.uniform(in: 1500..<5000)
    readNoise = random.uniform(in: 5..<10)
  }

  /// The distance from the focus, in voxels, at which a slice has half of its light: the axis of a
  /// focused Gaussian beam.
  private var depthOfField: Float { Float(size) / 64 * 10 }
  /// The deviation of the blur in focus, in voxels.
  private var sharpness: Float { Float(size) / 64 * 1.1 }

  /// - Parameters:
  ///   - scratch: `2 H W` values to work in.
  ///   - image: `H x W`; multiples of 1/255.
  func expose(_ object: Floats, scratch: Floats, image: Floats, _ random: inout KeyedGenerator) {
    let area = size * size
    let (light, other) = (scratch.prefix(area), scratch.suffix(from: area))
    light.fill(0..<area, with: 0)
    let focus = size / 2
    // Blurs add up: the light of each slice goes through those between it and the focus.
    for distance in stride(from: focus, to: 0, by: -1) {
      add(object, slice: focus - distance, distance: distance, to: light)
      add(object, slice: focus + distance, distance: distance, to: light)
      let wider = Float(2 * distance - 1) / (depthOfField * depthOfField)
      blur(light, variance: sharpness * sharpness * wider, through: other)
    }
    add(object, slice: focus, distance: 0, to: light)
    blur(light, variance: sharpness * sharpness, through: other)
    // A cell as thick as the volume has the light of pi depths of field.
    let gain = exposure / (3.2 * depthOfField)
    for index in 0..<area {
      image[index] = quantised(detected(gain * light[index] + background, &random))
    }
  }

  /// Adds what one slice sends: what is dyed, and more of it in the membrane, where voxels are grey.
  private func add(_ object: Floats, slice: Int, distance: Int, to light: Floats) {
    guard 0..<size ~= slice else { return }
    let ratio = Float(distance) / depthOfField
    let weight = 1 / (1 + ratio * ratio)
    let start = slice * size * size
    for index in 0..<size * size {
      let value = object[start + index]
      light[index] += weight * (value + membrane * 4 * value * (1 - value))
    }
  }

  /// Blurs rows and columns, as often with a narrow kernel as the variance needs.
  private func blur(_ light: Floats, variance: Float, through other: Floats) {
    let passes = (variance / 0.5).rounded(.up)
    for _ in 0..<Int(passes) { blurOnce(light, variance: variance / passes, through: other) }
  }

  /// Convolves rows and columns with (v/2, 1 - v, v/2); beyond the border there is no light.
  private func blurOnce(_ light: Floats, variance: Float, through other: Floats) {
    let (side, centre) = (variance / 2, 1 - variance)
    let last = size - 1
    for row in stride(from: 0, to: size * size, by: size) {
      for x in 0..<size {
        let index = row + x
        let left = x > 0 ? light[index - 1] : 0
        let right = x < last ? light[index + 1] : 0
        other[index] = centre * light[index] + side * (left + right)
      }
    }
    for y in 0..<size {
      for x in 0..<size {
        let index = y * size + x
        let above = y > 0 ? other[index - size] : 0
        let below = y < last ? other[index + size] : 0
        light[index] = centre * other[index] + side * (above + below)
      }
    }
  }

  /// What the camera says: photons come one by one, with a variance equal to their mean, and reading
  /// them out adds noise of its own. (For tens of photons and more the normal distribution is near
  /// enough to Poisson's.)
  private func detected(_ brightness: Float, _ random: inout KeyedGenerator) -> Float {
    let mean = brightness * photons
    let deviation = (mean + readNoise * readNoise).squareRoot()
    return (mean + deviation * Float(random.normal())) / photons
  }
}
