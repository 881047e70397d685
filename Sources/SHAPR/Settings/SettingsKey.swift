internal import NeuralNetwork
internal import OptimalTransport
internal import PersistentHomology
internal import TopologicalLoss

/// One setting: its name in JSON (with hyphens it is the flag), what it means, and how it is read and
/// written. The order of ``all`` is that of `settings.json` and of the help.
public struct SettingsKey: Sendable {
  public let name: String
  /// One line: meaning, unit or range.
  public let help: String
  let write: @Sendable (Settings) -> JSONValue.Content
  let read: @Sendable (inout Settings, JSONValue) throws(SettingsError) -> Void

  public static let all: [SettingsKey] = run + training + topology + networks

  private static let run: [SettingsKey] = [
    optionalText("data", \.data, "folder with image/, mask/ and obj/"),
    optionalText("output", \.output, "run directory"),
    optionalText("split", \.split, "JSON file with lists train, val and optionally test; no folds then"),
    integer("folds", \.folds, 3...100, "parts of the cross-validation: one tests, the next validates"),
    optionalInteger("fold", \.fold, 0...99, "the one fold to run; all if null"),
    SettingsKey(
      name: "seeds", help: "whole numbers, one run each: weights, order and augmentation follow from it",
      write: { .array($0.seeds.map { JSONValue(.integer(Int64(truncatingIfNeeded: $0))) }) },
      read: { settings, value throws(SettingsError) in
        var seeds: [UInt64] = []
        for element in try elements(value, "seeds", atMost: 1000) {
          seeds.append(UInt64(try whole(element, "seeds", 0...Int.max)))
        }
        guard !seeds.isEmpty else { throw SettingsError(offset: value.offset, "seeds is empty") }
        settings.seeds = seeds
      }),
    integer("threads", \.threads, 0...1024, "threads; 0 for as many as there are processors"),
  ]

  private static let training: [SettingsKey] = [
    integer("epochs", \.epochs, 0...1_000_000, "passes through the training cells, at most"),
    integer("batch_size", \.batchSize, 1...4096, "cells per step"),
    number("learning_rate", \.learningRate, 0...1000, "rate of Adam"),
    choice(
      "schedule", \.schedule, Settings.Schedule.allCases.map { ($0.rawValue, $0) },
      "how the rate changes"),
    integer(
      "early_stopping_patience", \.earlyStoppingPatience, 1...1_000_000,
      "epochs without a better validation loss that end the training"),
    optionalNumber(
      "largest_gradient_norm", \.largestGradientNorm, 0...1e30,
      "longer gradients are cut to this length; null leaves them"),
    number("weight_decay", \.weightDecay, 0...1000, "added to each gradient, times the weight"),
    choice(
      "augmentation", \.augmentation, Settings.Augmentation.allCases.map { ($0.rawValue, $0) },
      "paper: flips and a quarter turn, each with probability 0.33"),
    optionalInteger(
      "checkpoint_steps", \.checkpointSteps, 1...1_000_000_000,
      "a checkpoint after so many steps, too; null: after each epoch only"),
    choice(
      "cross_entropy", \.crossEntropy,
      [("ordinary", .ordinary), ("swapped_arguments", .swappedArguments)],
      "swapped_arguments: as the published code has it"),
    choice(
      "dice", \.dice, [("batch", .batch), ("per_sample", .perSample)],
      "over the whole batch, or the mean of the cells' own"),
  ]

  private static let topology: [SettingsKey] = [
    number(
      "topological_weight", \.topologicalWeight, 0...1e9, "lambda; 0 trains without the topological loss"),
    optionalInteger(
      "topological_resolution", \.topologicalResolution, 1...4096,
      "M: voxels per axis that volumes are resampled to; null for full size"),
    SettingsKey(
      name: "topological_dimensions", help: "which of 0 (components), 1 (tunnels), 2 (cavities) count",
      write: { .array($0.topologicalDimensions.map { JSONValue(.integer(Int64($0))) }) },
      read: { settings, value throws(SettingsError) in
        var dimensions: [Int] = []
        for element in try elements(value, "topological_dimensions", atMost: 3) {
          dimensions.append(try whole(element, "topological_dimensions", 0...2))
        }
        guard !dimensions.isEmpty, Set(dimensions).count == dimensions.count else {
          throw SettingsError(
            offset: value.offset, "topological_dimensions must name at least one dimension, each once")
        }
        settings.topologicalDimensions = dimensions.sorted()
      }),
    choice(
      "filtration", \.filtration, [("superlevel", .superlevel), ("sublevel", .sublevel)],
      "from bright to dark, or from dark to bright"),
    choice(
      "construction", \.construction, [("T", .topCells), ("V", .vertices)],
      "T: voxels touch through corners; V: through faces"),
    flag("total_persistence", \.totalPersistence, "whether that of the prediction is added"),
    number("order", \.order, 1...1000, "p of the Wasserstein distance"),
    choice(
      "essential_classes", \.essentialClasses,
      [("extreme", .extreme), ("matched", .matched), ("ignored", .ignored)],
      "what becomes of features that never end"),
    choice(
      "dimension_reduction", \.dimensionReduction, [("sum", .sum), ("root", .root)],
      "root: as the published code combines dimensions"),
  ]

