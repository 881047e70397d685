import CTopoLoss
import OptimalTransport
import PersistentHomology
import Testing
import TopoLossABI
import TopologicalLoss

@Suite("The loss through C")
struct LossCallTests {
  private static let shape: [Int64] = [4, 6, 5, 7]
  private static let predictions = someValues(840, seed: 1)
  private static let targets = someValues(840, seed: 2)

  @Test("the defaults")
  func defaults() {
    let options = unsafe defaultLossOptions()
    #expect(unsafe options.struct_size == MemoryLayout<topoloss_loss_options>.size)
    #expect(unsafe options.filtration == TOPOLOSS_SUPERLEVEL && options.construction == TOPOLOSS_TOP_CELLS)
    #expect(unsafe options.dimensions == 4 && options.essential_classes == TOPOLOSS_ESSENTIAL_EXTREME)
    #expect(unsafe options.order == 2 && options.total_persistence == 1)
    #expect(unsafe options.dimension_reduction == TOPOLOSS_SUM && options.minimum_persistence == 0)
    #expect(unsafe options.resolution == (16, 16, 16) && options.weights == (1, 1, 1))
    #expect(unsafe options.gradient_scale == 1 && options.gradient_at_resolution == 0)
    #expect(unsafe options.gradient_is_zero == 0 && options.threads == 0 && options.max_memory == 0)
    #expect(unsafe options.cancellation == nil && options.should_cancel == nil)
    topoloss_loss_options_init(nil)
  }

  /// A C call and the same options in Swift.
  private func choices() -> [(CLossCall, LossOptions)] {
    (0..<12).map { index in
      var call = CLossCall(shape: Self.shape, spatialRank: 3)
      var options = LossOptions()
      unsafe call.options.threads = [0, 1, 2, 5][index % 4]
      options.threads = 1
      if index % 2 == 1 {
        unsafe call.options.filtration = Int32(TOPOLOSS_SUBLEVEL)
        options.filtration = .sublevel
      }
      if index % 3 == 1 {
        unsafe call.options.construction = Int32(TOPOLOSS_VERTICES)
        options.construction = .vertices
      }
      unsafe call.options.dimensions = [4, 1, 7, 3, 2, 5][index % 6]
      options.dimensions = HomologyDimensions(rawValue: [4, 1, 7, 3, 2, 5][index % 6])
      unsafe call.options.essential_classes = Int32(
        [TOPOLOSS_ESSENTIAL_EXTREME, TOPOLOSS_ESSENTIAL_MATCHED, TOPOLOSS_ESSENTIAL_IGNORED][index % 3])
      options.essentialClasses = [.extreme, .matched, .ignored][index % 3]
      unsafe call.options.order = [2, 1, 3][index / 2 % 3]
      options.order = [2, 1, 3][index / 2 % 3]
      if index > 6 {
        unsafe call.options.total_persistence = 0
        unsafe call.options.dimension_reduction = Int32(TOPOLOSS_ROOT)
        unsafe call.options.weights = (0.5, 2, 3)
        unsafe call.options.minimum_persistence = 0.1
        unsafe call.options.gradient_scale = -0.5
        options.totalPersistence = false
        options.dimensionReduction = .root
        options.weights = [0.5, 2, 3]
        options.minimumPersistence = 0.1
        options.gradientScale = -0.5
      }
      if index % 2 == 0 {
        unsafe call.options.resolution = (4, 0, 3)
        options.resolution = [4, nil, 3]
      }
      return (call, options)
    }
  }

  @Test("values, terms and gradients are those of Swift, whatever the options")
  func options() throws {
    for (call, options) in choices() {
      let expected = try topologicalLoss(
        prediction: Self.predictions, target: Self.targets, shape: Self.shape.map { Int($0) }, rank: 3,
        options: options)
      let found = call.run(Self.predictions, Self.targets)
      #expect(found.status == TOPOLOSS_OK && found.values == expected.values)
      let terms = expected.terms.joined().flatMap { [$0.wasserstein, $0.totalPersistence, $0.pruningBound] }
      #expect(found.terms == terms && terms.count == 36)
      #expect(found.gradient == expected.gradient && found.targetGradient == expected.targetGradient)

      // Without gradients, or one of them; into buffers of zeros.
      var part = call
      part.wantsGradient = false
      #expect(part.run(Self.predictions, Self.targets).targetGradient == expected.targetGradient)
      part.wantsTargetGradient = false
      #expect(part.run(Self.predictions, Self.targets).values == expected.values)
      part.wantsGradient = true
      #expect(part.run(Self.predictions, Self.targets).gradient == expected.gradient)
      part.gradientBefore = 0
      unsafe part.options.gradient_is_zero = 1
      #expect(part.run(Self.predictions, Self.targets).gradient == expected.gradient)
    }
  }

