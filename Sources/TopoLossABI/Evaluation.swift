public import CTopoLoss
internal import ComputeRuntime
internal import NeuralNetwork
internal import PersistentHomology
internal import SHAPR
internal import TopologicalLoss

@c @implementation
public func topoloss_measure_name(_ index: Int32) -> UnsafePointer<CChar>? {
  let measures = Evaluation().measures
  guard index >= 0, index < measures.count else { return nil }
  let name: StaticString =
    switch measures[Int(index)] {
    case .iou: "iou_error"
    case .volume: "volume_error"
    case .surface: "surface_error"
    case .roughness: "roughness_error"
    case .roughnessOfPaper: "roughness_error_paper"
    case .dice: "dice"
    case .betti0: "betti0_error"
    case .betti1: "betti1_error"
    case .betti2: "betti2_error"
    case .wasserstein0: "wasserstein0"
    case .wasserstein1: "wasserstein1"
    case .wasserstein2: "wasserstein2"
    }
  return unsafe text(name)
}

@c @implementation
public func topoloss_evaluate(
  _ settings: UnsafePointer<CChar>?, _ predictions: UnsafePointer<topoloss_array>?,
  _ truths: UnsafePointer<topoloss_array>?, _ options: UnsafePointer<topoloss_run_options>?,
  _ scores: UnsafeMutablePointer<Double>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let (settings, parsed) = try unsafe (parsedSettings(settings), ParsedRunOptions(options))
    let found = try unsafe batch(predictions, rank: 3, "predictions")
    let expected = try unsafe batch(truths, rank: 3, "truths")
    let scores = try unsafe needed(scores, "scores")
    var evaluation = Evaluation()
    evaluation.topology = settings.lossOptions(threads: 1)
    evaluation.topology?.cancellation = parsed.means.cancellation
    let table = unsafe FencedPointer(base: scores, count: found.count * evaluation.measures.count)
    try evaluation.score(
      predictions: found, truths: expected, into: table, threads: parsed.threads(settings),
      budget: parsed.budget, interruption: parsed.interruption)
  }
}

@c @implementation
public func topoloss_folds(
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int64, _ folds: Int32, _ seed: UInt64,
  _ parts: UnsafeMutablePointer<Int32>?, _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let parts = try unsafe needed(parts, "parts")
    guard folds >= 3, folds <= 100 else {
      throw Failure(TOPOLOSS_EARGUMENT, "folds must be between 3 and 100, got \(folds)")
    }
    guard count >= folds, count <= 1 << 20 else {
      throw Failure(TOPOLOSS_ESHAPE, "\(count) cells cannot be dealt into \(folds) folds")
    }
    let known = try unsafe strings(names, count: Int(count), "names")
    let dealt = Folds(
      names: known ?? [String](repeating: "", count: Int(count)), count: Int(folds), seed: seed)
    for (part, cells) in dealt.parts.enumerated() {
      for cell in cells { unsafe parts[cell] = Int32(part) }
    }
  }
}

@c @implementation
public func topoloss_compare(
  _ baseline: UnsafePointer<CChar>?, _ candidate: UnsafePointer<CChar>?,
  _ title: UnsafePointer<CChar>?, _ format: Int32, _ text: UnsafeMutablePointer<CChar>?,
  _ capacity: Int64, _ length: UnsafeMutablePointer<Int64>?,
  _ error: UnsafeMutablePointer<topoloss_error>?
) -> topoloss_status {
  unsafe reporting(to: error) {
    let comparison = try unsafe Comparison([
      Comparison.DataSet(
        title: title == nil ? "cells" : string(title, "title"),
        baseline: scores(baseline, "baseline"), candidate: scores(candidate, "candidate"))
    ])
    let table: String
    switch Int(format) {
    case TOPOLOSS_TEXT: table = comparison.text
    case TOPOLOSS_CSV: table = comparison.csv
    case TOPOLOSS_MARKDOWN: table = comparison.markdown
    default: throw Failure(TOPOLOSS_EARGUMENT, "unknown format \(format)")
    }
    try unsafe TextBuffer(text, capacity, length).write(table)
  }
}

/// A caller's table of scores.
@unsafe
private func scores(_ text: UnsafePointer<CChar>?, _ name: String) throws -> Scores {
  let bytes = try Scratch(utf8Of: unsafe string(text, name))
  defer { withExtendedLifetime(bytes) {} }
  return try Scores(csv: bytes.cells, file: name)
}
