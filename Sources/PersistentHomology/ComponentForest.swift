internal import ComputeRuntime

/// Components that join one after the other: a union-find structure with path halving.
///
/// Remembers each component's parent, and the key with which it was born: who is elder is then known
/// as soon as the representatives are. (Edelsbrunner & Harer, *Computational Topology*, 2010,
/// section VII.1; Tarjan & van Leeuwen, 1984, for halving.)
struct ComponentForest<Key: GridKey> {
  struct Node: BitwiseCopyable {
    var parent: UInt32
    let key: Key
  }

  private let nodes: FencedPointer<Node>

  /// - Parameters:
  ///   - births: the voxel at which each component is born.
  ///   - last: the key of one component more, the last.
  ///   - storage: room for all of them.
  init(
    births: FencedPointer<UInt32>, count: Int, keys: FencedPointer<Key>, last: Key,
    storage: FencedPointer<Node>
  ) {
    nodes = storage
    for component in 0..<count {
      nodes[component] = Node(
        parent: UInt32(truncatingIfNeeded: component), key: keys[Int(births[component])])
    }
    nodes[count] = Node(parent: UInt32(truncatingIfNeeded: count), key: last)
  }

  @inline(__always)
  func representative(of component: Int) -> (component: Int, key: Key) {
    var component = component
    var node = nodes[component]
    while Int(node.parent) != component {
      let grandparent = nodes[Int(node.parent)].parent
      nodes[component].parent = grandparent
      component = Int(grandparent)
      node = nodes[component]
    }
    return (component, node.key)
  }

  /// Asks for the memory that looking up `component` begins with.
  @inline(__always)
  func prefetch(_ component: Int) { nodes.prefetch(component) }

  /// Makes `elder` the representative of `younger`'s component. Both represent one.
  @inline(__always)
  func join(_ younger: Int, to elder: Int) {
    nodes[younger].parent = UInt32(truncatingIfNeeded: elder)
  }
}
