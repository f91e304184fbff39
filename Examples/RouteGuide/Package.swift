// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "route-guide",
  dependencies: [
    // A name of its own: the folder of a clone may be called anything.
    .package(name: "swift-coregrpc", path: "../..", traits: [])
  ],
  targets: [
    .target(name: "CRouteGuide", dependencies: [.product(name: "CProtobufC", package: "swift-coregrpc")]),
    .target(
      name: "RouteGuide",
      dependencies: ["CRouteGuide", .product(name: "CoreGRPCProtobuf", package: "swift-coregrpc")],
      exclude: ["Protos"],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "route-guide-server",
      dependencies: ["RouteGuide", .product(name: "CoreGRPC", package: "swift-coregrpc")],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "route-guide-client",
      dependencies: ["RouteGuide", .product(name: "CoreGRPC", package: "swift-coregrpc")],
      swiftSettings: swiftSettings
    ),
  ],
  swiftLanguageModes: [.v6]
)
