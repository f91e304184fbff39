// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "coregrpc-benchmarks",
  dependencies: [
    // A name of its own: the folder of a clone may be called anything.
    .package(name: "swift-coregrpc", path: ".."),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
  ],
  targets: [
    .target(name: "CBench", dependencies: [.product(name: "ProtobufC", package: "swift-coregrpc")]),
    .target(
      name: "Bench",
      dependencies: [
        "CBench",
        .product(name: "CoreGRPC", package: "swift-coregrpc"),
        .product(name: "CoreGRPCMetrics", package: "swift-coregrpc"),
        .product(name: "CoreGRPCProtobuf", package: "swift-coregrpc"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ProtobufC", package: "swift-coregrpc"),
      ],
      swiftSettings: swiftSettings
    ),
    .target(name: "CShapes", dependencies: [.product(name: "CProtobufC", package: "swift-coregrpc")]),
    .executableTarget(
      name: "bench-messages",
      dependencies: ["CShapes", .product(name: "ProtobufC", package: "swift-coregrpc")],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "bench-server",
      dependencies: [
        "Bench",
        .product(name: "Compute", package: "swift-coregrpc"),
        .product(name: "CoreGRPC", package: "swift-coregrpc"),
      ],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "bench-scheduler",
      dependencies: [.product(name: "CoreGRPC", package: "swift-coregrpc")],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "bench-client",
      dependencies: [
        "Bench",
        .product(name: "Compute", package: "swift-coregrpc"),
        .product(name: "CoreGRPC", package: "swift-coregrpc"),
      ],
      swiftSettings: swiftSettings
    ),
  ],
  swiftLanguageModes: [.v6]
)
