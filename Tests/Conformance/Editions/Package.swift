// swift-tools-version: 6.2

// scripts/conformance --editions copies this package to .build-conformance/editions, where the generated code joins it.

import PackageDescription

let package = Package(
  name: "edition-testee",
  dependencies: [.package(name: "swift-coregrpc", path: "../..")],
  targets: [
    .target(
      name: "CEditionMessages",
      dependencies: [
        .product(name: "ProtobufC", package: "swift-coregrpc"),
        .product(name: "ProtobufCWellKnownTypes", package: "swift-coregrpc"),
      ]
    ),
    .executableTarget(
      name: "edition-testee",
      dependencies: [
        "CEditionMessages",
        .product(name: "CoreGRPC", package: "swift-coregrpc"),
        .product(name: "CoreGRPCProtobuf", package: "swift-coregrpc"),
        .product(name: "ProtobufC", package: "swift-coregrpc"),
        .product(name: "ProtobufCJSON", package: "swift-coregrpc"),
        .product(name: "ProtobufCWellKnownTypes", package: "swift-coregrpc"),
      ],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
