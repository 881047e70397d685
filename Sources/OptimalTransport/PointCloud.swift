internal import ComputeRuntime

/// The points of one diagram while it is matched with another.
///
/// Remembers coordinates, potentials and partners. With a tree the points stand in k-d order:
/// node v of level l covers `start(v, l) ..< start(v + 1, l)`, and its box says where its
/// points are, so that far points need not be looked at.
final class PointCloud {
  private let points: Scratch<IndexedPoint>
  private let numbers: Scratch<Double>
  private let links: Scratch<Int32>
  private let boxes: Scratch<PointBox>
  private(set) var view: CloudView
  private let interruption: Interruption

  init(budget: MemoryBudget, interruption: Interruption) {
    self.interruption = interruption
    points = Scratch(budget: budget)
    numbers = Scratch(budget: budget)
    links = Scratch(budget: budget)
    boxes = Scratch(budget: budget)
    view = CloudView(
      count: 0, depth: 0, numbers: numbers.cells, links: links.cells, boxes: boxes.cells)
  }

  /// Takes in `count` points; no potential is set.
  ///
  /// - Parameters:
  ///   - hasTree: whether boxes are needed.
  ///   - point: the i-th point, its coordinates scaled, and its index in the caller's diagram.
  func load<Cost: GroundCost>(
    _ count: Int, hasTree: Bool, cost: Cost, point: (Int) -> IndexedPoint
  ) throws(ComputeError) {
    try points.reserve(count)
    try numbers.reserve(4 * count)
    try links.reserve(2 * count)
    var depth = 0
    if hasTree {
      while count >> depth > PointBox.leafCapacity - 4 { depth += 1 }
      try boxes.reserve(2 << depth)
    }
    let sorted = points.cells
    for index in 0..<count { sorted[index] = point(index) }
    view = CloudView(
      count: count, depth: depth, numbers: numbers.cells, links: links.cells, boxes: boxes.cells)
    let view = view
    if hasTree { try arrange(sorted, node: 0, level: 0) }
    try interruption.check()
    for place in 0..<count {
      let point = sorted[place]
      view.x[place] = point.x
      view.y[place] = point.y
      view.exit[place] = cost.ofExit(persistence: (point.y - point.x).magnitude)
      view.index[place] = point.index
      view.partner[place] = CloudView.none
    }
    if hasTree { view.fillBoxes() }
  }

  /// Splits the points of a node at the median of its longer side, and so on down to the leaves.
  private func arrange(
    _ sorted: FencedPointer<IndexedPoint>, node: Int, level: Int
  ) throws(ComputeError) {
    guard level < view.depth else { return }
    let range = view.start(node, level)..<view.start(node + 1, level)
    if range.count > 4096 { try interruption.check() }
    var box = PointBox.empty
    for place in range { box.include(x: sorted[place].x, y: sorted[place].y) }
    let middle = view.start(2 * node + 1, level + 1)
    if box.highY - box.lowY > box.highX - box.lowX {
      select(sorted, range, position: middle) { ($0.y, $0.index) < ($1.y, $1.index) }
    } else {
      select(sorted, range, position: middle) { ($0.x, $0.index) < ($1.x, $1.index) }
    }
    try arrange(sorted, node: 2 * node, level: level + 1)
    try arrange(sorted, node: 2 * node + 1, level: level + 1)
  }
}

/// A point and its place in the caller's diagram.
struct IndexedPoint: BitwiseCopyable {
  var x: Double
  var y: Double
  var index: Int32
}

/// Where the points of a node are, and the most that its potentials and exit costs come to.
struct PointBox: BitwiseCopyable {
  /// Most points in a leaf.
  static var leafCapacity: Int { 16 }
  static var empty: PointBox {
    PointBox(
      lowX: .infinity, highX: -.infinity, lowY: .infinity, highY: -.infinity, potential: 0, exit: 0)
  }

  var lowX, highX, lowY, highY: Double
  var potential: Double
  var exit: Double

  @inline(__always)
  mutating func include(x: Double, y: Double) {
    lowX = smaller(lowX, x)
    highX = larger(highX, x)
    lowY = smaller(lowY, y)
    highY = larger(highY, y)
  }

  /// The least cost of moving (x, y) into the box.
  @inline(__always)
  func leastCost<Cost: GroundCost>(x: Double, y: Double, _ cost: Cost) -> Double {
    cost.ofMove(
      larger(larger(lowX - x, x - highX), 0), larger(larger(lowY - y, y - highY), 0))
  }
}

