// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "swift-coregrpc", path: "../..")],
  targets: [
    .target(name: "CFuzzer"),
    .target(
      name: "CTestMessages",
      dependencies: [.product(name: "ProtobufC", package: "swift-coregrpc")],
      exclude: ["test_messages.proto"]
    ),
    .executableTarget(
      name: "fuzz-decoding",
      dependencies: ["CFuzzer", "CTestMessages", .product(name: "ProtobufC", package: "swift-coregrpc")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Lifetimes"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
