// swift-tools-version: 6.3
// A package of yours that depends on topoloss by version.
//
//   TOPOLOSS_URL=https://.../topoloss.git swift run
//
// Without the variable it is the repository that this folder lies in, which needs the tag 0.1.0.
import PackageDescription

let package = Package(
  name: "cavities",
  dependencies: [
    .package(
      url: Context.environment["TOPOLOSS_URL"] ?? "file://\(Context.packageDirectory)/../..",
      from: "0.1.0")
  ],
  targets: [
    .executableTarget(
      name: "cavities",
      dependencies: [.product(name: "TopologicalLoss", package: "topoloss")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