/// The numbers of a ``PointCloud``, for inner loops.
struct CloudView: BitwiseCopyable {
  /// In the place of a partner: the point is not matched with a point.
  static var none: Int32 { -1 }

  let count: Int
  let depth: Int
  let x, y: FencedPointer<Double>
  /// The cost of going to the diagonal.
  let exit: FencedPointer<Double>
  /// The dual variable: at most `exit`, and with a partner's at most the cost of the pair.
  let potential: FencedPointer<Double>
  let partner, index: FencedPointer<Int32>
  let boxes: FencedPointer<PointBox>

  init(
    count: Int, depth: Int, numbers: FencedPointer<Double>, links: FencedPointer<Int32>,
    boxes: FencedPointer<PointBox>
  ) {
    self.count = count
    self.depth = depth
    x = numbers.prefix(count)
    y = numbers.suffix(from: count).prefix(count)
    exit = numbers.suffix(from: 2 * count).prefix(count)
    potential = numbers.suffix(from: 3 * count).prefix(count)
    partner = links.prefix(count)
    index = links.suffix(from: count).prefix(count)
    self.boxes = boxes
  }

  /// The first point of node `node` of level `level`.
  @inline(__always)
  func start(_ node: Int, _ level: Int) -> Int { (count &* node) &>> level }

  /// Sets the boxes' places and exit costs.
  func fillBoxes() {
    let leaves = 1 << depth
    for leaf in 0..<leaves {
      var box = PointBox.empty
      for place in start(leaf, depth)..<start(leaf + 1, depth) {
        box.include(x: x[place], y: y[place])
        box.exit = larger(box.exit, exit[place])
      }
      boxes[leaves + leaf] = box
    }
    for node in stride(from: leaves - 1, to: 0, by: -1) {
      let (left, right) = (boxes[2 * node], boxes[2 * node + 1])
      boxes[node] = PointBox(
        lowX: smaller(left.lowX, right.lowX), highX: larger(left.highX, right.highX),
        lowY: smaller(left.lowY, right.lowY), highY: larger(left.highY, right.highY), potential: 0,
        exit: larger(left.exit, right.exit))
    }
  }

  /// Tells the boxes the potentials as they are now.
  func refreshPotentials() {
    let leaves = 1 << depth
    for leaf in 0..<leaves {
      var most = -Double.infinity
      for place in start(leaf, depth)..<start(leaf + 1, depth) { most = larger(most, potential[place]) }
      boxes[leaves + leaf].potential = most
    }
    for node in stride(from: leaves - 1, to: 0, by: -1) {
      boxes[node].potential = larger(boxes[2 * node].potential, boxes[2 * node + 1].potential)
    }
  }

  /// Visits the leaves that may hold something of use for the point (x, y), near ones first.
  ///
  /// - Parameters:
  ///   - stack: working memory for ``stackDepth`` nodes.
  ///   - isUseful: told the least cost of reaching a box, and the box.
  ///   - body: told the places of a leaf's points.
  @inline(__always)
  func forEachLeaf<Cost: GroundCost>(
    near x: Double, _ y: Double, _ cost: Cost, stack: FencedPointer<PendingNode>,
    isUseful: (Double, PointBox) -> Bool, body: (Range<Int>) throws(ComputeError) -> Void
  ) throws(ComputeError) {
    let leaves = 1 &<< depth
    stack[0] = PendingNode(cost: boxes[1].leastCost(x: x, y: y, cost), node: 1)
    var pending = 1
    while pending > 0 {
      pending &-= 1
      let next = stack[pending]
      guard isUseful(next.cost, boxes[next.node]) else { continue }
      if next.node >= leaves {
        let leaf = next.node &- leaves
        try body(start(leaf, depth)..<start(leaf &+ 1, depth))
        continue
      }
      let (left, right) = (2 &* next.node, 2 &* next.node &+ 1)
      let leftCost = boxes[left].leastCost(x: x, y: y, cost)
      let rightCost = boxes[right].leastCost(x: x, y: y, cost)
      let leftIsFar = leftCost > rightCost
      stack[pending] = PendingNode(
        cost: leftIsFar ? leftCost : rightCost, node: leftIsFar ? left : right)
      stack[pending &+ 1] = PendingNode(
        cost: leftIsFar ? rightCost : leftCost, node: leftIsFar ? right : left)
      pending &+= 2
    }
  }

  /// More than a depth-first walk through a tree of 2^31 points needs.
  static var stackDepth: Int { 64 }
}

/// A node that a walk has not visited yet.
struct PendingNode: BitwiseCopyable {
  var cost: Double
  var node: Int
}
