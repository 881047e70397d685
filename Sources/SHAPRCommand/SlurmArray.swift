internal import SHAPR
internal import SHAPRFiles

/// What a batch system needs to run cells: their commands, one a line, and the script of a Slurm array.
struct SlurmArray {
  private let experiments: [Experiment]
  private let directory: String
  private let limit: Int?
  /// Of a task, unless the settings say how many.
  private static let usualThreads = 4

  /// - Parameters:
  ///   - directory: where the files go, and what is merged at the end.
  ///   - limit: tasks at a time.
  init(_ experiments: [Experiment], in directory: String, limit: Int?) {
    (self.experiments, self.directory, self.limit) = (experiments, directory, limit)
  }

  func write(_ console: Console) throws {
    let commands = experiments.flatMap { experiment in
      experiment.cells.map { cell in
        ([programPath()] + experiment.arguments(for: cell, threads: threads)).map(quoted).joined(
          separator: " ")
      }
    }
    try makeFolders("\(directory)/tasks")
    try writeText(commands.map { $0 + "\n" }.joined(), to: "\(directory)/cells.txt")
    try writeText(script(tasks: commands.count), to: "\(directory)/array.sh")
    console.lines([
      "\(commands.count) commands are in \(directory)/cells.txt. To run them as a Slurm array, and to put the results together:",
      "",
      "  job=$(sbatch --parsable \(quoted("\(directory)/array.sh")))",
      "  sbatch --dependency=afterany:$job --wrap \(quoted("\(quoted(programPath())) merge \(quoted(directory))"))",
    ])
  }

  private var threads: Int {
    experiments.map(\.settings.threads).first { $0 > 0 } ?? Self.usualThreads
  }

  private func script(tasks: Int) -> String {
    let limit = limit.map { "%\($0)" } ?? ""
    let folder = directory.hasPrefix("/") ? directory : "\(workingDirectory())/\(directory)"
    return """
      #!/bin/bash
      # One task for each line of cells.txt. Options on the command line of sbatch (--time, --mem, --partition)
      # go before those here.
      #SBATCH --job-name=shapr
      #SBATCH --array=0-\(tasks - 1)\(limit)
      #SBATCH --cpus-per-task=\(threads)
      #SBATCH --output=\(quoted("\(folder)/tasks/%a.txt"))
      #SBATCH --open-mode=append
      #SBATCH --signal=USR1@120
      #SBATCH --requeue
      cd \(quoted(workingDirectory())) || exit 73
      command=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" \(quoted("\(folder)/cells.txt")))
      [ -n "$command" ] || exit 66
      code=0
      eval "srun $command" || code=$?
      # Two minutes before the time is over the cell was asked to stop, and wrote a checkpoint: the next turn goes on.
      # (Not SIGTERM, which srun answers by killing.)
      if [ "$code" = 138 ]; then scontrol requeue "$SLURM_JOB_ID" && code=0; fi
      exit "$code"

      """
  }
}

/// A text as one word of a shell.
private func quoted(_ text: String) -> String {
  let isPlain = text.utf8.allSatisfy { byte in
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-_./=,+:".utf8.contains(byte)
  }
  guard text.isEmpty || !isPlain else { return text }
  return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
