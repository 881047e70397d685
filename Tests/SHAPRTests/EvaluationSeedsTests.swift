import ComputeRuntime
import TestOracles
import Testing

@testable import SHAPR

@Suite("Evaluation: several seeds")
struct EvaluationSeedsTests {
  /// Cells `c0`, `c1`, ... of two classes in turn, once for each seed: `values[seed][cell]`.
  private func run(_ values: [UInt64: [Double]]) -> Scores {
    var scores = Scores(measures: [.iou])
    for seed in values.keys.sorted() {
      for (index, value) in (values[seed] ?? []).enumerated() {
        scores.append(
          CellScore(
            name: "c\(index)", className: index % 2 == 0 ? "disco" : "echino", seed: seed,
            values: [.iou: value]))
      }
    }
    return scores
  }

  private func plain(_ values: [Double]) -> Scores {
    var scores = Scores(measures: [.iou])
    for cell in run([0: values]).cells {
      scores.append(CellScore(name: cell.name, className: cell.className, values: cell.values))
    }
    return scores
  }

  private func read(_ text: String) throws(ScoresError) -> Scores {
    let buffer = evaluationBuffer(Array(text.utf8))
    defer { withExtendedLifetime(buffer) {} }
    return try Scores(csv: buffer.cells, file: "scores.csv")
  }

  @Test("the column seed stands behind class, and only in tables with seeds") func column() throws {
    let scores = run([3: [0.5], 18_446_744_073_709_551_615: [0.25]])
    #expect(
      scores.csv
        == "name,class,seed,iou_error\r\nc0,disco,3,0.5\r\nc0,disco,18446744073709551615,0.25\r\n")
    #expect(try read(scores.csv) == scores)
    #expect(plain([0.5]).csv == "name,class,iou_error\r\nc0,disco,0.5\r\n")
    #expect(scores.seeds == [3, .max] && plain([0.5]).seeds.isEmpty)
    #expect {
      try read("name,class,seed,dice\na,b,x,1\n")
    } throws: {
      ($0 as? ScoresError)?.reason == "seed is a whole number, got \"x\""
    }
  }

  /// The law behind it: repeats are averaged, not counted. Three equal seeds are one run.
  @Test("a comparison of equal seeds is that of one seed, but for the heading") func repeats() throws {
    // Multiples of 1/16, so that means of equal values are exact.
    let (without, with) = ([0.5, 0.375, 0.75, 0.25, 0.125], [0.25, 0.5, 0.5, 0.125, 0.0625])
    let one = try Comparison([.init(title: "x", baseline: plain(without), candidate: plain(with))])
    let three = try Comparison([
      .init(
        title: "x", baseline: run([0: without, 1: without, 2: without]),
        candidate: run([0: with, 1: with, 5: with]))
    ])
    #expect(one.csv == three.csv)
    #expect(one.text.contains("x (n = 5): median") && three.text.contains("x (n = 5 cells, 3 seeds): median"))
    #expect(three.blocks[0].rows[0].test.pValue == one.blocks[0].rows[0].test.pValue)
  }

  @Test("a cell's value is its mean over the seeds") func means() throws {
    let baseline = run([0: [0, 0.5], 1: [1, 0.25]])
    let comparison = try Comparison([
      .init(title: "x", baseline: baseline, candidate: plain([0.25, 0.375]))
    ])
    let row = comparison.blocks[0].rows[0]
    #expect(row.baseline.mean == (0.5 + 0.375) / 2 && row.medianDifference == -0.125)
    #expect(comparison.text.contains("x (n = 2 cells, 2 and 1 seeds): median"))
    #expect(comparison.text.contains("A cell's value is its mean over the seeds."))
  }

  @Test("a seed without a value leaves the cell out; a missing seed is said; a second row is an error")
  func gaps() throws {
    let baseline = run([0: [0.5, .nan, 0.5], 1: [0.5, 0.5]])
    let block = try Comparison([.init(title: "x", baseline: baseline, candidate: plain([1, 1, 1]))])
    #expect(block.blocks[0].rows[0].excluded == 1 && block.blocks[0].seeds.cellsWithFewer == 1)
    #expect(block.text.contains("x: 1 cells were not tested with every seed"))
    var twice = run([0: [0.5]])
    twice.append(twice.cells[0])
    #expect(throws: ComparisonError.nameTwice(dataSet: "x", "c0")) { try SeedMeans(twice, title: "x") }
  }

  /// Quantiles as scipy 1.17 gives them: stats.t.ppf(0.975, n).
  @Test(
    "Student's distribution",
    arguments: [
      (1, 12.706204736174694), (2, 4.302652729749462), (3, 3.1824463052837078), (4, 2.7764451051977934),
      (9, 2.262157162798205), (30, 2.0422724563012378), (999, 1.9623414611334493),
    ])
  func student(degreesOfFreedom: Int, expected: Double) {
    let found = StudentT.quantile975(degreesOfFreedom: degreesOfFreedom)
    // 999 terms, each rounded; measured 3e-14 at most.
    #expect((found / expected - 1).magnitude < 1e-12)
  }

  @Test("mean of medians, their spread and its interval") func spread() throws {
    let spread = SeedSpread([1, 2, 6])
    #expect(spread.mean == 3 && (spread.standardDeviation - 7.squareRoot()).magnitude < 1e-15)
    // scipy 1.17: stats.t.interval(0.95, 2, loc=3, scale=stats.sem([1, 2, 6])).
    let interval = try #require(spread.interval)
    #expect((interval.lowerBound + 3.572410607728428).magnitude < 1e-12)
    #expect((interval.upperBound - 9.572410607728429).magnitude < 1e-12)
    #expect(SeedSpread([1]).interval == nil && SeedSpread([.nan, 1, 2, 6]).interval == interval)
  }

  @Test("summary.json: with seeds, and as ever without") func json() throws {
    let text = try run([0: [0.5, 0.25], 1: [1, 0.75]]).summaryJSON(folds: ["seed-0/fold-0"], title: "x")
    #expect(
      text.hasPrefix(
        """
        {
          "seeds": [0, 1],
          "folds": ["seed-0/fold-0"],
          "cells": 2,
          "all": {
              "iou_error": {"median": 0.625, "mean": 0.625, "sd": 0.125, "cells": 2, "excluded": 0, "over_seeds": \
        {"medians": [0.375, 0.875], "mean": 0.625, "sd": 0.3535533905932738, "interval": [
        """))
    #expect(
      try plain([0.5, 0.25]).summaryJSON(folds: ["fold-0"], title: "x")
        == """
        {
          "folds": ["fold-0"],
          "cells": 2,
          "all": {
              "iou_error": {"median": 0.375, "mean": 0.375, "sd": 0.125, "cells": 2, "excluded": 0}
            },
          "classes": {
            "disco": {
              "iou_error": {"median": 0.5, "mean": 0.5, "sd": 0.0, "cells": 1, "excluded": 0}
            },
            "echino": {
              "iou_error": {"median": 0.25, "mean": 0.25, "sd": 0.0, "cells": 1, "excluded": 0}
            }
          }
        }

        """)
  }
}

