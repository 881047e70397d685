public import ComputeRuntime

/// Scratch memory that all layers of a network take turns with, one share per worker.
///
/// Layers say while they are planned how much they need at most; after that nothing is allocated.
public final class KernelWorkspace {
  public let threads: Int
  public let instructionSet: InstructionSet
  let kernels: Kernels
  private let budget: MemoryBudget
  private var slabs: [Scratch<Float>] = []
  private var planes: [Scratch<Float>] = []
  private let sums: Scratch<Float>
  /// The last job for which each worker made its slab ready.
  private var lastJobs: [Int]
  private var job = 0

  public init(
    threads: Int, budget: MemoryBudget, instructionSet: InstructionSet = .best
  ) {
    self.threads = max(1, min(threads, WorkTeam.mostThreads))
    self.budget = budget
    self.instructionSet = instructionSet
    kernels = Kernels(instructionSet: instructionSet)
    sums = Scratch(budget: budget)
    lastJobs = Array(repeating: 0, count: self.threads)
    for _ in 0..<self.threads {
      slabs.append(Scratch(budget: budget))
      planes.append(Scratch(budget: budget))
    }
  }

  /// Makes room for the largest slab, the planes without a frame, and the weights' partial sums.
  func reserve(slab: Int, planes plain: Int, sums partial: Int) throws(ComputeError) {
    for worker in 0..<threads {
      try slabs[worker].reserve(slab)
      try planes[worker].reserve(plain)
    }
    try sums.reserve(partial)
  }

  /// A number for a job whose workers prepare their slabs once.
  func beginJob() -> Int {
    job += 1
    return job
  }

  /// True the first time that a worker asks in a job. Each worker asks for itself only.
  func isFirstItem(of worker: Int, in job: Int) -> Bool {
    guard lastJobs[worker] != job else { return false }
    lastJobs[worker] = job
    return true
  }

  func slab(of worker: Int) -> Floats { slabs[worker].cells }
  func planes(of worker: Int) -> Floats { planes[worker].cells }
  var partialSums: Floats { sums.cells }
}
