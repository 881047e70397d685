public import ComputeRuntime

/// How far a point moves.
public enum GroundNorm: Sendable {
  /// max(|x|, |y|): a point lies |death - birth| / 2 from the diagonal.
  case maximum
  /// sqrt(x^2 + y^2): a point lies |death - birth| / sqrt(2) from the diagonal.
  case euclidean
}

/// What becomes of classes that never end.
public enum EssentialClasses: Sendable {
  /// They are matched among themselves, by birth; different numbers are an error.
  case matched
  /// They count for nothing.
  case ignored
  /// They end at the filtration's last value and are then points like any other. Only the topological
  /// loss knows that value; the distances of bare diagrams refuse this choice.
  case extreme
}

/// What a distance between diagrams means, and with what means to compute it.
public struct TransportOptions: Sendable {
  /// The p of W_p: finite and at least 1.
  public var order: Double
  public var groundNorm: GroundNorm
  public var essentialClasses: EssentialClasses
  /// Worker threads for a batch; one distance uses one.
  public var threads: Int
  /// Bytes that one call may hold; `nil` for the machine's physical memory.
  public var maximumMemory: UInt64?
  public var cancellation: Cancellation?

  public init(
    order: Double = 2, groundNorm: GroundNorm = .maximum,
    essentialClasses: EssentialClasses = .matched, threads: Int = 1, maximumMemory: UInt64? = nil,
    cancellation: Cancellation? = nil
  ) {
    self.order = order
    self.groundNorm = groundNorm
    self.essentialClasses = essentialClasses
    self.threads = threads
    self.maximumMemory = maximumMemory
    self.cancellation = cancellation
  }
}
