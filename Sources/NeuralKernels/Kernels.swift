// The door to the kernels: one function each, which calls the build for this processor. Contracts stand
// beside the kernels, in Sources/NeuralKernelsPortable.
internal import CProcessor
internal import NeuralKernelsPortable
internal import NeuralKernelsV3
internal import NeuralKernelsV4

/// Which of the three builds of the kernels is used.
public enum InstructionSet: Int32, Sendable, CaseIterable {
  case portable, avx2, avx512

  /// The best one that this processor has, or a lower one if the environment variable
  /// TOPOLOSS_INSTRUCTION_SET (portable, avx2, avx512) says so.
  public static var best: InstructionSet { InstructionSet(rawValue: cprocessor_level()) ?? .portable }
}

/// The kernels, for one instruction set.
struct Kernels: Sendable {
  let instructionSet: InstructionSet

  func outputsInTile() -> Int {
    switch instructionSet {
    case .portable: NeuralKernelsPortable.outputsInTile()
    case .avx2: NeuralKernelsV3.outputsInTile()
    case .avx512: NeuralKernelsV4.outputsInTile()
    }
  }

  func correlatePlane(
    slab: UnsafePointer<Float>, slabStride: Int, slabRow: Int, channels: Int, taps: UnsafePointer<Int>,
    tapCount: Int, weights: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, outputStride: Int,
    outputRow: Int, outputs: Int, rows: Int, columns: Int
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.correlatePlane(
        slab: slab, slabStride: slabStride, slabRow: slabRow, channels: channels, taps: taps,
        tapCount: tapCount, weights: weights, output: output, outputStride: outputStride,
        outputRow: outputRow, outputs: outputs, rows: rows, columns: columns)
    case .avx2:
      unsafe NeuralKernelsV3.correlatePlane(
        slab: slab, slabStride: slabStride, slabRow: slabRow, channels: channels, taps: taps,
        tapCount: tapCount, weights: weights, output: output, outputStride: outputStride,
        outputRow: outputRow, outputs: outputs, rows: rows, columns: columns)
    case .avx512:
      unsafe NeuralKernelsV4.correlatePlane(
        slab: slab, slabStride: slabStride, slabRow: slabRow, channels: channels, taps: taps,
        tapCount: tapCount, weights: weights, output: output, outputStride: outputStride,
        outputRow: outputRow, outputs: outputs, rows: rows, columns: columns)
    }
  }

  func trailingOutputsAreNarrow(_ outputs: Int) -> Bool {
    switch instructionSet {
    case .portable: NeuralKernelsPortable.trailingOutputsAreNarrow(outputs)
    case .avx2: NeuralKernelsV3.trailingOutputsAreNarrow(outputs)
    case .avx512: NeuralKernelsV4.trailingOutputsAreNarrow(outputs)
    }
  }

  func tapSumCount(inputs: Int, channels: Int, tapCount: Int) -> Int {
    switch instructionSet {
    case .portable:
      NeuralKernelsPortable.tapSumCount(inputs: inputs, channels: channels, tapCount: tapCount)
    case .avx2: NeuralKernelsV3.tapSumCount(inputs: inputs, channels: channels, tapCount: tapCount)
    case .avx512:
      NeuralKernelsV4.tapSumCount(inputs: inputs, channels: channels, tapCount: tapCount)
    }
  }

  func tapSumIndex(input: Int, channel: Int, tap: Int, channels: Int, tapCount: Int) -> Int {
    switch instructionSet {
    case .portable:
      NeuralKernelsPortable.tapSumIndex(
        input: input, channel: channel, tap: tap, channels: channels, tapCount: tapCount)
    case .avx2:
      NeuralKernelsV3.tapSumIndex(
        input: input, channel: channel, tap: tap, channels: channels, tapCount: tapCount)
    case .avx512:
      NeuralKernelsV4.tapSumIndex(
        input: input, channel: channel, tap: tap, channels: channels, tapCount: tapCount)
    }
  }

  func addTapSums(
    input: UnsafePointer<Float>, inputStride: Int, inputPlane: Int, inputRow: Int, inputs: Int,
    slab: UnsafePointer<Float>, slabStride: Int, slabPlane: Int, slabRow: Int, channels: Int,
    taps: UnsafePointer<Int>, tapCount: Int, planes: Int, rows: Int, columns: Int,
    sums: UnsafeMutablePointer<Float>
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.addTapSums(
        input: input, inputStride: inputStride, inputPlane: inputPlane, inputRow: inputRow,
        inputs: inputs, slab: slab, slabStride: slabStride, slabPlane: slabPlane,
        slabRow: slabRow, channels: channels, taps: taps, tapCount: tapCount, planes: planes,
        rows: rows, columns: columns, sums: sums)
    case .avx2:
      unsafe NeuralKernelsV3.addTapSums(
        input: input, inputStride: inputStride, inputPlane: inputPlane, inputRow: inputRow,
        inputs: inputs, slab: slab, slabStride: slabStride, slabPlane: slabPlane,
        slabRow: slabRow, channels: channels, taps: taps, tapCount: tapCount, planes: planes,
        rows: rows, columns: columns, sums: sums)
    case .avx512:
      unsafe NeuralKernelsV4.addTapSums(
        input: input, inputStride: inputStride, inputPlane: inputPlane, inputRow: inputRow,
        inputs: inputs, slab: slab, slabStride: slabStride, slabPlane: slabPlane,
        slabRow: slabRow, channels: channels, taps: taps, tapCount: tapCount, planes: planes,
        rows: rows, columns: columns, sums: sums)
    }
  }

  func copyRows(
    _ source: UnsafePointer<Float>, sourceRow: Int, to target: UnsafeMutablePointer<Float>, targetRow: Int,
    rows: Int, columns: Int
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.copyRows(
        source, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, columns: columns)
    case .avx2:
      unsafe NeuralKernelsV3.copyRows(
        source, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, columns: columns)
    case .avx512:
      unsafe NeuralKernelsV4.copyRows(
        source, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, columns: columns)
    }
  }

  func affineRows(
    _ source: UnsafePointer<Float>, sourceRow: Int, to target: UnsafeMutablePointer<Float>, targetRow: Int,
    rows: Int, columns: Int, scale: Float, shift: Float, rectified: Bool
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.affineRows(
        source, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, columns: columns,
        scale: scale, shift: shift, rectified: rectified)
    case .avx2:
      unsafe NeuralKernelsV3.affineRows(
        source, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, columns: columns,
        scale: scale, shift: shift, rectified: rectified)
    case .avx512:
      unsafe NeuralKernelsV4.affineRows(
        source, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, columns: columns,
        scale: scale, shift: shift, rectified: rectified)
    }
  }

  func gradientRows(
    _ gradient: UnsafePointer<Float>, values: UnsafePointer<Float>, sourceRow: Int,
    to target: UnsafeMutablePointer<Float>, targetRow: Int, rows: Int, columns: Int, scale: Float,
    shift: Float, rectified: Bool, slope: Float, factor: Float, offset: Float
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.gradientRows(
        gradient, values: values, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows,
        columns: columns, scale: scale, shift: shift, rectified: rectified, slope: slope, factor: factor,
        offset: offset)
    case .avx2:
      unsafe NeuralKernelsV3.gradientRows(
        gradient, values: values, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows,
        columns: columns, scale: scale, shift: shift, rectified: rectified, slope: slope, factor: factor,
        offset: offset)
    case .avx512:
      unsafe NeuralKernelsV4.gradientRows(
        gradient, values: values, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows,
        columns: columns, scale: scale, shift: shift, rectified: rectified, slope: slope, factor: factor,
        offset: offset)
    }
  }

  func splitRows(
    _ source: UnsafePointer<Float>, sourceRow: Int, even: UnsafeMutablePointer<Float>,
    odd: UnsafeMutablePointer<Float>, targetRow: Int, rows: Int, pairs: Int
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.splitRows(
        source, sourceRow: sourceRow, even: even, odd: odd, targetRow: targetRow, rows: rows, pairs: pairs)
    case .avx2:
      unsafe NeuralKernelsV3.splitRows(
        source, sourceRow: sourceRow, even: even, odd: odd, targetRow: targetRow, rows: rows, pairs: pairs)
    case .avx512:
      unsafe NeuralKernelsV4.splitRows(
        source, sourceRow: sourceRow, even: even, odd: odd, targetRow: targetRow, rows: rows, pairs: pairs)
    }
  }

  func joinRows(
    even: UnsafePointer<Float>, odd: UnsafePointer<Float>, sourceRow: Int,
    to target: UnsafeMutablePointer<Float>, targetRow: Int, rows: Int, pairs: Int
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.joinRows(
        even: even, odd: odd, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, pairs: pairs
      )
    case .avx2:
      unsafe NeuralKernelsV3.joinRows(
        even: even, odd: odd, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, pairs: pairs
      )
    case .avx512:
      unsafe NeuralKernelsV4.joinRows(
        even: even, odd: odd, sourceRow: sourceRow, to: target, targetRow: targetRow, rows: rows, pairs: pairs
      )
    }
  }

  func moments(_ values: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>) {
    switch instructionSet {
    case .portable: unsafe NeuralKernelsPortable.moments(values, count: count, into: result)
    case .avx2: unsafe NeuralKernelsV3.moments(values, count: count, into: result)
    case .avx512: unsafe NeuralKernelsV4.moments(values, count: count, into: result)
    }
  }

  func gradientMoments(
    _ gradient: UnsafePointer<Float>, values: UnsafePointer<Float>, count: Int, scale: Float, shift: Float,
    rectified: Bool, mean: Float, into result: UnsafeMutablePointer<Float>
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.gradientMoments(
        gradient, values: values, count: count, scale: scale, shift: shift, rectified: rectified, mean: mean,
        into: result)
    case .avx2:
      unsafe NeuralKernelsV3.gradientMoments(
        gradient, values: values, count: count, scale: scale, shift: shift, rectified: rectified, mean: mean,
        into: result)
    case .avx512:
      unsafe NeuralKernelsV4.gradientMoments(
        gradient, values: values, count: count, scale: scale, shift: shift, rectified: rectified, mean: mean,
        into: result)
    }
  }

  func poolPlane(
    _ input: UnsafePointer<Float>, planeStride: Int, inputRow: Int, windowDepth: Int, windowHeight: Int,
    windowWidth: Int, output: UnsafeMutablePointer<Float>, outputRow: Int, rows: Int, columns: Int,
    scale: Float, shift: Float, rectified: Bool
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.poolPlane(
        input, planeStride: planeStride, inputRow: inputRow, windowDepth: windowDepth,
        windowHeight: windowHeight, windowWidth: windowWidth, output: output, outputRow: outputRow,
        rows: rows, columns: columns, scale: scale, shift: shift, rectified: rectified)
    case .avx2:
      unsafe NeuralKernelsV3.poolPlane(
        input, planeStride: planeStride, inputRow: inputRow, windowDepth: windowDepth,
        windowHeight: windowHeight, windowWidth: windowWidth, output: output, outputRow: outputRow,
        rows: rows, columns: columns, scale: scale, shift: shift, rectified: rectified)
    case .avx512:
      unsafe NeuralKernelsV4.poolPlane(
        input, planeStride: planeStride, inputRow: inputRow, windowDepth: windowDepth,
        windowHeight: windowHeight, windowWidth: windowWidth, output: output, outputRow: outputRow,
        rows: rows, columns: columns, scale: scale, shift: shift, rectified: rectified)
    }
  }

  func poolPlaneBackward(
    _ input: UnsafePointer<Float>, planeStride: Int, inputRow: Int, windowDepth: Int, windowHeight: Int,
    windowWidth: Int, gradient: UnsafePointer<Float>, gradientRow: Int, rows: Int, columns: Int, scale: Float,
    shift: Float, result: UnsafeMutablePointer<Float>
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.poolPlaneBackward(
        input, planeStride: planeStride, inputRow: inputRow, windowDepth: windowDepth,
        windowHeight: windowHeight, windowWidth: windowWidth, gradient: gradient, gradientRow: gradientRow,
        rows: rows, columns: columns, scale: scale, shift: shift, result: result)
    case .avx2:
      unsafe NeuralKernelsV3.poolPlaneBackward(
        input, planeStride: planeStride, inputRow: inputRow, windowDepth: windowDepth,
        windowHeight: windowHeight, windowWidth: windowWidth, gradient: gradient, gradientRow: gradientRow,
        rows: rows, columns: columns, scale: scale, shift: shift, result: result)
    case .avx512:
      unsafe NeuralKernelsV4.poolPlaneBackward(
        input, planeStride: planeStride, inputRow: inputRow, windowDepth: windowDepth,
        windowHeight: windowHeight, windowWidth: windowWidth, gradient: gradient, gradientRow: gradientRow,
        rows: rows, columns: columns, scale: scale, shift: shift, result: result)
    }
  }

  func sigmoid(_ input: UnsafePointer<Float>, count: Int, output: UnsafeMutablePointer<Float>) {
    switch instructionSet {
    case .portable: unsafe NeuralKernelsPortable.sigmoid(input, count: count, output: output)
    case .avx2: unsafe NeuralKernelsV3.sigmoid(input, count: count, output: output)
    case .avx512: unsafe NeuralKernelsV4.sigmoid(input, count: count, output: output)
    }
  }

  func sigmoidBackward(
    _ gradient: UnsafePointer<Float>, output: UnsafePointer<Float>, count: Int,
    result: UnsafeMutablePointer<Float>
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.sigmoidBackward(gradient, output: output, count: count, result: result)
    case .avx2: unsafe NeuralKernelsV3.sigmoidBackward(gradient, output: output, count: count, result: result)
    case .avx512:
      unsafe NeuralKernelsV4.sigmoidBackward(gradient, output: output, count: count, result: result)
    }
  }

  func lossSums(
    logits: UnsafePointer<Float>, probabilities: UnsafePointer<Float>, target: UnsafePointer<Float>,
    count: Int, sums: UnsafeMutablePointer<Float>
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.lossSums(
        logits: logits, probabilities: probabilities, target: target, count: count, sums: sums)
    case .avx2:
      unsafe NeuralKernelsV3.lossSums(
        logits: logits, probabilities: probabilities, target: target, count: count, sums: sums)
    case .avx512:
      unsafe NeuralKernelsV4.lossSums(
        logits: logits, probabilities: probabilities, target: target, count: count, sums: sums)
    }
  }

  func lossGradient(
    probabilities: UnsafePointer<Float>, target: UnsafePointer<Float>, extra: UnsafePointer<Float>?,
    count: Int, slope: Float, offset: Float, entropy: Float, result: UnsafeMutablePointer<Float>
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.lossGradient(
        probabilities: probabilities, target: target, extra: extra, count: count, slope: slope,
        offset: offset, entropy: entropy, result: result)
    case .avx2:
      unsafe NeuralKernelsV3.lossGradient(
        probabilities: probabilities, target: target, extra: extra, count: count, slope: slope,
        offset: offset, entropy: entropy, result: result)
    case .avx512:
      unsafe NeuralKernelsV4.lossGradient(
        probabilities: probabilities, target: target, extra: extra, count: count, slope: slope,
        offset: offset, entropy: entropy, result: result)
    }
  }

  func adamStep(
    weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, first: UnsafeMutablePointer<Float>,
    second: UnsafeMutablePointer<Float>, count: Int, beta1: Float, beta2: Float, complement1: Float,
    complement2: Float, stepSize: Float, rootCorrection: Float, epsilon: Float, decay: Float,
    gradientScale: Float
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.adamStep(
        weights: weights, gradient: gradient, first: first, second: second, count: count, beta1: beta1,
        beta2: beta2, complement1: complement1, complement2: complement2, stepSize: stepSize,
        rootCorrection: rootCorrection, epsilon: epsilon, decay: decay, gradientScale: gradientScale)
    case .avx2:
      unsafe NeuralKernelsV3.adamStep(
        weights: weights, gradient: gradient, first: first, second: second, count: count, beta1: beta1,
        beta2: beta2, complement1: complement1, complement2: complement2, stepSize: stepSize,
        rootCorrection: rootCorrection, epsilon: epsilon, decay: decay, gradientScale: gradientScale)
    case .avx512:
      unsafe NeuralKernelsV4.adamStep(
        weights: weights, gradient: gradient, first: first, second: second, count: count, beta1: beta1,
        beta2: beta2, complement1: complement1, complement2: complement2, stepSize: stepSize,
        rootCorrection: rootCorrection, epsilon: epsilon, decay: decay, gradientScale: gradientScale)
    }
  }

  func addValues(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
    switch instructionSet {
    case .portable: unsafe NeuralKernelsPortable.addValues(source, to: target, count: count)
    case .avx2: unsafe NeuralKernelsV3.addValues(source, to: target, count: count)
    case .avx512: unsafe NeuralKernelsV4.addValues(source, to: target, count: count)
    }
  }

  func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
    switch instructionSet {
    case .portable: unsafe NeuralKernelsPortable.sumOfSquares(values, count: count)
    case .avx2: unsafe NeuralKernelsV3.sumOfSquares(values, count: count)
    case .avx512: unsafe NeuralKernelsV4.sumOfSquares(values, count: count)
    }
  }

  func addMatrixProduct(
    left: UnsafePointer<Float>, leftRow: Int, right: UnsafePointer<Float>, rightRow: Int,
    result: UnsafeMutablePointer<Float>, resultRow: Int, rows: Int, inner: Int, columns: Int
  ) {
    switch instructionSet {
    case .portable:
      unsafe NeuralKernelsPortable.addMatrixProduct(
        left: left, leftRow: leftRow, right: right, rightRow: rightRow, result: result, resultRow: resultRow,
        rows: rows, inner: inner, columns: columns)
    case .avx2:
      unsafe NeuralKernelsV3.addMatrixProduct(
        left: left, leftRow: leftRow, right: right, rightRow: rightRow, result: result, resultRow: resultRow,
        rows: rows, inner: inner, columns: columns)
    case .avx512:
      unsafe NeuralKernelsV4.addMatrixProduct(
        left: left, leftRow: leftRow, right: right, rightRow: rightRow, result: result, resultRow: resultRow,
        rows: rows, inner: inner, columns: columns)
    }
  }
}
