internal import ArgumentParser
internal import NeuralKernels
internal import NeuralNetwork
internal import PersistentHomology
internal import SHAPR
internal import SHAPRFiles

/// How voxels become persistence diagrams: what all tools ask alike.
struct DiagramFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp("superlevel: from bright to dark; sublevel: from dark to bright", valueName: "order"))
  var filtration = "superlevel"
  @Option(help: ArgumentHelp("T: voxels touch through corners; V: through faces", valueName: "T|V"))
  var construction = "T"
  @Option(
    help: ArgumentHelp(
      "which of 0 (components), 1 (loops), 2 (cavities), as in 0,2; all if left out", valueName: "k,k,..."))
  var dimensions: String?

  func options() throws -> DiagramOptions {
    var options = DiagramOptions()
    options.filtration = try choice(
      filtration, "--filtration", ["superlevel": .superlevel, "sublevel": .sublevel])
    options.construction = try choice(construction, "--construction", ["T": .topCells, "V": .vertices])
    options.dimensions = try dimensions.map { try wholeNumbers($0, "--dimensions", 0...2).sorted() }
    return options
  }
}

/// The value that a flag's word stands for.
func choice<Value>(_ word: String, _ flag: String, _ values: [String: Value]) throws -> Value {
  guard let value = values[word] else {
    throw Failure(
      64, "USAGE", "\(flag) must be one of \(values.keys.sorted().joined(separator: ", "))")
  }
  return value
}

/// Different whole numbers between commas.
func wholeNumbers(_ text: String, _ flag: String, _ range: ClosedRange<Int>) throws -> [Int] {
  let parts = text.split(separator: ",", omittingEmptySubsequences: false)
  let numbers = parts.compactMap { Int($0) }.filter(range.contains)
  guard numbers.count == parts.count, Set(numbers).count == numbers.count else {
    throw Failure(
      64, "USAGE",
      "\(flag) must be whole numbers from \(range.lowerBound) to \(range.upperBound), each once, as in "
        + "\(range.lowerBound),\(range.lowerBound + 1)")
  }
  return numbers
}

/// As many threads as were asked for, or as there are processors.
func threadCount(_ wanted: Int) throws -> Int {
  guard 0...1024 ~= wanted else {
    throw Failure(64, "USAGE", "--threads must be a whole number from 0 to 1024")
  }
  return threads(wanted)
}

/// As many threads as were asked for; 0: as there are processors.
func threads(_ wanted: Int) -> Int { wanted > 0 ? wanted : processorCount() }

/// The files that arguments name, folders taken apart; their results go by name, so no name comes twice.
func filesOfDifferentNames(_ arguments: [String]) throws -> [String] {
  let files = try VolumeFolder.files(arguments)
  var seen: [String: String] = [:]
  for file in files {
    if let other = seen.updateValue(file, forKey: nameWithoutEnd(file)) {
      throw Failure(
        64, "USAGE",
        "\(quotedJSON(other)) and \(quotedJSON(file)) have the same name without end: handle them one by one")
    }
  }
  return files
}

/// What a distance of slices, rows and columns is called on the command line.
func voxelSpacing(_ text: String) throws -> VoxelSpacing {
  let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? 0 }
  guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 && $0.isFinite }) else {
    throw Failure(64, "USAGE", "--spacing must be three positive numbers: z,y,x")
  }
  return VoxelSpacing(z: numbers[0], y: numbers[1], x: numbers[2])
}
