import CTopoLoss
import OptimalTransport
import TopoLossABI

/// One call of a function that measures distances of a batch, as a C program would make it.
@safe struct CDistanceCall {
  enum Function: CaseIterable { case wasserstein, bottleneck, sliced }

  var function: Function
  var directions: Int32 = 50
  var options = unsafe defaultDistanceOptions()
  var error = emptyError()

  init(_ function: Function) { self.function = function }

  struct Outcome {
    var status: topoloss_status
    var error: topoloss_error
    /// What was not written is -1.
    var distances: [Double]
  }

  /// Diagrams without points are NULL.
  func run(_ pairs: [([DiagramPoint], [DiagramPoint])]) -> Outcome {
    let (first, second) = (pairs.map(\.0), pairs.map(\.1))
    return unsafe withDiagrams(first) { firstPointers, firstCounts in
      unsafe withDiagrams(second) { secondPointers, secondCounts in
        unsafe run(
          firstPointers, firstCounts, secondPointers, secondCounts, pairs: Int64(pairs.count),
          room: pairs.count)
      }
    }
  }

  func run(
    _ first: UnsafePointer<UnsafePointer<Double>?>?, _ firstCounts: UnsafePointer<Int64>?,
    _ second: UnsafePointer<UnsafePointer<Double>?>?, _ secondCounts: UnsafePointer<Int64>?,
    pairs: Int64, room: Int
  ) -> Outcome {
    var error = error
    var distances = [Double](repeating: -1, count: room)
    let status = unsafe withUnsafePointer(to: options) { options in
      switch function {
      case .wasserstein:
        unsafe topoloss_wasserstein(
          first, firstCounts, second, secondCounts, pairs, options, &distances, &error)
      case .bottleneck:
        unsafe topoloss_bottleneck(
          first, firstCounts, second, secondCounts, pairs, options, &distances, &error)
      case .sliced:
        unsafe topoloss_sliced_wasserstein(
          first, firstCounts, second, secondCounts, pairs, directions, options, &distances, &error)
      }
    }
    return Outcome(status: status, error: error, distances: distances)
  }
}

func defaultDistanceOptions() -> topoloss_distance_options {
  var options = unsafe topoloss_distance_options()
  unsafe topoloss_distance_options_init(&options)
  return unsafe options
}

/// The coordinates of points, as C functions take them.
func coordinates(_ points: [DiagramPoint]) -> [Double] { points.flatMap { [$0.birth, $0.death] } }

/// Pointers to the coordinates of some diagrams, NULL for those without points, and how many points they have.
func withDiagrams<Result>(
  _ diagrams: [[DiagramPoint]],
  _ body: (UnsafePointer<UnsafePointer<Double>?>?, UnsafePointer<Int64>?) -> Result
) -> Result {
  let all = coordinates(diagrams.flatMap { $0 })
  let counts = diagrams.map { Int64($0.count) }
  return unsafe all.withUnsafeBufferPointer { all in
    var pointers: [UnsafePointer<Double>?] = unsafe []
    var place = 0
    for diagram in diagrams {
      unsafe pointers.append(diagram.isEmpty ? nil : all.baseAddress.map { unsafe $0 + place })
      place += 2 * diagram.count
    }
    return unsafe pointers.withUnsafeBufferPointer { pointers in
      unsafe counts.withUnsafeBufferPointer { counts in
        unsafe body(pointers.baseAddress, counts.baseAddress)
      }
    }
  }
}

/// Points that no two runs or machines make differently; some lie on the diagonal.
func somePoints(_ count: Int, seed: UInt32) -> [DiagramPoint] {
  var state = seed
  func next() -> Double {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Double(state >> 22) / 64
  }
  return (0..<count).map { _ in DiagramPoint(birth: next(), death: next()) }
}
