import ComputeRuntime
import TestOracles
import Testing

@testable import SHAPR

@Suite("Evaluation: scores.csv")
struct EvaluationScoresTests {
  private func read(_ bytes: [UInt8]) throws(ScoresError) -> Scores {
    let buffer = evaluationBuffer(bytes)
    defer { withExtendedLifetime(buffer) {} }
    return try Scores(csv: buffer.cells, file: "scores.csv")
  }

  private func fault(_ text: String) -> ScoresError? {
    do throws(ScoresError) {
      _ = try read(Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  private func scores() -> Scores {
    var scores = Scores(measures: ErrorMeasure.allCases)
    let names = ["a", "", "with, comma", "\"quoted\"", "two\r\nlines", "é\u{301}😀", " space ", "=1+1"]
    let numbers = [
      0.1, 1e-300, .leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 1 / 3.0, .nan, 1e22, 123456789.125,
    ]
    for (index, name) in names.enumerated() {
      var values: [ErrorMeasure: Double] = [:]
      for (place, measure) in ErrorMeasure.allCases.enumerated() {
        values[measure] = numbers[(index + place) % numbers.count]
      }
      scores.append(CellScore(name: name, className: "class \(index % 3)\"", values: values))
    }
    return scores
  }

  @Test("what was written is read, bit for bit") func roundTrip() throws {
    let scores = scores()
    let again = try read(Array(scores.csv.utf8))
    #expect(again.measures == scores.measures && again.cells.count == scores.cells.count)
    for (cell, copy) in zip(scores.cells, again.cells) {
      // By bytes: Swift calls different spellings of é equal.
      #expect(Array(cell.name.utf8) == Array(copy.name.utf8) && cell.className == copy.className)
      for (measure, value) in cell.values {
        let found = try #require(copy.values[measure])
        #expect(found.bitPattern == value.bitPattern || (found.isNaN && value.isNaN), "\(measure)")
      }
    }
  }

  @Test("the text, as RFC 4180 has it") func text() throws {
    var scores = Scores(measures: [.iou, .volume])
    scores.append(CellScore(name: "x,1.tif", className: "A", values: [.iou: 0.25, .volume: .nan]))
    scores.append(CellScore(name: "y", className: "B \"b\"", values: [.iou: 1, .volume: 0.1]))
    #expect(
      scores.csv
        == "name,class,iou_error,volume_error\r\n\"x,1.tif\",A,0.25,nan\r\ny,\"B \"\"b\"\"\",1.0,0.1\r\n")
    // Other programs: a mark, LF, no end of the last line, other columns, another order, empty fields.
    let other = try read(
      Array("\u{FEFF}volume_error,fold,name,class,iou_error\n,3,x,A,0.5\n1e-3,,y,B,\"2\"".utf8))
    #expect(other.measures == [.iou, .volume])
    #expect(other.cells.map(\.name) == ["x", "y"])
    #expect(other.values(of: .iou) == [0.5, 2])
    #expect(other.cells[0].values[.volume]?.isNaN == true && other.cells[1].values[.volume] == 0.001)
  }

  @Test(
    "mistakes: line, offset, reason",
    arguments: [
      ("", 1, 0, "there is no header"), ("name,iou_error\n", 1, 0, "the columns name and class are needed"),
      ("name,class,name\n", 1, 0, "the column \"name\" stands twice"),
      ("name,class,dice\na,b,1\na,b\n", 3, 22, "the header calls for 3 fields, got 2"),
      ("name,class,dice\r\na,b,x\r\n", 2, 17, "dice is a finite number or nan, got \"x\""),
      ("name,class,dice\na,b,inf\n", 2, 16, "dice is a finite number or nan, got \"inf\""),
      ("name,class,dice\na,b,1e999\n", 2, 16, "dice is a finite number or nan, got \"1e999\""),
      ("name,class,dice\n\"a\nb\",c,1\n\"d", 4, 26, "a quote is not closed"),
      ("name,class,dice\na\"b,c,1\n", 2, 16, "a quote within a field without quotes"),
      ("name,class,dice\n\"a\"b,c,1\n", 2, 16, "a comma or the end of the line must follow a field"),
      ("name,class,dice\ra,b,1\n", 1, 0, "a comma or the end of the line must follow a field"),
      (
        "name,class" + String(repeating: ",", count: 300), 1, 0, "more than 256 fields in a line"
      ),
    ])
  func mistakes(text: String, line: Int, offset: Int, reason: String) {
    let fault = fault(text)
    #expect(fault?.line == line && fault?.offset == offset && fault?.reason == reason)
    #expect(fault?.description == "\"scores.csv\", line \(line), byte \(offset): \(reason)")
  }

  @Test("bytes that are not UTF-8") func encoding() {
    let bytes = Array("name,class,dice\n".utf8) + [0xC0, 0x80] + Array(",c,1\n".utf8)
    #expect {
      try read(bytes)
    } throws: {
      ($0 as? ScoresError)?.reason == "a field is not UTF-8"
    }
  }

  /// No text, however broken, does more than be refused; what is accepted can be written and read again.
  @Test("tables that were cut short or altered") func altered() {
    let whole = Array(scores().csv.utf8)
    var generator = SeededGenerator(seed: 21)
    var tally = Tally("evaluation-csv", seed: 21)
    for trial in 0..<whole.count + Tier.cases(3_000, release: 100_000) {
      var bytes = whole
      if trial < whole.count {
        bytes.removeLast(whole.count - trial)
      } else {
        for _ in 0..<1 + generator.next() % 4 {
          let place = Int(generator.next() % UInt64(bytes.count))
          bytes[place] =
            generator.next() % 2 == 0
            ? UInt8(truncatingIfNeeded: generator.next()) : Array("\",\r\n".utf8)[Int(generator.next() % 4)]
        }
      }
      guard let scores = try? read(bytes) else {
        tally.check(true, "")
        continue
      }
      let again = try? read(Array(scores.csv.utf8))
      tally.check(again?.csv == scores.csv, "trial \(trial): written again, it is another table")
    }
    tally.report()
    #expect(tally.passed == tally.run, "\(tally.firstFailure ?? "")")
  }

  @Test("summaries of all cells and of each class") func summaries() {
    var scores = Scores(measures: [.iou])
    for (index, value) in [1.0, 2, 6, .nan].enumerated() {
      scores.append(CellScore(name: "\(index)", className: index < 2 ? "B" : "A", values: [.iou: value]))
    }
    #expect(scores.classNames == ["A", "B"])
    #expect(scores.summary(of: .iou).mean == 3 && scores.summary(of: .iou).excluded == 1)
    #expect(scores.summary(of: .iou, className: "A").median == 6)
    #expect(scores.summary(of: .iou, className: "B").median == 1.5)
  }
}