  private static let networks: [SettingsKey] = [
    integer(
      "adversarial_epochs", \.adversarialEpochs, 0...1_000_000,
      "epochs with a discriminator after the supervised ones, at most"),
    number(
      "adversarial_learning_rate", \.adversarialLearningRate, 0...1000, "rate of both Adams there"),
    choice(
      "decoder", \.decoder, ModelSettings.Decoder.allCases.map { ($0.rawValue, $0) },
      "slice: kernels (1,3,3); volumetric: kernels (3,3,3)"),
    integer("base_filters", \.baseFilters, 1...ModelSettings.mostBaseFilters, "channels of the first layer"),
  ]
}

// MARK: - Kinds of settings

extension SettingsKey {
  private typealias Path<Value> = WritableKeyPath<Settings, Value> & Sendable

  private static func integer(
    _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ help: String
  ) -> SettingsKey {
    SettingsKey(
      name: name, help: help, write: { .integer(Int64($0[keyPath: path])) },
      read: { settings, value throws(SettingsError) in
        settings[keyPath: path] = try whole(value, name, range)
      })
  }

  private static func optionalInteger(
    _ name: String, _ path: Path<Int?>, _ range: ClosedRange<Int>, _ help: String
  ) -> SettingsKey {
    SettingsKey(
      name: name, help: help,
      write: { $0[keyPath: path].map { .integer(Int64($0)) } ?? .null },
      read: { settings, value throws(SettingsError) in
        if case .null = value.content {
          settings[keyPath: path] = nil
        } else {
          settings[keyPath: path] = try whole(value, name, range)
        }
      })
  }

  private static func number(
    _ name: String, _ path: Path<Double>, _ range: ClosedRange<Double>, _ help: String
  ) -> SettingsKey {
    SettingsKey(
      name: name, help: help, write: { .number($0[keyPath: path]) },
      read: { settings, value throws(SettingsError) in
        settings[keyPath: path] = try real(value, name, range)
      })
  }

  private static func optionalNumber(
    _ name: String, _ path: Path<Double?>, _ range: ClosedRange<Double>, _ help: String
  ) -> SettingsKey {
    SettingsKey(
      name: name, help: help, write: { $0[keyPath: path].map { .number($0) } ?? .null },
      read: { settings, value throws(SettingsError) in
        if case .null = value.content {
          settings[keyPath: path] = nil
        } else {
          settings[keyPath: path] = try real(value, name, range)
        }
      })
  }

  private static func flag(_ name: String, _ path: Path<Bool>, _ help: String) -> SettingsKey {
    SettingsKey(
      name: name, help: help, write: { .boolean($0[keyPath: path]) },
      read: { settings, value throws(SettingsError) in
        guard case .boolean(let isOn) = value.content else {
          throw SettingsError(offset: value.offset, "\(name) must be true or false")
        }
        settings[keyPath: path] = isOn
      })
  }

  private static func optionalText(
    _ name: String, _ path: Path<String?>, _ help: String
  ) -> SettingsKey {
    SettingsKey(
      name: name, help: help, write: { $0[keyPath: path].map { .string($0) } ?? .null },
      read: { settings, value throws(SettingsError) in
        switch value.content {
        case .null: settings[keyPath: path] = nil
        case .string(let text): settings[keyPath: path] = text
        default: throw SettingsError(offset: value.offset, "\(name) must be a text or null")
        }
      })
  }

  private static func choice<Value: Equatable & Sendable>(
    _ name: String, _ path: Path<Value>, _ choices: [(String, Value)], _ help: String
  ) -> SettingsKey {
    let names = choices.map(\.0).joined(separator: ", ")
    return SettingsKey(
      name: name, help: "\(help) (\(names))",
      write: { settings in
        .string(choices.first { $0.1 == settings[keyPath: path] }?.0 ?? "")
      },
      read: { settings, value throws(SettingsError) in
        guard case .string(let text) = value.content,
          let found = choices.first(where: { $0.0 == text })
        else { throw SettingsError(offset: value.offset, "\(name) must be one of \(names)") }
        settings[keyPath: path] = found.1
      })
  }

  private static func whole(
    _ value: JSONValue, _ name: String, _ range: ClosedRange<Int>
  ) throws(SettingsError) -> Int {
    guard case .integer(let number) = value.content, let number = Int(exactly: number),
      range.contains(number)
    else {
      throw SettingsError(
        offset: value.offset,
        "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func real(
    _ value: JSONValue, _ name: String, _ range: ClosedRange<Double>
  ) throws(SettingsError) -> Double {
    let number: Double? =
      switch value.content {
      case .integer(let whole): Double(whole)
      case .number(let real): real
      default: nil
      }
    guard let number, range.contains(number) else {
      throw SettingsError(
        offset: value.offset,
        "\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func elements(
    _ value: JSONValue, _ name: String, atMost most: Int
  ) throws(SettingsError) -> [JSONValue] {
    guard case .array(let elements) = value.content, elements.count <= most else {
      throw SettingsError(
        offset: value.offset, "\(name) must be a list of at most \(most) whole numbers")
    }
    return elements
  }
}
