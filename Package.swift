// swift-tools-version: 6.3
// The map of the project: targets in reading order. A target may import only what its
// `dependencies` list says; docs/architecture.md tells why each wall stands where it does.
import PackageDescription

/// What every Swift target of the project is compiled with.
let houseSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// What the kernels of the network are compiled with: pointers and SIMD on purpose, optimised in
/// debug builds too, and for one instruction set each. Only these targets have unsafe flags.
func kernelSettings(_ name: String? = nil, _ instructionSet: String? = nil) -> [SwiftSetting] {
  var flags = ["-Ounchecked", "-enforce-exclusivity=unchecked"]
  #if arch(x86_64)
    if let name, let instructionSet { flags += ["-D", name, "-Xcc", "-march=\(instructionSet)"] }
  #endif
  return [.swiftLanguageMode(.v6), .unsafeFlags(flags)]
}

let package = Package(
  name: "topoloss",
  products: [
    // Each with the modules whose types its functions take: cancellation, the team of threads, the buffers.
    .library(
      name: "TopologicalLoss",
      targets: ["PersistentHomology", "OptimalTransport", "TopologicalLoss", "ComputeRuntime"]),
    .library(
      name: "SHAPR", targets: ["SHAPR", "NeuralNetwork", "NeuralKernels", "ComputeRuntime"]),
    .library(name: "topoloss", type: .dynamic, targets: ["TopoLossABI"]),
    .executable(name: "shapr", targets: ["SHAPRCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Memory that can be refused, threads that survive fork, cancellation.
    .target(name: "ComputeRuntime", swiftSettings: houseSettings),
    // Which instruction sets this processor has; the row compare of the gradient in C.
    .target(name: "CProcessor"),
    // A grid of numbers becomes pairs of voxels.
    .target(
      name: "PersistentHomology", dependencies: ["ComputeRuntime", "CProcessor"],
      swiftSettings: houseSettings),
    // Two diagrams become a matching, a distance and its certificate.
    .target(
      name: "OptimalTransport", dependencies: ["ComputeRuntime", "PersistentHomology"],
      swiftSettings: houseSettings),
    // A matching becomes a number and its gradient; resampling and its adjoint.
    .target(
      name: "TopologicalLoss",
      dependencies: ["ComputeRuntime", "CProcessor", "PersistentHomology", "OptimalTransport"],
      swiftSettings: houseSettings),
    // One source, three instruction sets: the V3 and V4 folders hold a link to the portable one.
    .target(name: "NeuralKernelsPortable", swiftSettings: kernelSettings()),
    .target(name: "NeuralKernelsV3", swiftSettings: kernelSettings("KERNELS_V3", "x86-64-v3")),
    .target(name: "NeuralKernelsV4", swiftSettings: kernelSettings("KERNELS_V4", "x86-64-v4")),
    // The choice between them; shapes, checks, threads.
    .target(
      name: "NeuralKernels",
      dependencies: [
        "ComputeRuntime", "CProcessor", "NeuralKernelsPortable", "NeuralKernelsV3", "NeuralKernelsV4",
      ],
      swiftSettings: houseSettings),
    // Layers, losses, optimisers, the checkpoint.
    .target(
      name: "NeuralNetwork", dependencies: ["ComputeRuntime", "NeuralKernels"],
      swiftSettings: houseSettings),
    // The model of the paper and its discriminator.
    .target(
      name: "SHAPR",
      dependencies: [
        "NeuralNetwork", "NeuralKernels", "ComputeRuntime", "TopologicalLoss", "OptimalTransport",
        "PersistentHomology",
      ],
      swiftSettings: houseSettings),
    // libtiff, libpng and zlib, as the system has them.
    .systemLibrary(
      name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"]), .brew(["libtiff"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    // A folder of images becomes samples; volumes become files; cells are made up.
    .target(
      name: "SHAPRFiles",
      dependencies: [
        "SHAPR", "NeuralNetwork", "NeuralKernels", "ComputeRuntime", "TopologicalLoss",
        "OptimalTransport", "PersistentHomology", "CTIFF", "CPNG", "CZlib",
      ],
      swiftSettings: houseSettings),
    // Flags, printing, clock and environment: the program `shapr`.
    .executableTarget(
      name: "SHAPRCommand",
      dependencies: [
        "SHAPR", "SHAPRFiles", "NeuralNetwork", "NeuralKernels", "ComputeRuntime", "PersistentHomology",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: houseSettings),
    // The hand-written C contract, and its Swift bodies.
    .target(name: "CTopoLoss"),
    .target(
      name: "TopoLossABI",
      dependencies: [
        "CTopoLoss", "CProcessor", "ComputeRuntime", "PersistentHomology", "OptimalTransport",
        "TopologicalLoss", "NeuralKernels", "NeuralNetwork", "SHAPR",
      ],
      swiftSettings: houseSettings),

    // Slow obvious twins of the fast code, and the tests: one target per target above.
    .target(name: "TestOracles", path: "Tests/TestOracles", swiftSettings: houseSettings),
    .testTarget(
      name: "TestOraclesTests", dependencies: ["TestOracles"], swiftSettings: houseSettings),
    .testTarget(
      name: "ComputeRuntimeTests", dependencies: ["ComputeRuntime"], swiftSettings: houseSettings),
    .testTarget(
      name: "PersistentHomologyTests",
      dependencies: ["PersistentHomology", "CProcessor", "ComputeRuntime", "TestOracles"],
      swiftSettings: houseSettings),
    .testTarget(
      name: "OptimalTransportTests",
      dependencies: ["OptimalTransport", "PersistentHomology", "ComputeRuntime", "TestOracles"],
      swiftSettings: houseSettings),
    .testTarget(
      name: "TopologicalLossTests",
      dependencies: [
        "TopologicalLoss", "OptimalTransport", "PersistentHomology", "ComputeRuntime", "TestOracles",
      ],
      swiftSettings: houseSettings),
    .testTarget(
      name: "NeuralKernelsTests",
      dependencies: ["NeuralKernels", "ComputeRuntime", "CProcessor", "TestOracles"],
      swiftSettings: houseSettings),
    .testTarget(
      name: "NeuralNetworkTests",
      dependencies: ["NeuralNetwork", "NeuralKernels", "ComputeRuntime", "TestOracles"],
      swiftSettings: houseSettings),
    .testTarget(
      name: "SHAPRTests",
      dependencies: [
        "SHAPR", "NeuralNetwork", "NeuralKernels", "ComputeRuntime", "TopologicalLoss",
        "OptimalTransport", "PersistentHomology", "TestOracles",
      ],
      swiftSettings: houseSettings),
    .testTarget(
      name: "SHAPRFilesTests",
      dependencies: [
        "SHAPRFiles", "SHAPR", "NeuralNetwork", "NeuralKernels", "ComputeRuntime", "PersistentHomology",
        "TestOracles",
      ],
      swiftSettings: houseSettings),
    .testTarget(
      name: "TopoLossABITests",
      dependencies: [
        "TopoLossABI", "CTopoLoss", "OptimalTransport", "TopologicalLoss", "PersistentHomology",
        "TestOracles",
      ],
      swiftSettings: houseSettings),
  ]
)
