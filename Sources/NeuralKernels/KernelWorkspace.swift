public import ComputeRuntime

/// Scratch memory that all layers of a network take turns with, one share per worker.
///
/// Layers say while they are planned how much they need at most; after that nothing is allocated.
public final class KernelWorkspace {
  public let threads: Int
  public let instructionSet: InstructionSet
  let kernels: Kernels
  private let rooms: [Room]
  private let sums: Scratch<Float>
  private var job = 0

  /// What one worker has for itself. An object each: an array that all of them changed would be moved
  /// by one while another reads it.
  private final class Room {
    let slab: Scratch<Float>
    let planes: Scratch<Float>
    /// The last job for which the slab was made ready.
    var lastJob = 0

    init(budget: MemoryBudget) {
      (slab, planes) = (Scratch(budget: budget), Scratch(budget: budget))
    }
  }

  public init(
    threads: Int, budget: MemoryBudget, instructionSet: InstructionSet = .best
  ) {
    self.threads = max(1, min(threads, WorkTeam.mostThreads))
    self.instructionSet = instructionSet
    kernels = Kernels(instructionSet: instructionSet)
    sums = Scratch(budget: budget)
    rooms = (0..<self.threads).map { _ in Room(budget: budget) }
  }

  /// Makes room for the largest slab, the planes without a frame, and the weights' partial sums.
  func reserve(slab: Int, planes plain: Int, sums partial: Int) throws(ComputeError) {
    for room in rooms {
      try room.slab.reserve(slab)
      try room.planes.reserve(plain)
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
    let room = rooms[worker]
    guard room.lastJob != job else { return false }
    room.lastJob = job
    return true
  }

  func slab(of worker: Int) -> Floats { rooms[worker].slab.cells }
  func planes(of worker: Int) -> Floats { rooms[worker].planes.cells }
  var partialSums: Floats { sums.cells }
}
