internal import ArgumentParser
internal import ComputeRuntime
internal import SHAPR
internal import SHAPRFiles

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at every file of a folder of cells, and name every defect.")

  @Option(help: "folder with image/, mask/ and obj/") var data: String

  func run() {
    ending {
      let folder = try CellFolder(path: data)
      let findings = folder.check(budget: MemoryBudget())
      for finding in findings { print("\(finding.severity.rawValue): \(finding.description)") }
      let errors = findings.count { $0.severity == .error }
      print("\(folder.count) cells, \(errors) defects, \(findings.count - errors) notices")
      if errors > 0 { throw Failure(65, "FORMAT", "\(data): \(errors) defects") }
    }
  }
}
