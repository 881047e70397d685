import TestOracles
import Testing

@testable import SHAPR

@Suite("Evaluation: comparison of two runs")
struct EvaluationComparisonTests {
  /// A run of cells `c0`, `c1`, ...: two classes in turn.
  private func run(_ values: [Double], names: [String]? = nil, measures: [ErrorMeasure] = [.iou, .volume])
    -> Scores
  {
    var scores = Scores(measures: measures)
    for (index, value) in values.enumerated() {
      var cell = CellScore(
        name: names?[index] ?? "c\(index)", className: index % 2 == 0 ? "disco" : "echino", values: [:])
      for (place, measure) in measures.enumerated() { cell.values[measure] = value * Double(place + 1) }
      scores.append(cell)
    }
    return scores
  }

  private let without = [0.5, 0.4, 0.75, 0.25]
  private let with = [0.25, 0.5, 0.5, 0.125]

  @Test("the table of the paper, as text") func text() throws {
    let comparison = try Comparison([
      .init(title: "red blood cell", baseline: run(without), candidate: run(with)),
      .init(
        title: "nuclei", baseline: run(with, measures: [.iou]), candidate: run(without, measures: [.iou])),
    ])
    // -0.25, 0.1, -0.25, -0.125: ranks 3.5, 1, 3.5, 2; sums up to 1 have 2 of 16 signs: p = 2 * 2 / 16.
    #expect(
      comparison.text.hasPrefix(
        """
        relative error  L_T  red blood cell (n = 4): median  mean ± sd    p     nuclei (n = 4): median  mean ± sd    p
        --------------  ---  ------------------------------  -----------  ----  ----------------------  -----------  ----
        1 - IoU         no   0.45                            0.48 ± 0.18  0.25  0.38                    0.34 ± 0.16  0.25
                        yes  0.38                            0.34 ± 0.16        0.45                    0.48 ± 0.18
        volume          no   0.90                            0.95 ± 0.36  0.25  -                       -            -
                        yes  0.75                            0.69 ± 0.32        -                       -

        sd: standard deviation
        """))
    #expect(
      comparison.text.contains(
        """
        Change per class: red blood cell

        class   error    cells  median no  median yes  change  mean no  mean yes  change of mean
        ------  -------  -----  ---------  ----------  ------  -------  --------  --------------
        disco   1 - IoU  2      0.63       0.38        -40 %   0.63     0.38      -40 %
        disco   volume   2      1.25       0.75        -40 %   1.25     0.75      -40 %
        echino  1 - IoU  2      0.33       0.31        -4 %    0.33     0.31      -4 %
        """))
  }

  @Test("numbers of a row") func numbers() throws {
    let comparison = try Comparison(
      [.init(title: "x", baseline: run(without), candidate: run(with))], seed: 3)
    let row = comparison.blocks[0].rows[0]
    let differences = zip(with, without).map { $0 - $1 }
    #expect(row.medianDifference == -0.1875 && row.test == SignedRankTest(differences: differences))
    #expect(row.test.rankBiserial == -0.8 && row.cohensD == cohensD(differences: differences))
    let interval = try #require(row.interval)
    #expect(interval.lowerBound == -0.25 && interval.upperBound <= 0.1 && interval.contains(-0.1875))
    // The interval of a measure does not depend on which others there are.
    let alone = try Comparison(
      [.init(title: "x", baseline: run(without, measures: [.iou]), candidate: run(with))], seed: 3)
    #expect(alone.blocks[0].rows.map(\.interval) == [interval])
  }

  @Test("Markdown: every line has as many cells as its header; nothing in a name ends one") func markdown()
    throws
  {
    let comparison = try Comparison([
      .init(title: "a|b\nc", baseline: run(without), candidate: run(with))
    ])
    #expect(
      comparison.markdown.hasPrefix(
        """
        | relative error | L_T | a\\|b c (n = 4): median | mean ± sd | p |
        | --- | --- | --- | --- | --- |
        | 1 - IoU | no | 0.45 | 0.48 ± 0.18 | 0.25 |
        |  | yes | 0.38 | 0.34 ± 0.16 |  |
        """))
  }

  @Test("CSV: a line for all cells and for each class, with all digits") func csv() throws {
    let comparison = try Comparison([.init(title: "x", baseline: run(without), candidate: run(with))])
    let lines = comparison.csv.split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(lines.count == 1 + 2 + 2 * 2 && lines.allSatisfy { $0.count == 19 })
    #expect(lines[1].prefix(5) == ["x", "", "iou_error", "4", "0"])
    let columns = Dictionary(uniqueKeysWithValues: zip(lines[0], lines[1]))
    #expect(
      columns["baseline_median"] == "0.45" && columns["p"] == "0.25" && columns["candidate_mean"] == "0.34375"
    )
    #expect(columns["median_difference"] == "-0.1875" && columns["rank_biserial"] == "-0.8")
    #expect(lines[3].prefix(2) == ["x", "disco"] && lines[3].suffix(6).allSatisfy(\.isEmpty))
  }

  @Test("pairs without a value and cells of one run are left out, and said") func excluded() throws {
    let baseline = run([0.5, .nan, 0.75, 0.25], names: ["a", "b", "c", "d"])
    let candidate = run([0.1, 0.25, 0.5], names: ["e", "c", "b"])
    let comparison = try Comparison([.init(title: "x", baseline: baseline, candidate: candidate)])
    let block = comparison.blocks[0]
    #expect(block.cells == 2 && block.onlyInBaseline == 2 && block.onlyInCandidate == 1)
    #expect(
      block.rows[0].excluded == 1 && block.rows[0].baseline.mean == 0.75
        && block.rows[0].candidate.mean == 0.25)
    // The same pair is left out when it is the other run that has no value.
    let exchanged = try Comparison([.init(title: "x", baseline: candidate, candidate: baseline)])
    #expect(exchanged.blocks[0].rows[0].excluded == 1 && exchanged.blocks[0].rows[0].candidate.mean == 0.75)
    #expect(comparison.text.contains("x, 1 - IoU: 1 cells without a value are left out."))
    #expect(
      comparison.text.contains("x: 2 cells are only in the run no, 1 only in the run yes; they are left out.")
    )
  }

  @Test("runs that cannot be compared") func errors() {
    func fault(_ baseline: Scores, _ candidate: Scores) -> ComparisonError? {
      do throws(ComparisonError) {
        _ = try Comparison([.init(title: "x", baseline: baseline, candidate: candidate)])
        return nil
      } catch {
        return error
      }
    }
    let (one, twice) = (run([1, 2], names: ["a", "b"]), run([1, 2], names: ["a", "a"]))
    #expect(
      fault(one, twice) == .nameTwice(dataSet: "x", "a") && fault(twice, one) == .nameTwice(dataSet: "x", "a")
    )
    #expect(fault(one, run([1], names: ["c"])) == .nothingInCommon(dataSet: "x", "cell"))
    #expect(
      fault(one, run([1], names: ["a"], measures: [.dice])) == .nothingInCommon(dataSet: "x", "measure"))
    #expect(fault(one, one) == nil)
  }

  @Test("a run against itself: no difference, no probability beyond 13 cells") func same() throws {
    let scores = run((0..<20).map { Double($0) })
    let row = try Comparison([.init(title: "x", baseline: scores, candidate: scores)]).blocks[0].rows[0]
    #expect(row.test.pValue.isNaN && row.medianDifference == 0 && row.interval == 0...0)
    #expect(NumberText.probability(row.test.pValue) == "-")
  }

  @Test(
    "probabilities as the paper writes them",
    arguments: [
      (1.1e-19, "1.1e-19"), (1.24e-47, "1.2e-47"), (9.1e-4, "9.1e-4"), (0.5, "0.50"), (0.01, "0.01"),
      (1, "1.00"),
      (9.96e-4, "1.0e-3"), (1e-5, "1.0e-5"), (9.99e-300, "1.0e-299"), (0, "0"), (0.00996, "1.0e-2"),
      (.nan, "-"),
    ])
  func probability(value: Double, text: String) { #expect(NumberText.probability(value) == text) }

  @Test(
    "numbers with two digits",
    arguments: [
      (0.476, "0.48"), (-0.476, "-0.48"), (-0.001, "0.00"), (12, "12.00"), (0.05, "0.05"), (.nan, "-"),
      (.infinity, "inf"), (1e300, "1e+300"), (-1.005e3, "-1005.00"),
    ])
  func fixed(value: Double, text: String) { #expect(NumberText.fixed(value) == text) }

  @Test(
    "changes in percent",
    arguments: [(-0.274, "-27 %"), (0.031, "+3 %"), (0.001, "0 %"), (.nan, "-"), (.infinity, "-")])
  func change(share: Double, text: String) { #expect(NumberText.change(share) == text) }
}
