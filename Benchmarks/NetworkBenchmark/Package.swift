// swift-tools-version: 6.3
// This package's side of `make bench-network`: a program that uses the library as any other package would.
import PackageDescription

let package = Package(
  name: "NetworkBenchmark",
  dependencies: [.package(name: "topoloss", path: "../..")],
  targets: [
    .executableTarget(
      name: "network-bench", dependencies: [.product(name: "SHAPR", package: "topoloss")],
      path: "Sources",
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