  @Test("the target's diagrams give the loss of the target")
  func toDiagrams() {
    for (call, _) in choices() {
      let expected = call.run(Self.predictions, Self.targets)
      let (diagrams, last) = diagramsOfTarget(call)
      let found = call.run(Self.predictions, toDiagrams: diagrams, last: last)
      #expect(found.status == TOPOLOSS_OK && found.values == expected.values)
      #expect(found.terms == expected.terms && found.gradient == expected.gradient)
      let needsLast =
        unsafe call.options.dimensions & 1 == 1
        && call.options.essential_classes == TOPOLOSS_ESSENTIAL_EXTREME
      let without = call.run(Self.predictions, toDiagrams: diagrams, last: nil)
      #expect(without.status == (needsLast ? Int32(TOPOLOSS_EARGUMENT) : Int32(TOPOLOSS_OK)))
    }
  }

  /// Diagrams of the targets, resampled as the call says, and where their filtrations end.
  private func diagramsOfTarget(_ call: CLossCall) -> (diagrams: [[Double]], last: [Double]) {
    let resolution = unsafe [call.options.resolution.0, call.options.resolution.1, call.options.resolution.2]
    var (diagrams, last): ([[Double]], [Double]) = ([], [])
    for volume in 0..<4 {
      let small = resampled(
        Array(Self.targets[210 * volume..<210 * (volume + 1)]), shape: [6, 5, 7], resolution: resolution)
      var question = CCall(shape: small.shape)
      question.dtype = Int32(TOPOLOSS_FLOAT64)
      unsafe question.options.filtration = call.options.filtration
      unsafe question.options.construction = call.options.construction
      unsafe question.options.dimensions = call.options.dimensions
      diagrams += question.run(small.values).volumes[0].map(\.points)
      let isSublevel = unsafe call.options.filtration == TOPOLOSS_SUBLEVEL
      last.append((isSublevel ? small.values.max() : small.values.min()) ?? .nan)
    }
    return (diagrams, last)
  }

  private func resampled(
    _ values: [Double], shape: [Int64], resolution: [Int64]
  ) -> (values: [Double], shape: [Int64]) {
    let target = zip(shape, resolution).map { $1 == 0 ? $0 : min($0, $1) }
    var result = [Double](repeating: .nan, count: Int(target.reduce(1, *)))
    var array = CCall(shape: shape)
    array.dtype = Int32(TOPOLOSS_FLOAT64)
    let status = unsafe values.withUnsafeBytes { data in
      unsafe array.withArray(data.baseAddress) {
        unsafe topoloss_resample($0, Int32(shape.count), resolution, &result, nil)
      }
    }
    #expect(status == TOPOLOSS_OK)
    return (result, target)
  }

  @Test("gradients at the resampled voxels, carried back, are the gradients")
  func gradientAtResolution() {
    for (whole, _) in choices() {
      var call = whole
      unsafe call.options.resolution = (4, 0, 3)
      let expected = call.run(Self.predictions, Self.targets)
      unsafe call.options.gradient_at_resolution = 1
      call.gradientCount = 4 * 4 * 5 * 3
      let small = call.run(Self.predictions, Self.targets)
      #expect(small.status == TOPOLOSS_OK && small.values == expected.values)
      for (gradient, whole) in [
        (small.gradient, expected.gradient), (small.targetGradient, expected.targetGradient),
      ] {
        for isZero: Int32 in [0, 1] {
          var result = [Double](repeating: isZero == 1 ? 0 : .nan, count: 840)
          var array = CCall(shape: [4, 4, 5, 3])
          array.dtype = Int32(TOPOLOSS_FLOAT64)
          let status = unsafe gradient.withUnsafeBytes { data in
            unsafe array.withArray(data.baseAddress) {
              unsafe topoloss_resample_adjoint($0, 3, [6, 5, 7], nil, isZero, &result, nil)
            }
          }
          #expect(status == TOPOLOSS_OK)
          // One more rounding, where voxels share a gradient.
          #expect(zip(result, whole).allSatisfy { abs($0 - $1) <= 1e-14 })
        }
      }
    }
  }

  @Test("the adjoint multiplies every volume by its factor")
  func factors() {
    let gradient = someValues(2 * 12, seed: 9)
    var array = CCall(shape: [2, 3, 4])
    array.dtype = Int32(TOPOLOSS_FLOAT64)
    func adjoint(_ factors: [Double]?) -> [Double] {
      var result = [Double](repeating: .nan, count: 60)
      let status = unsafe gradient.withUnsafeBytes { data in
        unsafe array.withArray(data.baseAddress) { array in
          if let factors {
            unsafe topoloss_resample_adjoint(array, 2, [5, 6], factors, 0, &result, nil)
          } else {
            unsafe topoloss_resample_adjoint(array, 2, [5, 6], nil, 0, &result, nil)
          }
        }
      }
      #expect(status == TOPOLOSS_OK)
      return result
    }
    let plain = adjoint(nil)
    #expect(adjoint([1, 1]) == plain)
    #expect(adjoint([-2, 0.5]) == plain.prefix(30).map { -2 * $0 } + plain.suffix(30).map { 0.5 * $0 })
  }

