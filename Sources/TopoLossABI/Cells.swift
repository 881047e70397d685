internal import CTopoLoss
internal import PersistentHomology
internal import SHAPR

/// A caller's cells, with everything checked but their values.
@unsafe
func arrayCells(
  _ cells: UnsafePointer<topoloss_cells>?, withObjects: Bool
) throws -> ArrayCells {
  guard let cells = unsafe cells else { throw Failure(TOPOLOSS_EARGUMENT, "cells must not be NULL") }
  let fields = try unsafe TopoLossABI.fields(of: cells, "topoloss_cells")
  let images = try unsafe batch(fields.images, rank: 2, "images")
  return try unsafe ArrayCells(
    images: images, masks: batch(fields.masks, rank: 2, "masks"),
    objects: withObjects ? batch(fields.objects, rank: 3, "objects") : nil,
    names: withObjects ? strings(fields.names, count: images.count, "names") : nil)
}

/// A caller's array with one axis for the cells in front.
@unsafe
func batch(
  _ array: UnsafePointer<topoloss_array>?, rank: Int, _ name: String
) throws -> StridedVolumes {
  guard let array = unsafe array else {
    throw Failure(TOPOLOSS_EARGUMENT, "\(name) must not be NULL")
  }
  let volumes = try unsafe stridedVolumes(array, rank: rank)
  guard unsafe Int(array.pointee.rank) == rank + 1 else {
    throw Failure(
      TOPOLOSS_ESHAPE,
      "\(name) have \(rank + 1) axes, the first for the cells; got \(unsafe array.pointee.rank)")
  }
  return volumes
}

/// A caller's lists of cells.
@unsafe
func parsedSplit(_ split: UnsafePointer<topoloss_split>?, of count: Int) throws(Failure) -> Split {
  guard let split = unsafe split else { throw Failure(TOPOLOSS_EARGUMENT, "split must not be NULL") }
  let fields = try unsafe TopoLossABI.fields(of: split, "topoloss_split")
  var seen: Set<Int> = []
  func list(
    _ indices: UnsafePointer<Int64>?, _ length: Int64, _ name: String
  ) throws(Failure) -> [Int] {
    guard length >= 0 else { throw Failure(TOPOLOSS_EARGUMENT, "\(name) has \(length) cells") }
    guard length <= count else {
      throw Failure(TOPOLOSS_EARGUMENT, "\(name) has \(length) cells of \(count)")
    }
    guard length > 0 else { return [] }
    let indices = try unsafe needed(indices, name)
    var cells: [Int] = []
    for place in 0..<Int(length) {
      let index = unsafe indices[place]
      guard index >= 0, index < count else {
        throw Failure(
          TOPOLOSS_EARGUMENT, "\(name)[\(place)] is cell \(index), which is not in 0 ..< \(count)",
          index: Int64(place))
      }
      guard seen.insert(Int(index)).inserted else {
        throw Failure(
          TOPOLOSS_EARGUMENT, "\(name)[\(place)] is cell \(index), which stands in the lists already",
          index: Int64(place))
      }
      cells.append(Int(index))
    }
    return cells
  }
  return Split(
    train: try unsafe list(fields.train, fields.train_count, "train"),
    validation: try unsafe list(fields.validation, fields.validation_count, "validation"),
    test: try unsafe list(fields.test, fields.test_count, "test"))
}