@Suite("Evaluation: the table of a sweep")
struct SweepTableTests {
  private func scores(_ values: [Double]) -> Scores {
    var scores = Scores(measures: [.iou, .dice])
    for (index, value) in values.enumerated() {
      scores.append(CellScore(name: "\(index)", className: "x", values: [.iou: value, .dice: 1 - value]))
    }
    return scores
  }

  private func table() throws -> SweepTable {
    func row(_ weight: String, _ scores: Scores?, done: Int, _ losses: [Double]) -> SweepTable.Row {
      SweepTable.Row(
        values: [weight], scores: scores, foldsDone: done, foldsPlanned: 2, validationLosses: losses,
        seconds: 1.5)
    }
    return try SweepTable(
      axes: ["topological_weight"],
      rows: [
        row("0", scores([0.5, 0.75]), done: 2, [0.5, 0.25]),
        row("0.1", scores([0.5, 0.25]), done: 2, [1, 0.5]),
        row("1", scores([0.125]), done: 1, [0.125]), row("10", nil, done: 0, []),
      ])
  }

  @Test("the best of the points that are done is marked; higher Dice is better") func text() throws {
    #expect(
      try table().text
        == """
        topological_weight  folds   cells  1 - IoU              Dice                 validation loss  seconds
        ------------------  ------  -----  -------------------  -------------------  ---------------  -------
        0                   2 of 2  2      0.63  (0.63 ± 0.13)  0.38  (0.38 ± 0.13)  0.3750*          1.5
        0.1                 2 of 2  2      0.38* (0.38 ± 0.13)  0.63* (0.63 ± 0.13)  0.7500           1.5
        1                   1 of 2  1      0.13  (0.13 ± 0.00)  0.88  (0.88 ± 0.00)  0.1250           1.5
        10                  0 of 2  0      -  (- ± -)           -  (- ± -)           -                1.5

        median (mean ± sd) over cells; *: the best median, or loss, of the points that are done.

        """)
  }

  @Test("results.csv") func csv() throws {
    let lines = try table().csv.split(separator: "\r\n")
    #expect(
      lines[0] == "topological_weight,cells,seeds,folds_done,folds_planned,iou_error_median,iou_error_mean,"
        + "iou_error_sd,dice_median,dice_mean,dice_sd,validation_loss,seconds")
    #expect(lines[1] == "0,2,1,2,2,0.625,0.625,0.125,0.375,0.375,0.125,0.375,1.5")
    #expect(lines[4] == "10,0,0,0,2,nan,nan,nan,nan,nan,nan,nan,1.5" && lines.count == 5)
  }

  @Test("the lowest validation loss of a log") func log() {
    func record(_ loss: Double) -> EpochRecord {
      var validation = EpochLosses()
      validation.dice = loss
      return EpochRecord(
        stage: .supervised, epoch: 0, rate: 1, train: EpochLosses(), validation: validation, isBest: true)
    }
    let text = TrainingLog.csv([record(0.5), record(0.25), record(.nan), record(0.75)])
    #expect(TrainingLog.lowestValidationLoss(csv: text) == 0.25)
    #expect(TrainingLog.lowestValidationLoss(csv: "") == nil)
    #expect(TrainingLog.lowestValidationLoss(csv: TrainingLog.csv([])) == nil)
  }
}
