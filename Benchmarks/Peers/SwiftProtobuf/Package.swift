// swift-tools-version: 6.2

import PackageDescription

// The messages of `bench-messages` with swift-protobuf. Built by `scripts/benchmark-guard --with-swift-protobuf`.
let package = Package(
  name: "swift-protobuf-peer",
  dependencies: [
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0")
  ],
  targets: [
    .executableTarget(
      name: "swift-protobuf-messages",
      dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]
    )
  ],
  swiftLanguageModes: [.v6]
)
