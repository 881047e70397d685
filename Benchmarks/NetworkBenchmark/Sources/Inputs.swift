import ComputeRuntime
import NeuralNetwork

/// Why the benchmark could not go on.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
}

/// The files that every contestant starts from. PyTorch's side wrote them, so they need no checksums.
struct Inputs {
  let folder: String
  let budget = MemoryBudget()

  func file(_ name: String) throws -> CheckpointFile {
    try CheckpointFile(path: "\(folder)/\(name).safetensors", checksums: .whenPresent, budget: budget)
  }

  /// A tensor of a file: of a batch `x`, masks and images, `N x 2 x 1 x 64 x 64`, or `y`, volumes,
  /// `N x 1 x 64 x 64 x 64`; of a list `1 x 1 x 1 x 1 x N`.
  func tensor(_ name: String, of fileName: String) throws -> Tensor {
    let file = try file(fileName)
    guard let axes = file.shape(of: name), axes.count == 5 else {
      throw BenchmarkError(description: "\(file.path) has no tensor \(name) with five axes")
    }
    let tensor = try Tensor(
      TensorShape(
        batch: axes[0], channels: axes[1], depth: axes[2], height: axes[3], width: axes[4]),
      budget: budget)
    try file.copyFloats(name, shape: axes, into: tensor.values)
    return tensor
  }
}