  @Test("strides, byte order and every element type are read")
  func arrays() {
    let (predictions, targets) = (Array(Self.predictions.prefix(210)), Array(Self.targets.prefix(210)))
    let plain = CLossCall(shape: [6, 5, 7])
    let expected = plain.run(predictions, targets)

    var backwards = plain
    backwards.target.byteSwapped = 1
    backwards.prediction.strides = [8 * 5 * 7, 8, 8 * 5]
    let transposed = (0..<6).flatMap { z in
      (0..<7).flatMap { x in (0..<5).map { y in predictions[(z * 5 + y) * 7 + x] } }
    }
    let swapped = targets.map { Double(bitPattern: $0.bitPattern.byteSwapped) }
    let found = backwards.run(transposed, swapped)
    #expect(found.values == expected.values && found.terms == expected.terms)
    #expect(found.gradient == expected.gradient && found.targetGradient == expected.targetGradient)

    let levels = predictions.map { ($0 * 64).rounded() }
    let wanted = plain.run(levels, targets.map { ($0 * 64).rounded() })
    func check<Element>(_ dtype: Int, _ map: (Double) -> Element) {
      var call = plain
      call.prediction.dtype = Int32(dtype)
      call.target.dtype = Int32(dtype)
      call.wantsGradient = false
      call.wantsTargetGradient = false
      let found = call.run(levels.map(map), targets.map { map(($0 * 64).rounded()) }, before: 0.0)
      #expect(found.status == TOPOLOSS_OK && found.values == wanted.values, "dtype \(dtype)")
    }
    check(TOPOLOSS_INT8) { Int8($0) }
    check(TOPOLOSS_UINT8) { UInt8($0) }
    check(TOPOLOSS_INT16) { Int16($0) }
    check(TOPOLOSS_UINT16) { UInt16($0) }
    check(TOPOLOSS_INT32) { Int32($0) }
    check(TOPOLOSS_UINT32) { UInt32($0) }
    check(TOPOLOSS_INT64) { Int64($0) }
    check(TOPOLOSS_UINT64) { UInt64($0) }
    check(TOPOLOSS_FLOAT16) { Float16($0) }
    check(TOPOLOSS_FLOAT32) { Float($0) }
    var single = plain
    single.prediction.dtype = Int32(TOPOLOSS_FLOAT32)
    single.target.dtype = Int32(TOPOLOSS_FLOAT32)
    let gradient = single.run(
      levels.map { Float($0) }, targets.map { Float(($0 * 64).rounded()) }, before: Float.nan)
    #expect(gradient.gradient == wanted.gradient.map { Float($0) })
    #expect(gradient.targetGradient == wanted.targetGradient.map { Float($0) })
  }

  @Test("where the filtration of a volume ends")
  func last() {
    let values: [Double] = [4, 2, 7, 2, 7, 3]
    for (filtration, value) in [(TOPOLOSS_SUPERLEVEL, 2.0), (TOPOLOSS_SUBLEVEL, 7)] {
      for (construction, isFirst) in [(TOPOLOSS_VERTICES, false), (TOPOLOSS_TOP_CELLS, true)] {
        var call = CCall(shape: [6])
        call.dtype = Int32(TOPOLOSS_FLOAT64)
        unsafe call.options.filtration = Int32(filtration)
        unsafe call.options.construction = Int32(construction)
        var handle: OpaquePointer?
        let status = unsafe values.withUnsafeBytes { data in
          unsafe call.withArray(data.baseAddress) { array in
            unsafe withUnsafePointer(to: call.options) {
              unsafe topoloss_persistence_diagrams(array, 1, $0, &handle, nil)
            }
          }
        }
        #expect(status == TOPOLOSS_OK)
        var (found, voxel) = (-1.0, Int64(-1))
        #expect(unsafe topoloss_diagrams_last(handle, 0, &found, &voxel, nil) == TOPOLOSS_OK)
        // Equal values enter by rising index in V, by falling index in T.
        let places = values.indices.filter { values[$0] == value }
        #expect(found == value && voxel == (isFirst ? places.first : places.last).map { Int64($0) })
        #expect(unsafe topoloss_diagrams_last(handle, 0, nil, nil, nil) == TOPOLOSS_OK)
        for volume: Int64 in [-1, 1] {
          #expect(unsafe topoloss_diagrams_last(handle, volume, &found, nil, nil) != TOPOLOSS_OK)
        }
        #expect(unsafe topoloss_diagrams_last(nil, 0, &found, nil, nil) == TOPOLOSS_EARGUMENT)
        unsafe topoloss_diagrams_destroy(handle)
      }
    }
  }
}
