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

let package = Package(
  name: "topoloss",
  products: [
    .library(
      name: "TopologicalLoss", targets: ["PersistentHomology", "OptimalTransport", "TopologicalLoss"]),
    .library(name: "topoloss", type: .dynamic, targets: ["TopoLossABI"]),
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
      dependencies: ["ComputeRuntime", "PersistentHomology", "OptimalTransport"],
      swiftSettings: houseSettings),
    // The hand-written C contract, and its Swift bodies.
    .target(name: "CTopoLoss"),
    .target(
      name: "TopoLossABI",
      dependencies: [
        "CTopoLoss", "CProcessor", "ComputeRuntime", "PersistentHomology", "OptimalTransport",
        "TopologicalLoss",
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
      name: "TopoLossABITests",
      dependencies: [
        "TopoLossABI", "CTopoLoss", "OptimalTransport", "TopologicalLoss", "PersistentHomology",
      ],
      swiftSettings: houseSettings),
  ]
)
