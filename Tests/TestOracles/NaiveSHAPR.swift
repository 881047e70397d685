/// The layers of SHAPR and of its discriminator, under the names of the reference's state dict.
///
/// `baseFilters` is 10 in the paper; every other number of channels is a multiple of it.
public enum NaiveSHAPR {
  /// Two channels of an image, [N, 2, 1, H, W], become a volume of probabilities, [N, 1, 64, H, W]; H and W
  /// are multiples of 4.
  ///
  /// - Parameter decoderDepth: depth of the kernels of the blocks after the encoder: 1 as in the reference,
  ///   or 3, where slices mix in every layer.
  public static func generator(baseFilters b: Int = 10, decoderDepth depth: Int = 1) -> [NaiveLayer] {
    var layers: [NaiveLayer] = []
    layers += block("conv1", from: 2, to: b) + [.maxPooling([1, 2, 2])]
    layers += block("conv2", from: b, to: 2 * b) + [.maxPooling([1, 2, 2])]
    layers += block("conv3", from: 2 * b, to: 4 * b)
    layers += [.convolution("encout.enc_out.0", weight: [8 * b, 4 * b, 1, 3, 3]), .sigmoid]
    layers += block("conv4", from: 8 * b, to: 8 * b, depth: depth)
    layers += [.transposedConvolution("up4.up", weight: [8 * b, 8 * b, 2, 1, 1])]
    layers += block("conv5", from: 8 * b, to: 8 * b, depth: depth)
    layers += [.transposedConvolution("up5.up", weight: [8 * b, 8 * b, 2, 1, 1])]
    layers += block("conv6", from: 8 * b, to: 4 * b, depth: depth)
    layers += [.transposedConvolution("up6.up", weight: [4 * b, 4 * b, 2, 2, 2])]
    layers += block("conv7", from: 4 * b, to: 4 * b, depth: depth)
    layers += [.transposedConvolution("up7.up", weight: [4 * b, 4 * b, 2, 1, 1])]
    layers += block("conv8", from: 4 * b, to: 2 * b, depth: depth)
    layers += [.transposedConvolution("up8.up", weight: [2 * b, 2 * b, 2, 1, 1])]
    layers += block("conv9", from: 2 * b, to: b, depth: depth)
    layers += [.transposedConvolution("up9.up", weight: [b, b, 2, 2, 2])]
    layers += [.convolution("decout.dec_out.0", weight: [1, b, 3, 3, 3]), .sigmoid]
    return layers
  }

  /// A volume of probabilities, [N, 1, extent, extent, extent], becomes the probability that it is real, [N, 1].
  ///
  /// - Parameter extent: a multiple of 16; 64 in the paper.
  public static func discriminator(baseFilters b: Int = 10, extent: Int = 64) -> [NaiveLayer] {
    var layers: [NaiveLayer] = []
    layers += block("conv1", from: 1, to: b) + [.maxPooling([2, 2, 2])]
    layers += block("conv2", from: b, to: 2 * b) + [.maxPooling([2, 2, 2])]
    layers += block("conv3", from: 2 * b, to: 4 * b) + [.maxPooling([2, 2, 2])]
    layers += block("conv4", from: 4 * b, to: 8 * b) + [.maxPooling([2, 2, 2])]
    layers += block("conv5", from: 8 * b, to: 16 * b)
    layers += [
      .convolution("discout.disc_out.0", weight: [16 * b, 16 * b, 3, 3, 3]),
      .batchNorm("discout.disc_out.1", channels: 16 * b), .relu,
      .convolution("discout.disc_out.3", weight: [1, 16 * b, 3, 3, 3]), .sigmoid,
    ]
    let voxels = (extent / 16) * (extent / 16) * (extent / 16)
    return layers + [.linear("discout.disc_out.6", outputs: 1, inputs: voxels), .sigmoid]
  }

  /// Twice convolution, batch normalisation and ReLU.
  private static func block(_ name: String, from inputs: Int, to outputs: Int, depth: Int = 1) -> [NaiveLayer]
  {
    [
      .convolution("\(name).encoderblock.0", weight: [outputs, inputs, depth, 3, 3]),
      .batchNorm("\(name).encoderblock.1", channels: outputs), .relu,
      .convolution("\(name).encoderblock.3", weight: [outputs, outputs, depth, 3, 3]),
      .batchNorm("\(name).encoderblock.4", channels: outputs), .relu,
    ]
  }
}
