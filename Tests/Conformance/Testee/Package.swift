// swift-tools-version: 6.2

// scripts/conformance copies this package to .build-conformance/testee, where the generated code joins it.

import PackageDescription

let package = Package(
  name: "conformance-testee",
  dependencies: [.package(name: "swift-coregrpc", path: "../..")],
  targets: [
    .target(
      name: "CConformance",
      dependencies: [
        .product(name: "ProtobufC", package: "swift-coregrpc"),
        .product(name: "ProtobufCWellKnownTypes", package: "swift-coregrpc"),
      ]
    ),
    .executableTarget(
      name: "conformance-testee",
      dependencies: [
        "CConformance",
        .product(name: "ProtobufC", package: "swift-coregrpc"),
        .product(name: "ProtobufCJSON", package: "swift-coregrpc"),
        .product(name: "ProtobufCTextFormat", package: "swift-coregrpc"),
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
