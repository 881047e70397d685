import CTopoLoss
import TopoLossABI

/// One call of `topoloss_topological_loss` as a C program would make it, and what it wrote.
@safe struct CLossCall {
  /// How the two volumes lie in memory; the elements are doubles unless said otherwise.
  var prediction: CCall
  var target: CCall
  var spatialRank: Int32
  var options = unsafe defaultLossOptions()
  var error = emptyError()
  var wantsGradient = true
  var wantsTargetGradient = true
  /// What the gradient buffers hold before the call.
  var gradientBefore = Double.nan
  /// Elements of a gradient; `nil`: as many as the volumes have.
  var gradientCount: Int?

  init(shape: [Int64], spatialRank: Int32? = nil) {
    prediction = CCall(shape: shape)
    prediction.dtype = Int32(TOPOLOSS_FLOAT64)
    target = prediction
    self.spatialRank = spatialRank ?? Int32(shape.count)
  }

  struct Outcome<Element> {
    var status: topoloss_status
    var error: topoloss_error
    /// What was not written is NaN.
    var values: [Double]
    var terms: [Double]
    var gradient: [Element]
    var targetGradient: [Element]
  }

  func run(_ predictions: [Double], _ targets: [Double]) -> Outcome<Double> {
    run(predictions, targets, before: gradientBefore)
  }

  /// - Parameter before: what the gradient buffers hold before the call.
  func run<Element, Gradient>(
    _ predictions: [Element], _ targets: [Element], before: Gradient
  ) -> Outcome<Gradient> {
    var error = error
    let volumes = max(0, Int(prediction.shape.dropLast(max(0, Int(spatialRank))).reduce(1) { $0 &* $1 }))
    let count = gradientCount ?? predictions.count
    var values = [Double](repeating: .nan, count: min(volumes, 1 << 20))
    var terms = [Double](repeating: .nan, count: 9 * values.count)
    var gradient = [Gradient](repeating: before, count: count)
    var targetGradient = gradient
    let status = unsafe predictions.withUnsafeBytes { predictionData in
      unsafe targets.withUnsafeBytes { targetData in
        unsafe prediction.withArray(predictionData.baseAddress) { prediction in
          unsafe target.withArray(targetData.baseAddress) { target in
            unsafe gradient.withUnsafeMutableBytes { gradient in
              unsafe targetGradient.withUnsafeMutableBytes { targetGradient in
                unsafe withUnsafePointer(to: options) { options in
                  unsafe topoloss_topological_loss(
                    prediction, target, spatialRank, options, &values, &terms,
                    wantsGradient ? gradient.baseAddress : nil,
                    wantsTargetGradient ? targetGradient.baseAddress : nil, &error)
                }
              }
            }
          }
        }
      }
    }
    return Outcome(
      status: status, error: error, values: values, terms: terms, gradient: gradient,
      targetGradient: targetGradient)
  }

  /// The same against diagrams: of every volume one list of points per wanted dimension.
  func run(_ predictions: [Double], toDiagrams diagrams: [[Double]], last: [Double]?) -> Outcome<Double> {
    var error = error
    let volumes = Int(prediction.shape.dropLast(Int(spatialRank)).reduce(1, *))
    var values = [Double](repeating: .nan, count: volumes)
    var terms = [Double](repeating: .nan, count: 9 * volumes)
    var gradient = [Double](repeating: gradientBefore, count: gradientCount ?? predictions.count)
    let all = diagrams.flatMap { $0 }
    let counts = diagrams.map { Int64($0.count / 2) }
    let status = unsafe predictions.withUnsafeBytes { data in
      unsafe prediction.withArray(data.baseAddress) { array in
        unsafe all.withUnsafeBufferPointer { all in
          var pointers: [UnsafePointer<Double>?] = unsafe []
          var place = 0
          for diagram in diagrams {
            unsafe pointers.append(diagram.isEmpty ? nil : all.baseAddress.map { unsafe $0 + place })
            place += diagram.count
          }
          return unsafe withUnsafePointer(to: options) { options in
            unsafe (last ?? []).withUnsafeBufferPointer { lastValues in
              unsafe topoloss_topological_loss_to_diagrams(
                array, spatialRank, pointers, counts, last == nil ? nil : lastValues.baseAddress, options,
                &values, &terms, &gradient, &error)
            }
          }
        }
      }
    }
    return Outcome(
      status: status, error: error, values: values, terms: terms, gradient: gradient, targetGradient: [])
  }
}

func defaultLossOptions() -> topoloss_loss_options {
  var options = unsafe topoloss_loss_options()
  unsafe topoloss_loss_options_init(&options)
  return unsafe options
}

/// Values between 0 and 1 that no two runs or machines make differently.
func someValues(_ count: Int, seed: UInt32) -> [Double] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return Double(state >> 8) / Double(1 << 24)
  }
}
