internal import ComputeRuntime

/// Components that join one after the other: a union-find structure with path halving.
///
/// Who represents a joined component is decided by the caller, by the elder rule. (Edelsbrunner &
/// Harer, *Computational Topology*, 2010, section VII.1; Tarjan & van Leeuwen, 1984, for halving.)
struct ComponentForest {
  private let parents: FencedPointer<UInt32>

  /// - Parameter storage: room for the `count` components, each of which starts alone.
  init(count: Int, storage: FencedPointer<UInt32>) {
    parents = storage
    for component in 0..<count { parents[component] = UInt32(truncatingIfNeeded: component) }
  }

  @inline(__always)
  func representative(of component: Int) -> Int {
    var component = component
    var parent = Int(parents[component])
    while parent != component {
      let grandparent = parents[parent]
      parents[component] = grandparent
      component = Int(grandparent)
      parent = Int(parents[component])
    }
    return component
  }

  /// Asks for the memory that looking up `component` begins with.
  @inline(__always)
  func prefetch(_ component: Int) { parents.prefetch(component) }

  /// Makes `elder` the representative of `younger`'s component. Both represent one.
  @inline(__always)
  func join(_ younger: Int, to elder: Int) {
    parents[younger] = UInt32(truncatingIfNeeded: elder)
  }
}
