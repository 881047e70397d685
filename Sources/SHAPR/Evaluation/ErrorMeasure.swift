/// What is measured of a predicted cell: the columns of `scores.csv`, in their order.
public enum ErrorMeasure: String, Sendable, CaseIterable {
  case iou = "iou_error"
  case volume = "volume_error"
  case surface = "surface_error"
  case roughness = "roughness_error"
  case roughnessOfPaper = "roughness_error_paper"
  case dice
  case betti0 = "betti0_error"
  case betti1 = "betti1_error"
  case betti2 = "betti2_error"
  case wasserstein0
  case wasserstein1
  case wasserstein2

  /// How tables for readers call it.
  public var title: String {
    switch self {
    case .iou: "1 - IoU"
    case .volume: "volume"
    case .surface: "surface area"
    case .roughness: "surface roughness"
    case .roughnessOfPaper: "surface roughness (paper)"
    case .dice: "Dice (higher is better)"
    case .betti0: "Betti number, components"
    case .betti1: "Betti number, loops"
    case .betti2: "Betti number, cavities"
    case .wasserstein0: "W_2, components"
    case .wasserstein1: "W_2, loops"
    case .wasserstein2: "W_2, cavities"
    }
  }

  /// Those of the shape, which every evaluation has.
  public static let ofShape: [ErrorMeasure] = [
    .iou, .volume, .surface, .roughness, .roughnessOfPaper, .dice,
  ]
  /// Those of the topology, by dimension.
  public static let bettiNumbers: [ErrorMeasure] = [.betti0, .betti1, .betti2]
  public static let wassersteinDistances: [ErrorMeasure] = [
    .wasserstein0, .wasserstein1, .wasserstein2,
  ]
}
