// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "coregrpc-benchmarks",
  dependencies: [.package(name: "swift-coregrpc", path: "..")],
  targets: [
    .executableTarget(
      name: "bench-server",
      dependencies: [
        .product(name: "Compute", package: "swift-coregrpc"), .product(name: "CoreGRPC", package: "swift-coregrpc"),
      ]
    )
  ],
  swiftLanguageModes: [.v6]
)
